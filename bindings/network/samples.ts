/** The check that an input is made of bytes. */
import { BsnnError } from "../error.ts";
import { arrayKind } from "../kinds.ts";
import type { Samples } from "../types.ts";

/** @throws BsnnError `bad-input` where an input is not an array of bytes */
export function requireSamples(samples: unknown): asserts samples is Samples {
  const kind = arrayKind(samples);
  if (kind === "Uint8Array" || kind === "Uint8ClampedArray") return;
  throw new BsnnError("bad-input", `samples must be a Uint8Array or Uint8ClampedArray, found ${typeOf(samples)}`);
}

function typeOf(value: unknown): string {
  return value === null ? "null" : typeof value === "object" ? (value.constructor?.name ?? "object") : typeof value;
}
