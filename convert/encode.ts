/** Encodes real-valued input as 8-bit samples. */

import { arrayKind, isNumber, readFields, reading, readList, refusal } from "./arguments.ts";
import type { Pair } from "./wiring.ts";

/** Real-valued input: values lo…hi, as the model takes them. */
export interface RealInput {
  readonly range: Pair;
  /** True where every value becomes an ON and an OFF sample. */
  readonly signed: boolean;
}

/** Two numbers; whether they can be meant `realInput` says. @throws ConversionError (`bad-input`) where they are none */
export function readRange(name: string, given: unknown): Pair {
  const supported = "two numbers lo < hi are supported";
  const range = readList(name, given, isNumber, supported);
  if (range.length !== 2) throw refusal(name, range, supported);
  return [range[0], range[1]];
}

/**
 * Checks a range.
 * @param signed default: where the range spans zero, so that zero is exact and either side has all 8 bits
 * @throws ConversionError (`bad-input`) for a range that is empty or not finite
 */
export function realInput(range: Pair, signed: boolean = range[0] < 0 && range[1] > 0): RealInput {
  const [lo, hi] = range;
  if (typeof signed !== "boolean") throw refusal("signed", signed, "true and false are supported");
  if (!Number.isFinite(lo) || !Number.isFinite(hi) || !(lo < hi)) {
    throw refusal("input range", range, "two numbers lo < hi are supported");
  }
  return { range: [lo, hi], signed };
}

/**
 * Turns real values into 8-bit samples (docs/format.md, *Encoding of the input*), as the core's `encode` does.
 * @param given H×W×C, channels last; those outside the range are cut off
 * @param channels C
 * @returns H×W×C samples, or H×W×2C where signed
 * @throws ConversionError (`bad-input`) where values, channels or the range are none
 */
export function encodeValues(given: ArrayLike<number>, channels: number, real: RealInput): Uint8Array {
  const values = numbers(given);
  if (!Number.isInteger(channels) || channels < 1 || values.length % channels !== 0) {
    throw refusal("channels", channels, `a number that divides the ${values.length} values is supported`);
  }
  const fields = readFields("encoding", real, ["range", "signed"]);
  const { range, signed } = realInput(readRange("input range", fields.range), fields.signed);
  const [lo, hi] = range;
  if (!signed) return Uint8Array.from(values, (x) => sampleOf((x - lo) / (hi - lo)));
  const most = Math.max(Math.abs(lo), Math.abs(hi));
  const samples = new Uint8Array(2 * values.length);
  for (let at = 0, to = 0; at < values.length; to += channels) {
    for (let c = 0; c < channels; c++, at++, to++) {
      samples[to] = sampleOf(values[at] / most);
      samples[to + channels] = sampleOf(-values[at] / most);
    }
  }
  return samples;
}

function numbers(given: unknown): ArrayLike<number> {
  const kind = arrayKind(given);
  // A copy, whatever the array's own class makes of its properties.
  if (kind && !kind.startsWith("Big")) return reading("values", () => new Float64Array(given as Float64Array));
  return readList("values", given, isNumber, "a list of numbers is supported");
}

/** round(255·x), ties up, x cut to 0…1 (NaN to 0). */
const sampleOf = (x: number): number => (x > 0 ? Math.floor(255 * Math.min(x, 1) + 0.5) : 0);
