/**
 * A sequence of numbers that a generator draws its decisions from. Whatever the sequence, the outcome is valid, and a
 * zero, or the end of the sequence, decides for the simplest: so a failing network shrinks when its sequence does.
 */

import fc from "fast-check";
import { random } from "../random.ts";

export class Choices {
  readonly #values: readonly number[];
  #next = 0;

  constructor(values: readonly number[]) {
    this.#values = values;
  }

  #draw(): number {
    return this.#values[this.#next++] ?? 0;
  }

  /** An integer of min…max; min is the simplest. */
  integer(min: number, max: number): number {
    return min + (this.#draw() % (max - min + 1));
  }

  /** One of the options; the first is the simplest. */
  pick<T>(options: readonly T[]): T {
    return options[this.integer(0, options.length - 1)];
  }

  /** True once in `n`; false is the simplest. */
  oneIn(n: number): boolean {
    return this.integer(0, n - 1) === n - 1;
  }

  /** A source of many unsigned 32-bit integers for one draw. */
  random(): () => number {
    const uniform = random(this.#draw());
    return () => uniform() * 2 ** 32;
  }
}

/** Choices for fast-check to draw and to shrink. */
export const choices: fc.Arbitrary<Choices> = fc
  .noBias(fc.array(fc.nat(0xffffffff), { minLength: 0, maxLength: 1000, size: "max" }))
  .map((values) => new Choices(values));
