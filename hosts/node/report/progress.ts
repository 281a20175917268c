/** How far long work has come. */

import { SingleBar } from "cli-progress";
import { note } from "./terminal.ts";

/** Between lines where there is no terminal, ms: few enough for a log. */
const BETWEEN_LINES = 30_000;

/** About so many seconds, in words. */
function duration(seconds: number): string {
  return seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.round(seconds / 60)} min`;
}

/** Progress on standard error: a bar with the time left where that is a terminal, a line now and then, with the same, elsewhere. */
export class Progress {
  #bar: SingleBar | null = null;
  #stage = "";
  /** When the stage began, ms. */
  #began = 0;
  #told: number;
  readonly #now: () => number;

  /** @param now the time in ms */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#told = now();
  }

  /** Shows that `done` of `total` are done; a new stage begins a new bar. */
  update(stage: string, done: number, total: number): void {
    if (!process.stderr.isTTY) {
      this.#tell(stage, done, total);
      return;
    }
    if (stage !== this.#stage) this.#begin(stage, total);
    this.#bar?.setTotal(total);
    this.#bar?.update(done);
  }

  #tell(stage: string, done: number, total: number): void {
    const now = this.#now();
    if (stage !== this.#stage) [this.#stage, this.#began] = [stage, now];
    if (now - this.#told < BETWEEN_LINES) return;
    this.#told = now;
    const left = (((now - this.#began) / 1000) * (total - done)) / done;
    note(`${stage}: ${done}/${total}${done > 0 && done < total ? `, ${duration(left)} left` : ""}`);
  }

  #begin(stage: string, total: number): void {
    this.stop();
    this.#stage = stage;
    const format = `${stage.padEnd(24)} [{bar}] {value}/{total}, {eta_formatted} left`;
    this.#bar = new SingleBar({
      format,
      stream: process.stderr,
      barCompleteChar: "=",
      barIncompleteChar: " ",
      clearOnComplete: true,
      // A signal then ends the program at once, whatever it computes: the bar stays and says what that was.
      gracefulExit: false,
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
