/** A seeded source of pseudo-random numbers (mulberry32), the same on every host. */
export class Random {
  #state: number;

  /** @param seed any integer; its lowest 32 bits count */
  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** Uniform in [lo, hi). */
  uniform(lo = 0, hi = 1): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 15), z | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return lo + (((z ^ (z >>> 14)) >>> 0) / 2 ** 32) * (hi - lo);
  }

  /** Bell-shaped around 0 with the given standard deviation, never beyond 3.5 of them (sum of twelve uniforms). */
  bell(deviation: number): number {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += this.uniform();
    return Math.max(-3.5, Math.min(3.5, sum)) * deviation;
  }
}
