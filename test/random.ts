/** A small seeded generator (mulberry32), so that tests that need arbitrary numbers always get the same ones. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` whole numbers in [low, high]. */
export function randomInts(seed: number, count: number, low: number, high: number): number[] {
  const next = random(seed);
  return Array.from({ length: count }, () => low + Math.floor(next() * (high - low + 1)));
}
