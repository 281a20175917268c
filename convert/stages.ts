/** Times how long each stage of a conversion takes. */

/** Seconds by stage, in the order in which the stages were first entered. */
export type StageTimes = Readonly<Record<string, number>>;

/** A stopwatch over stages that follow each other, and come again. */
export class Stages {
  readonly #seconds: Record<string, number> = {};

  /** Seconds so far. */
  get times(): StageTimes {
    return { ...this.#seconds };
  }

  /** Does some work, whose time counts for a stage. */
  async time<T>(stage: string, work: () => T | Promise<T>): Promise<T> {
    const begin = performance.now();
    try {
      return await work();
    } finally {
      this.#seconds[stage] = (this.#seconds[stage] ?? 0) + (performance.now() - begin) / 1000;
    }
  }
}
