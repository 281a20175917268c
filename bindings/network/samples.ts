/** The check that an input is made of bytes. */
import { mustBe } from "../arguments.ts";
import { arrayKind } from "../kinds.ts";
import type { Samples } from "../types.ts";

/** @throws BsnnError `bad-input` where an input is not an array of bytes */
export function requireSamples(samples: unknown): asserts samples is Samples {
  const kind = arrayKind(samples);
  if (kind === "Uint8Array" || kind === "Uint8ClampedArray") return;
  throw mustBe("samples", "a Uint8Array or Uint8ClampedArray", samples);
}
