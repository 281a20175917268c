/** Figures over the answers to many images. */

/** Index of the largest value; the lowest where several are equal, and -1 where there is nothing but NaN. */
export function argmax(values: ArrayLike<number>): number {
  let best = -1;
  for (let i = 0; i < values.length; i++) {
    if (best < 0 ? !Number.isNaN(values[i]) : values[i] > values[best]) best = i;
  }
  return best;
}

/** Whether none of some values is NaN or infinite. */
export function allFinite(values: Float32Array): boolean {
  return values.every(Number.isFinite);
}

/** Whether `label` is among the `k` largest values; among equals the lower index comes first. NaN is never among them. */
export function inTop(values: ArrayLike<number>, label: number, k: number): boolean {
  const own = values[label];
  if (Number.isNaN(own)) return false;
  let before = 0;
  for (let i = 0; i < values.length; i++) if (values[i] > own || (values[i] === own && i < label)) before++;
  return before < k;
}

/** Middle of some values (mean of the two middle ones); NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Share of images whose label is the best, and among the five best, of an answer. */
export class Accuracy {
  #images = 0;
  #best = 0;
  #five = 0;

  /** Counts one answer; images without a label are left out. */
  add(values: ArrayLike<number>, label: number | null): void {
    if (label === null) return;
    this.#images++;
    if (inTop(values, label, 1)) this.#best++;
    if (inTop(values, label, 5)) this.#five++;
  }

  /** 0…1, or null where nothing was labelled. */
  get top1(): number | null {
    return this.#images === 0 ? null : this.#best / this.#images;
  }

  /** 0…1, or null where nothing was labelled. */
  get top5(): number | null {
    return this.#images === 0 ? null : this.#five / this.#images;
  }
}

/** Relative error ‖found − expected‖ / ‖expected‖ (Euclidean) over all values added. */
export class RelativeError {
  #difference = 0;
  #reference = 0;

  /** Adds one pair of equally long answers. */
  add(found: ArrayLike<number>, expected: ArrayLike<number>): void {
    for (let i = 0; i < expected.length; i++) {
      this.#difference += (found[i] - expected[i]) ** 2;
      this.#reference += expected[i] ** 2;
    }
  }

  /** 0 where both are zero throughout, Infinity where only the reference is. */
  get value(): number {
    if (this.#difference === 0) return 0;
    return Math.sqrt(this.#difference / this.#reference);
  }
}

/** ‖found − expected‖ / ‖expected − their mean‖ over the answers added: the error beside what answers differ by from input to input. */
export class DifferenceError {
  #error = 0;
  #squares = 0;
  #first: Float64Array | null = null;
  #sums = new Float64Array(0);
  #answers = 0;

  /** Adds one pair of answers, as long as all others. */
  add(found: ArrayLike<number>, expected: ArrayLike<number>): void {
    // Of the differences from the first, whose squares are not lost beside what all have in common.
    this.#first ??= Float64Array.from(expected);
    if (this.#answers++ === 0) this.#sums = new Float64Array(expected.length);
    for (let i = 0; i < expected.length; i++) {
      const moved = expected[i] - this.#first[i];
      this.#error += (found[i] - expected[i]) ** 2;
      this.#squares += moved * moved;
      this.#sums[i] += moved;
    }
  }

  /** True where all that was expected is the same. */
  get constant(): boolean {
    return this.#squares === 0;
  }

  /** 0 where there is no error, Infinity where there is one, and no difference. */
  get value(): number {
    if (this.#error === 0) return 0;
    const common = this.#sums.reduce((sum, value) => sum + value * value, 0) / this.#answers;
    return Math.sqrt(this.#error / Math.max(this.#squares - common, 0));
  }
}
