/** Measures many inputs, in this thread or on several. */
import { Worker } from "node:worker_threads";
import { measure, type Reading } from "./measure.ts";
import type { Run } from "./methods.ts";
import { type Answer, NetworkCache, type Task } from "./worker.ts";

export interface Crew {
  /** Inputs that may be under way at once. */
  readonly most: number;
  measure(network: string, run: Run, samples: Uint8Array): Promise<Reading>;
  close(): Promise<void>;
}

/** @param workers threads; with 1 it is this one */
export function openCrew(workers: number): Crew {
  if (workers === 1) {
    const networks = new NetworkCache();
    return {
      most: 1,
      measure: async (network, run, samples) => measure(await networks.open(network), run, samples),
      close: async () => networks.dispose(),
    };
  }
  return new ThreadCrew(workers);
}

interface Waiting {
  readonly worker: number;
  resolve(reading: Reading): void;
  reject(error: Error): void;
}

class ThreadCrew implements Crew {
  readonly most: number;
  readonly #workers: Worker[];
  readonly #waiting = new Map<number, Waiting>();
  readonly #busy: number[];
  #next = 0;

  constructor(workers: number) {
    // One for each and one more, so that none waits.
    this.most = 2 * workers;
    this.#busy = new Array<number>(workers).fill(0);
    this.#workers = this.#busy.map((_, w) => {
      // It lies beside the command's bundle.
      const worker = new Worker(new URL("./compare-worker.js", import.meta.url));
      worker.on("message", (answer: Answer) => this.#answer(answer));
      worker.on("error", (error) => this.#end(w, error));
      worker.on("exit", (code) => this.#end(w, new Error(`a worker ended with exit code ${code}`)));
      return worker;
    });
  }

  measure(network: string, run: Run, samples: Uint8Array): Promise<Reading> {
    const worker = this.#busy.indexOf(Math.min(...this.#busy));
    const id = this.#next++;
    this.#busy[worker]++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { worker, resolve, reject });
      this.#workers[worker].postMessage({ id, network, run, samples } satisfies Task);
    });
  }

  #answer(answer: Answer): void {
    const waiting = this.#waiting.get(answer.id);
    if (!waiting) return;
    this.#waiting.delete(answer.id);
    this.#busy[waiting.worker]--;
    if ("reading" in answer) waiting.resolve(answer.reading);
    else waiting.reject(new Error(answer.failure));
  }

  #end(worker: number, error: Error): void {
    for (const [id, waiting] of this.#waiting) {
      if (waiting.worker !== worker) continue;
      this.#waiting.delete(id);
      waiting.reject(error);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}
