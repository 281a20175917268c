/** Time of the playback: plays, pauses, steps and scrubs over the steps of a recording. */

/** Steps per second at speed 1. */
const RATE = 10;

/** How long the end is shown before it begins again, seconds. */
const HOLD = 1.6;

export const SPEEDS = [0.01, 0.03, 0.1, 0.25, 0.5, 1, 2, 4] as const;

export class Player {
  playing = false;
  speed = 1;
  /** Called where the end has been shown: begin again unless it says that something else follows. */
  onEnd: () => boolean = () => false;
  #at = 0;
  #held = 0;
  #steps = 1;

  /** Step that is shown. */
  get t(): number {
    return Math.min(this.#steps - 1, Math.floor(this.#at));
  }

  /** How far the step has gone, 0…1. */
  get within(): number {
    return Math.min(1, this.#at - this.t);
  }

  get steps(): number {
    return this.#steps;
  }

  /** A new recording; the place in time is kept as far as it has one. */
  load(steps: number, t: number): void {
    this.#steps = Math.max(1, steps);
    this.seek(t);
  }

  /** Shows a step, from its beginning. */
  seek(t: number): void {
    this.#at = Math.max(0, Math.min(this.#steps - 1, Math.round(t)));
    this.#held = 0;
  }

  /** To the beginning of the next or the last period. @param starts first steps of periods, ascending */
  seekPeriod(starts: readonly number[], direction: 1 | -1): void {
    const { t } = this;
    if (direction > 0) this.seek(starts.find((start) => start > t) ?? this.#steps - 1);
    else this.seek(starts.findLast((start) => start < t) ?? 0);
  }

  toggle(): void {
    this.playing = !this.playing;
    if (this.playing && this.t === this.#steps - 1) this.seek(0);
  }

  /** Lets time pass. @returns whether anything has changed */
  advance(seconds: number): boolean {
    if (!this.playing) return false;
    // A tab that was hidden does not jump ahead.
    const passed = Math.min(seconds, 0.25);
    if (this.#at < this.#steps) this.#at += passed * RATE * this.speed;
    if (this.#at < this.#steps) return true;
    this.#at = this.#steps;
    this.#held += passed;
    if (this.#held < HOLD) return true;
    this.#held = 0;
    if (!this.onEnd()) this.#at = 0;
    return true;
  }
}
