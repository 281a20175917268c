/** A thread that executes the original network of a conversion. */

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { ExecutedWork, GraphTensor, ThreadExecutor } from "../../../convert/index.ts";
import type { Answer, Asked } from "./executor-worker.ts";

interface Waiting {
  resolve(tensors: readonly GraphTensor[]): void;
  reject(error: Error): void;
}

/** Weights of a network that may be held twice: bounds memory. */
const MOST_WEIGHTS = 64e6;

/** Multiply-accumulates from which on it pays: with fewer the original takes a second or two, and the thread's own start as long. */
const LEAST_MACS = 20e9;

/** Starts it where there is a processor for it and it pays; else null. */
export async function threadFor({ weights, macs }: ExecutedWork): Promise<ThreadExecutor | null> {
  return availableParallelism() > 1 && weights <= MOST_WEIGHTS && macs >= LEAST_MACS ? openThread() : null;
}

/**
 * Starts it; null where no thread starts.
 * @param script that of `executor-worker.ts`; default what lies beside the command's bundle
 */
export async function openThread(
  script = new URL("./convert-worker.js", import.meta.url),
): Promise<ThreadExecutor | null> {
  try {
    const worker = new Worker(script);
    const executor = new WorkerExecutor(worker);
    await executor.started;
    return executor;
  } catch {
    return null;
  }
}

class WorkerExecutor implements ThreadExecutor {
  readonly #worker: Worker;
  /** In the order in which they were asked for, which is that of the answers. */
  readonly #waiting: Waiting[] = [];
  #over: Error | null = null;
  #closing: Promise<unknown> | null = null;
  /** Rejects where it does not start: it says so before its first answer. */
  readonly started: Promise<unknown>;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.started = new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    worker.on("message", (answer: Answer) => {
      // After the end answers may be on their way.
      const waiting = this.#waiting.shift();
      if ("failure" in answer) waiting?.reject(new Error(answer.failure));
      else waiting?.resolve(answer.tensors);
    });
    worker.on("error", (error) => this.#end(error));
    worker.on("exit", () => this.#end(new Error("the thread that runs it has ended")));
  }

  async open({ bytes, externalData, optimization }: Parameters<ThreadExecutor["open"]>[0]): Promise<void> {
    const graph = {
      // A Buffer's own `slice` copies nothing.
      bytes: new Uint8Array(bytes),
      externalData: externalData.map(({ path, data }) => ({ path, data: new Uint8Array(data) })),
      optimization,
    };
    await this.#ask({ open: graph }, [graph.bytes, ...graph.externalData.map(({ data }) => data)]);
  }

  async run(given: readonly GraphTensor[], wanted: readonly string[]): Promise<readonly GraphTensor[]> {
    const copies = given.map((tensor) => ({ ...tensor, data: new Float32Array(tensor.data as Float32Array) }));
    return this.#ask(
      { run: copies, wanted },
      copies.map(({ data }) => data),
    );
  }

  async release(): Promise<void> {
    await this.#ask({ release: true }, []);
  }

  async close(): Promise<void> {
    this.#end(new Error("the conversion has ended"));
    this.#closing ??= this.#worker.terminate();
    await this.#closing;
  }

  /** @param moved arrays that only the message has */
  #ask(asked: Asked, moved: readonly (Uint8Array | Float32Array)[]): Promise<readonly GraphTensor[]> {
    if (this.#over) return Promise.reject(this.#over);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(
        asked,
        moved.map(({ buffer }) => buffer as ArrayBuffer),
      );
    });
  }

  #end(error: Error): void {
    this.#over ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
