/** How far long work has come. */

import { SingleBar } from "cli-progress";

/** A progress bar on standard error where that is a terminal, nothing elsewhere. */
export class Progress {
  #bar: SingleBar | null = null;
  #stage = "";

  /** Shows that `done` of `total` are done; a new stage begins a new bar. */
  update(stage: string, done: number, total: number): void {
    if (!process.stderr.isTTY) return;
    if (stage !== this.#stage) this.#begin(stage, total);
    this.#bar?.setTotal(total);
    this.#bar?.update(done);
  }

  #begin(stage: string, total: number): void {
    this.stop();
    this.#stage = stage;
    const format = `${stage.padEnd(24)} [{bar}] {value}/{total}`;
    this.#bar = new SingleBar({
      format,
      stream: process.stderr,
      barCompleteChar: "=",
      barIncompleteChar: " ",
      hideCursor: true,
      clearOnComplete: true,
    });
    this.#bar.start(total, 0);
  }

  /** Takes the bar away; the terminal is as before. */
  stop(): void {
    this.#bar?.stop();
    this.#bar = null;
    this.#stage = "";
  }
}
