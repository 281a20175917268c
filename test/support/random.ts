/** Arbitrary numbers for tests. */
import { Random } from "../../models/drawn/random.ts";

/** Uniform numbers in [0, 1) from a seed, so that tests that need arbitrary numbers always get the same ones. */
export function random(seed: number): () => number {
  const source = new Random(seed);
  return () => source.uniform();
}

/** `count` whole numbers in [low, high]. */
export function randomInts(seed: number, count: number, low: number, high: number): number[] {
  const next = random(seed);
  return Array.from({ length: count }, () => low + Math.floor(next() * (high - low + 1)));
}
