/** The WASI runtimes as hosts of the cross-host table. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Host, Measurement, Work } from "../host.ts";
import { below, type Command, runtimes } from "./runtimes.ts";

/** Times are differences of whole runs, which vary: the inputs are repeated until they take so long, or as long as starting. */
const LEAST_MS = 300;
const MOST_ROUNDS = 64;

/** Runs the command on the first input, for the cold start, and on all. It has no clock: times are seen from outside. */
async function measure(command: Command, { model, inputs, mode }: Work): Promise<Measurement> {
  const { folder, name } = below(model.path);
  const samples = await readFile(inputs.path);
  const run = async (images: number, input: readonly Uint8Array[]): Promise<{ digest: string; ms: number }> => {
    const options = ["--json", "--mode", mode, "--images", String(images)];
    const { code, stdout, stderr, ms } = await command.run(folder, [name, ...options], input);
    if (code !== 0) throw new Error(`the command left with ${code}: ${stderr.trim()}`);
    return { digest: JSON.parse(stdout).digest, ms };
  };
  const { count } = inputs;
  const first = await run(1, [samples.subarray(0, samples.length / count)]);
  const all = await run(count, [samples]);
  let rounds = 1;
  let { ms } = all;
  while (ms - first.ms < Math.max(LEAST_MS, first.ms) && rounds < MOST_ROUNDS) {
    rounds *= 4;
    ms = (await run(rounds * count, [Buffer.concat(new Array<Uint8Array>(rounds).fill(samples))])).ms;
  }
  return { digest: all.digest, coldMs: first.ms, msPerImage: (ms - first.ms) / Math.max(1, rounds * count - 1) };
}

export const wasiHosts: readonly Host[] = runtimes.map((runtime) => ({
  ...runtime,
  builds: ["baseline"],
  open: async (root) => {
    const command = await runtime.open(join(root, "node_modules/bsnn/dist/bsnn.wasi.wasm"));
    return { measure: (work) => measure(command, work), close: () => command.close() };
  },
}));
