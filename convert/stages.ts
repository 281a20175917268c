/** Times how long each stage of a conversion takes. */

import { pause, type Signal } from "./pause.ts";

/** Seconds by stage, in the order in which the stages were first entered. */
export type StageTimes = Readonly<Record<string, number>>;

/** A stopwatch over stages that follow each other, and come again; a signal ends what follows. */
export class Stages {
  readonly #seconds: Record<string, number> = {};
  readonly #signal: Signal | undefined;

  constructor(signal?: Signal) {
    this.#signal = signal;
  }

  /** Seconds so far. */
  get times(): StageTimes {
    return { ...this.#seconds };
  }

  /** Does some work, whose time counts for a stage. @throws the signal's reason where it has been aborted */
  async time<T>(stage: string, work: () => T | Promise<T>): Promise<T> {
    await pause();
    this.#signal?.throwIfAborted();
    const begin = performance.now();
    try {
      return await work();
    } finally {
      this.#seconds[stage] = (this.#seconds[stage] ?? 0) + (performance.now() - begin) / 1000;
    }
  }
}
