/** The inputs of a model as a conversion is told of them: what their samples mean, and calibration inputs for them. */

import { readArray, reading, readList, refusal } from "../arguments.ts";
import { encodeValues, type RealInput, realInput } from "../encode.ts";
import { ConversionError } from "../errors.ts";
import type { InputOptions, InputShape } from "../form/input.ts";
import type { Calibration, CalibrationValues, ConvertOptions, Fit, ModelInput, NamedInput } from "../options.ts";
import { isList, listed, ofInput, requireNames } from "../per-input.ts";
import { isDefault, misfitOf, type Preprocessing, stretched } from "../preprocessing.ts";
import type { InputCoding } from "../wiring.ts";
import type { StoredInput } from "./network.ts";

/** An input's name, and its shape as a map. */
interface ShapedInput {
  readonly name: string;
  readonly shape: InputShape;
}

/** What is known of a model's inputs once it is read. */
export interface Inputs {
  /** What the samples of each stand for. */
  readonly options: readonly InputOptions[];
  /** How the caller sees them. */
  readonly given: ModelInput;
  /** What the file says of their preprocessing: one mean and std per channel of the input population. */
  preprocessing(coding: InputCoding): Preprocessing | null;
  /** Where there are several: what the file says of each. */
  stored(coding: InputCoding): readonly StoredInput[] | null;
}

/**
 * What was said of a model's inputs, put together.
 * @param stated preprocessing of the images among them
 * @throws ConversionError (`bad-input`) where it does not fit them
 */
export function describeInputs(
  inputs: readonly ShapedInput[],
  options: ConvertOptions,
  stated: Preprocessing | null,
): Inputs {
  const reals = realInputs(inputs, options);
  const images = inputs.filter((_, k) => !reals[k]);
  const own = stated ? preprocessingOf(images, stated) : new Map<string, Preprocessing>();
  const { fit = "stretch" } = options;
  if (images.length === 0 && ((stated && !isDefault(stated)) || fit !== "stretch")) {
    const what = fit === "stretch" ? "preprocessing" : "fit";
    throw new ConversionError("bad-input", `${what}: found a range for every input; it is of images only`);
  }
  const named = inputs.map(({ name, shape }, k): NamedInput => {
    const real = reals[k];
    return { name, ...shape, real, ...(real ? {} : { fit: fit as Fit }) };
  });
  const [{ name: _, ...first }] = named;
  return {
    options: inputs.map(({ name }, k) => reals[k] ?? { preprocessing: own.get(name)! }),
    given: { ...first, ...(named.length > 1 && { inputs: named }) },
    preprocessing: (coding) => {
      if (!stated || images.length === 0) return null;
      if (!coding.inputs) return own.get(images[0].name)!;
      const channels = coding.gain.length;
      const [mean, std] = [Array<number>(channels).fill(0), Array<number>(channels).fill(1)];
      for (const { name, first } of coding.inputs) {
        own.get(name)?.mean.forEach((value, c) => {
          mean[first + c] = value;
        });
        own.get(name)?.std.forEach((value, c) => {
          std[first + c] = value;
        });
      }
      return { ...stated, mean, std };
    },
    stored: (coding) =>
      coding.inputs?.map(({ dims: _, ...place }, k) => ({ ...place, range: reals[k]?.range ?? null })) ?? null,
  };
}

/** Of each input the range that was stated for it; null for images. */
function realInputs(inputs: readonly ShapedInput[], { range, signed }: ConvertOptions): (RealInput | null)[] {
  return inputs.map(({ name }) => {
    const own = ofInput(range, name);
    return own ? realInput(own, signed) : null;
  });
}

/** Preprocessing of every image: mean and std are one value, one per channel, or one per channel of all of them in order. */
function preprocessingOf(images: readonly ShapedInput[], stated: Preprocessing): Map<string, Preprocessing> {
  const all = images.reduce((sum, { shape }) => sum + shape.channels, 0);
  let first = 0;
  return new Map(
    images.map(({ name, shape: { channels } }) => {
      const part = (values: readonly number[]) =>
        images.length > 1 && values.length === all ? values.slice(first, first + channels) : values;
      const own = { ...stated, mean: part(stated.mean), std: part(stated.std) };
      first += channels;
      const misfit = misfitOf(own, channels, images.length > 1 ? { name, all } : undefined);
      if (misfit) throw misfit;
      return [name, stretched(own, channels)];
    }),
  );
}

const SUPPORTED = "a list of byte or float arrays is supported";
const KINDS = ["Uint8Array", "Float32Array", "Float64Array"] as const;

/** The samples of calibration inputs: real values are encoded, several inputs lie one after the other. */
export function samplesOf(given: readonly Calibration[], input: ModelInput): Uint8Array[] {
  const isAny = (_item: unknown): _item is unknown => true;
  const { inputs } = input;
  return readList("calibration", given, isAny, SUPPORTED).map((item) => {
    if (!inputs) return samplesOfOne("calibration", item, input);
    const parts = ArrayBuffer.isView(item) ? taken(item, inputs) : partsOf(item, inputs);
    return joined(parts.map((part, k) => samplesOfOne(`calibration of '${inputs[k].name}'`, part, inputs[k])));
  });
}

function samplesOfOne(name: string, given: unknown, { channels, real }: Omit<NamedInput, "name">): Uint8Array {
  const item = readArray(name, given, KINDS, SUPPORTED);
  if (item instanceof Uint8Array) return item;
  if (!real)
    throw new ConversionError("bad-input", `${name}: found real values; the model takes images, 8-bit samples`);
  return encodeValues(item, channels, real);
}

/** Values of several inputs that are given one by one. */
function partsOf(item: unknown, inputs: readonly NamedInput[]): unknown[] {
  const names = inputs.map(({ name }) => name);
  const supported = `one array per input is supported, for ${listed(names)}`;
  if (typeof item !== "object" || item === null) throw refusal("calibration", item, supported);
  if (isList("calibration", item)) {
    const { length } = item as ArrayLike<unknown>;
    if (length !== inputs.length) throw refusal("calibration", `${length} arrays for one input`, supported);
    return reading("calibration", () => Array.from(item as ArrayLike<unknown>));
  }
  requireNames("calibration", item, names);
  return names.map((name) => reading("calibration", () => (item as Record<string, unknown>)[name]));
}

/** Values of several inputs that lie one after the other. */
function taken(item: ArrayBufferView, inputs: readonly NamedInput[]): CalibrationValues[] {
  const all = readArray("calibration", item, KINDS, SUPPORTED);
  const bytes = all instanceof Uint8Array;
  let at = 0;
  const parts = inputs.map((input) => {
    const from = at;
    at += valuesOf(input) * (bytes && input.real?.signed ? 2 : 1);
    return all.subarray(from, at);
  });
  if (at !== all.length) throw refusal("calibration", all.length, `${at} values are supported, those of all inputs`);
  return parts;
}

const valuesOf = ({ height, width, channels }: InputShape): number => height * width * channels;

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** @throws ConversionError (`bad-input`) where there are none, or some are of another size than the model's input */
export function requireSamples(given: readonly Uint8Array[], input: ModelInput): void {
  if (given.length === 0)
    throw new ConversionError("bad-input", "calibration: found no inputs; at least one is needed");
  const inputs = input.inputs ?? [input];
  const samples = inputs.map((one) => valuesOf(one) * (one.real?.signed ? 2 : 1));
  const expected = samples.reduce((sum, n) => sum + n, 0);
  for (const { length } of given) {
    if (length === expected) continue;
    const shape = inputs
      .map(({ height, width, channels, real }) => `${height}×${width}×${real?.signed ? 2 * channels : channels}`)
      .join(" and ");
    const verb = inputs.length > 1 ? "inputs are" : "input is";
    throw new ConversionError(
      "bad-input",
      `calibration: found an input of ${length} samples; the model's ${verb} ${shape}`,
    );
  }
}
