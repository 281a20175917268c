/** The check that an input is made of bytes. */
import { mustBe, reading } from "../arguments.ts";
import { arrayKind } from "../kinds.ts";
import type { Samples } from "../types.ts";

const isBytes = (samples: unknown): samples is Samples => {
  const kind = arrayKind(samples);
  return kind === "Uint8Array" || kind === "Uint8ClampedArray";
};

/** @throws BsnnError `bad-input` where an input is not an array of bytes */
export function requireSamples(samples: unknown, what = "samples"): asserts samples is Samples {
  if (!isBytes(samples)) throw mustBe(what, "a Uint8Array or Uint8ClampedArray", samples);
}

/** Most inputs that are looked at. */
const MOST_INPUTS = 4096;

/**
 * What is given for several inputs one by one, in order or by name; null where it is one array, or no samples at all.
 * @throws BsnnError `bad-input` where it cannot be read
 */
export function partsOf(given: unknown): readonly unknown[] | ReadonlyMap<string, unknown> | null {
  if (typeof given !== "object" || given === null || arrayKind(given)) return null;
  return reading("samples", () => {
    const isList = Array.isArray(given);
    const entries = isList ? [...given.slice(0, MOST_INPUTS).entries()] : Object.entries(given).slice(0, MOST_INPUTS);
    if (entries.length === 0 || !entries.some(([, part]) => isBytes(part))) return null;
    return isList ? entries.map(([, part]) => part) : new Map(entries as [string, unknown][]);
  });
}
