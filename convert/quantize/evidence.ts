/** How far a correction that was measured on a few images can be trusted on others. */

/** Standard errors, squared, that stand against a correction's own square. */
const DOUBT = 4;

/**
 * Corrections Σa/Σb, one per channel, of which every image gives a and b. What differs from image to image may be chance: a correction x
 * of standard error e over the images is taken as x·x²/(x² + 4e²), so that one that stands out from its error stays as it is,
 * and one that does not is hardly made.
 */
export class Evidence {
  readonly #a: Float64Array;
  readonly #b: Float64Array;
  readonly #aa: Float64Array;
  readonly #ab: Float64Array;
  readonly #bb: Float64Array;

  constructor(channels: number) {
    const sums = () => new Float64Array(channels);
    [this.#a, this.#b, this.#aa, this.#ab, this.#bb] = [sums(), sums(), sums(), sums(), sums()];
  }

  /** Takes in what one image gives of channel c. */
  add(c: number, a: number, b: number): void {
    this.#a[c] += a;
    this.#b[c] += b;
    this.#aa[c] += a * a;
    this.#ab[c] += a * b;
    this.#bb[c] += b * b;
  }

  /** The corrections, as far as they are to be trusted; 0 where nothing was seen. */
  corrections(): Float64Array {
    return this.#a.map((a, c) => {
      const b = this.#b[c];
      if (a === 0 || b === 0) return 0;
      const ratio = a / b;
      const squares = this.#aa[c] - 2 * ratio * this.#ab[c] + ratio * ratio * this.#bb[c];
      const doubt = DOUBT * (Math.max(0, squares) / (b * b));
      const square = ratio * ratio;
      // A square may be too small for a number.
      return square + doubt > 0 ? (ratio * square) / (square + doubt) : 0;
    });
  }
}
