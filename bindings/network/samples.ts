import { BsnnError } from "../error.ts";

/** @throws BsnnError `bad-input` where an input is not an array of bytes */
export function requireSamples(pixels: unknown): asserts pixels is Uint8Array | Uint8ClampedArray {
  if (pixels instanceof Uint8Array || pixels instanceof Uint8ClampedArray) return;
  throw new BsnnError("bad-input", `pixels must be a Uint8Array or Uint8ClampedArray, found ${typeOf(pixels)}`);
}

function typeOf(value: unknown): string {
  return value === null ? "null" : typeof value === "object" ? (value.constructor?.name ?? "object") : typeof value;
}
