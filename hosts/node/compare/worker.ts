/** A thread that measures: runs what it is sent on the network that it is told. */
import { readFile } from "node:fs/promises";
import { parentPort } from "node:worker_threads";
import { type LabNetwork, load } from "../../../bindings/lab.ts";
import { measure, type Reading } from "./measure.ts";
import type { Run } from "./methods.ts";

/** One input to run. */
export interface Task {
  readonly id: number;
  /** Path of the model file. */
  readonly network: string;
  readonly run: Run;
  readonly samples: Uint8Array;
}

export type Answer =
  | { readonly id: number; readonly reading: Reading }
  | { readonly id: number; readonly failure: string };

/** Opens networks by their path, one at a time: several would not fit. */
export class NetworkCache {
  #path: string | null = null;
  #network: LabNetwork | null = null;

  async open(path: string): Promise<LabNetwork> {
    if (path !== this.#path || !this.#network) {
      this.dispose();
      this.#network = await load(await readFile(path));
      this.#path = path;
    }
    return this.#network;
  }

  dispose(): void {
    this.#network?.dispose();
    this.#network = null;
  }
}

const networks = new NetworkCache();
let last: Promise<void> = Promise.resolve();

parentPort?.on("message", (task: Task) => {
  // One after the other: a network runs one input at a time.
  last = last.then(async () => {
    try {
      const network = await networks.open(task.network);
      parentPort!.postMessage({ id: task.id, reading: measure(network, task.run, task.samples) } satisfies Answer);
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      parentPort!.postMessage({ id: task.id, failure } satisfies Answer);
    }
  });
});
