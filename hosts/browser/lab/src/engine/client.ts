/** The page's end of the worker that holds the network. */

import type { Answered, Name, Questions } from "./protocol.ts";

/** Rejects what a newer question of its kind has made needless. */
export class Superseded extends Error {
  override readonly name = "Superseded";
}

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

export class Engine {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  /** Of each kind the question under way and the newest that waits for it. */
  readonly #busy = new Set<Name>();
  readonly #next = new Map<Name, { start: () => void; drop: () => void }>();
  #count = 0;

  constructor(address: URL) {
    this.#worker = new Worker(address, { type: "module" });
    this.#worker.addEventListener("message", ({ data }: MessageEvent<Answered>) => {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if ("error" in data) waiting?.reject(new Error(data.error));
      else waiting?.resolve(data.answer as never);
    });
    this.#worker.addEventListener("error", (event) => {
      const error = new Error(event.message || "the worker could not be started");
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
  }

  /** Asks a question; all are answered, in order. */
  ask<N extends Name>(name: N, ask: Questions[N]["ask"]): Promise<Questions[N]["answer"]> {
    return new Promise((resolve, reject) => {
      const id = this.#count++;
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, name, ask });
    });
  }

  /**
   * Asks a question of which only the newest matters: while one is under way, those before the last are dropped.
   * @throws Superseded where a newer one has come
   */
  latest<N extends Name>(name: N, ask: Questions[N]["ask"]): Promise<Questions[N]["answer"]> {
    return new Promise((resolve, reject) => {
      const start = () => {
        this.#busy.add(name);
        this.ask(name, ask)
          .then(resolve, reject)
          .finally(() => {
            this.#busy.delete(name);
            const next = this.#next.get(name);
            this.#next.delete(name);
            next?.start();
          });
      };
      if (!this.#busy.has(name)) {
        start();
        return;
      }
      this.#next.get(name)?.drop();
      this.#next.set(name, { start, drop: () => reject(new Superseded()) });
    });
  }
}
