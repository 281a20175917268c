/** Preprocessing of images: its values, their checks and defaults. */

import { isFiniteNumber, readList, readStrictly, refusal } from "./arguments.ts";
import { ConversionError } from "./errors.ts";

/** (sample·scale − mean)/std; mean and std hold one value, or one per channel in the model's `channelOrder`. */
export interface Preprocessing {
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly channelOrder: "rgb" | "bgr";
}

/** Takes samples as they are. */
export const NO_PREPROCESSING: Preprocessing = { scale: 1, mean: [0], std: [1], channelOrder: "rgb" };

/**
 * Checks all of a preprocessing that can be checked without the model, and fills in defaults.
 * @throws ConversionError (`bad-input`) that names the value
 */
export function checkedPreprocessing(given: Partial<Preprocessing> | undefined): Preprocessing {
  const fields = readStrictly("preprocessing", given, ["scale", "mean", "std", "channelOrder"]);
  const { scale = 1 / 255, channelOrder = "rgb" } = fields;
  const mean = finiteValues("mean", fields.mean ?? [0]);
  const std = finiteValues("std", fields.std ?? [1]);
  if (!Number.isFinite(scale) || scale === 0) {
    throw refusal("scale", scale, "a finite number other than 0 is needed");
  }
  if (std.includes(0)) throw refusal("std", 0, "values other than 0 are needed");
  if (channelOrder !== "rgb" && channelOrder !== "bgr") {
    throw refusal("channel order", channelOrder, "'rgb' and 'bgr' are supported");
  }
  return { scale, mean, std, channelOrder };
}

/** Whether it is what stands where nothing was said. */
export const isDefault = ({ scale, mean, std, channelOrder }: Preprocessing): boolean =>
  scale === 1 / 255 &&
  channelOrder === "rgb" &&
  mean.every((value) => value === 0) &&
  std.every((value) => value === 1);

function finiteValues(name: string, given: unknown): readonly number[] {
  const supported = "a list of finite numbers is supported";
  const values = readList(name, given, isFiniteNumber, supported);
  if (values.length === 0) throw refusal(name, values, supported);
  return values;
}

/** One of several images: its name, and the channels of all of them. */
interface AmongOthers {
  readonly name: string;
  readonly all: number;
}

/** Why a mean or std does not fit an input of so many channels, or null. */
export function misfitOf(given: Preprocessing, channels: number, among?: AmongOthers): ConversionError | null {
  for (const name of ["mean", "std"] as const) {
    const found = given[name].length;
    if (found === 1 || found === channels) continue;
    const input = among ? `input '${among.name}'` : "input";
    const supported = among ? `1, ${channels}, or ${among.all} for all images together` : `1 or ${channels}`;
    return new ConversionError(
      "bad-input",
      `${name}: found ${found} values; the model's ${input} has ${channels} channels, so ${supported} are supported`,
    );
  }
  return null;
}

/** A single mean or std for every channel. */
export function stretched(given: Preprocessing, channels: number): Preprocessing {
  const stretch = (values: readonly number[]) =>
    values.length === channels ? values : Array<number>(channels).fill(values[0]);
  return { ...given, mean: stretch(given.mean), std: stretch(given.std) };
}
