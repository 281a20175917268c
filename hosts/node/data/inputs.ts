/** What networks are fed with: image files, images of a data set, or the entries of an array. */

import type { DecodedImage } from "../../../bindings/images/index.ts";
import type { Network } from "../../../bindings/types.ts";
import type { ModelInput, NamedInput } from "../../../convert/options.ts";
import { InputError } from "../report/failure.ts";
import type { NumericArray } from "./array.ts";
import type { ImageFolder, LabelledImage } from "./dataset.ts";
import { readSamples, requireImageInput, toSamples } from "./images.ts";
import { isRecords, MOST_INPUTS, type Records, type Split } from "./records/records.ts";

/** One input of a network. */
export interface Item {
  /** Path of the file, with the index in an array of several. */
  readonly name: string;
  readonly label: number | null;
  /** Its samples, as the network takes them. */
  read(): Promise<Uint8Array>;
}

export type SeeImage = (image: DecodedImage) => void;

export type Data = ImageFolder | NumericArray | Records;

const isArrayFile = (path: string): boolean => /\.npy$/i.test(path);

// What reads them is loaded when there is one: a run of an image starts without it.
const readArray = async (path: string): Promise<NumericArray> => (await import("./array.ts")).readArray(path);

/**
 * Reads a folder's listing, an .npy file, or a published data set where it lies.
 * @param split which part of a data set
 */
export async function readData(path: string, split: Split): Promise<Data> {
  if (isArrayFile(path)) return readArray(path);
  const { readRecords } = await import("./records/read.ts");
  return (await readRecords(path, split)) ?? (await import("./dataset.ts")).readImageFolder(path);
}

/** What to warn of in a folder that could be read. */
export function folderWarnings(path: string, data: Data): string[] {
  if (!("empty" in data)) return [];
  return data.empty.map((name) => `${path}: class folder '${name}' holds no images`);
}

/** What a loaded network takes. */
export function inputOf({ inputs }: Network): ModelInput {
  const all = inputs.map(({ name, height, width, channels, range, signed, fit }): NamedInput => {
    const real = range ? { range, signed } : null;
    return { name, height, width, channels: signed ? channels / 2 : channels, real, ...(fit && { fit }) };
  });
  const [{ name: _, ...first }] = all;
  return { ...first, ...(all.length > 1 && { inputs: all }) };
}

/**
 * The inputs in a folder or an array.
 * @param model name of the model that takes them, for messages
 * @param seen is told of each image as it is in its file
 * @throws InputError where they are not of the kind or shape that it takes
 */
export function itemsOf(data: Data, model: string, input: ModelInput, seen?: SeeImage): Item[] {
  requireOne(model, input);
  if ("shape" in data) return arrayItems(data, model, input);
  requireImageInput(model, input);
  if (isRecords(data)) return recordItems(data, input);
  return data.images.map((image) => imageItem(image, input, seen));
}

/** The inputs in one file: an image is one, an array may hold many. */
export async function itemsOfFile(path: string, model: string, input: ModelInput): Promise<Item[]> {
  requireOne(model, input);
  if (isArrayFile(path)) return arrayItems(await readArray(path), model, input);
  requireImageInput(model, input);
  return [imageItem({ path, label: null }, input)];
}

/** @throws InputError where a network takes several inputs, and only one is given */
function requireOne(model: string, { inputs }: ModelInput): void {
  if (!inputs) return;
  const names = inputs.map(({ name }) => `'${name}'`).join(", ");
  throw new InputError(`${model}: takes ${inputs.length} inputs, ${names}; here networks of one input are supported`);
}

function imageItem({ path, label }: LabelledImage, input: ModelInput, seen?: SeeImage): Item {
  return { name: path, label, read: () => readSamples(path, input, seen) };
}

function recordItems(records: Records, input: ModelInput): Item[] {
  const { path, count, width, height, channels, labels } = records;
  return Array.from({ length: count }, (_, index) => ({
    name: `${path}[${index}]`,
    label: labels?.[index] ?? null,
    read: () => {
      const samples = records.pixels(index);
      const data = new Uint8ClampedArray(4 * width * height);
      for (let i = 0; i < width * height; i++) {
        for (let c = 0; c < 3; c++) data[4 * i + c] = samples[channels * i + (channels === 3 ? c : 0)];
        data[4 * i + 3] = 255;
      }
      return toSamples({ width, height, data }, input);
    },
  }));
}

/** Orders of an entry's axes; the first that fits is taken. */
const ORDERS = [
  ["channels", "height", "width"],
  ["height", "width", "channels"],
] as const;

/** Where the entries of an array and their elements lie. */
interface Axes {
  readonly count: number;
  readonly entry: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Reads an array's axes as N×C×H×W or N×H×W×C, either with axes of size 1 put in or left out anywhere, N too. */
function axesOf({ shape, strides }: NumericArray, input: ModelInput): Axes | null {
  const axes = shape.map((size, k) => ({ size, stride: strides[k] })).filter(({ size }) => size !== 1);
  for (const order of ORDERS) {
    const inner = order.filter((name) => input[name] !== 1);
    const outer = axes.length - inner.length;
    if (outer < 0 || outer > 1 || !inner.every((name, k) => axes[outer + k].size === input[name])) continue;
    const [entries] = outer === 1 ? axes : [{ size: 1, stride: 0 }];
    const found = { count: entries.size, entry: entries.stride, channels: 0, height: 0, width: 0 };
    inner.forEach((name, k) => {
      found[name] = axes[outer + k].stride;
    });
    return found;
  }
  return null;
}

function arrayItems(array: NumericArray, model: string, input: ModelInput): Item[] {
  const axes = axesOf(array, input);
  if (axes === null) {
    const supported = ORDERS.map((order) => ["N", ...order.map((name) => input[name]).filter((n) => n > 1)].join("×"));
    throw new InputError(
      `${array.path}: is an array of ${array.shape.join("×") || "one value"}; ${model} takes ${[...new Set(supported)].join(" or ")}`,
    );
  }
  if (axes.count === 0) throw new InputError(`${array.path}: is an array of ${array.shape.join("×")}, without inputs`);
  if (axes.count > MOST_INPUTS) throw new InputError(`${array.path}: holds more than ${MOST_INPUTS} inputs`);
  return Array.from({ length: axes.count }, (_, index) => {
    const name = axes.count === 1 ? array.path : `${array.path}[${index}]`;
    return { name, label: null, read: () => entrySamples(array, axes, index, name, input) };
  });
}

/** One entry of an array as samples: real values encoded, or bytes as they are. */
async function entrySamples(
  array: NumericArray,
  axes: Axes,
  index: number,
  name: string,
  input: ModelInput,
): Promise<Uint8Array> {
  const { height, width, channels, real } = input;
  const values = new Float64Array(height * width * channels);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = index * axes.entry + y * axes.height + x * axes.width;
      for (let c = 0; c < channels; c++) values[at++] = Number(array.data[from + c * axes.channels]);
    }
  }
  if (real) {
    const odd = values.find((value) => !Number.isFinite(value));
    if (odd !== undefined) throw new InputError(`${name}: holds ${odd}; finite numbers are supported`);
    const { encodeValues } = await import("../../../convert/encode.ts");
    return encodeValues(values, channels, real);
  }
  const odd = values.find((value) => !(Number.isInteger(value) && value >= 0 && value <= 255));
  if (odd !== undefined) {
    throw new InputError(
      `${name}: holds ${odd}; the model takes images, whose samples are whole numbers 0…255 (a model of real values is converted with --input-range)`,
    );
  }
  return Uint8Array.from(values);
}

/** Share of an array's values that lie outside a range. */
export function shareOutside({ data }: NumericArray, [lo, hi]: readonly [number, number]): number {
  let outside = 0;
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (value < lo || value > hi) outside++;
  }
  return outside / data.length;
}
