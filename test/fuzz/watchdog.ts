/** Ends a process that one input holds for ever, which nothing in its own thread can do. */

import { Worker } from "node:worker_threads";

/** How long one input may hold the thread, ms. */
const HANG_MS = 20_000;

const WATCH = `
  const { parentPort, workerData: { shared, hangMs } } = require("node:worker_threads");
  const [turn, length] = [new Int32Array(shared, 0, 1), new Int32Array(shared, 4, 1)];
  let last = -1;
  setInterval(() => {
    const now = Atomics.load(turn, 0);
    if (now === last) {
      const input = new Uint8Array(shared, 8, Atomics.load(length, 0)).slice();
      const { writeFileSync, mkdtempSync } = require("node:fs");
      const file = require("node:path").join(mkdtempSync(require("node:os").tmpdir() + "/bsnn-hang-"), "input");
      writeFileSync(file, input);
      require("node:fs").writeSync(2, "HANG: an input holds the thread for " + hangMs + " ms; it is " + file + "\\n");
      process.kill(process.pid, "SIGKILL");
    }
    last = now;
  }, hangMs);
`;

/**
 * Starts watching.
 * @param longest bytes of the longest input
 */
export function watchForHangs(longest: number): { about(input: Uint8Array): void; stop(): Promise<unknown> } {
  const shared = new SharedArrayBuffer(8 + longest);
  const [turn, length] = [new Int32Array(shared, 0, 1), new Int32Array(shared, 4, 1)];
  const bytes = new Uint8Array(shared, 8);
  const worker = new Worker(WATCH, { eval: true, workerData: { shared, hangMs: HANG_MS } });
  worker.unref();
  return {
    about(input) {
      Atomics.store(length, 0, Math.min(input.length, longest));
      bytes.set(input.subarray(0, longest));
      Atomics.add(turn, 0, 1);
    },
    stop: () => worker.terminate(),
  };
}
