/** What a conversion can be told, and the check of all that can be checked without the model. */

import { isNumber, isString, reading, readList, readStrictly, refusal } from "./arguments.ts";
import { type RealInput, readRange } from "./encode.ts";
import { ConversionError } from "./errors.ts";
import type { ExecutedWork, ThreadExecutor } from "./executor.ts";
import type { Signal } from "./pause.ts";
import { isList, type PerInput, readPerInput } from "./per-input.ts";
import type { Preprocessing } from "./preprocessing.ts";
import type { Simulator } from "./simulator.ts";
import type { Pair } from "./wiring.ts";

/** A model's input: H×W×C 8-bit samples of an image, or (with `real`) H×W×C real values. Of several it is the first. */
export interface ModelInput {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly real: RealInput | null;
  /** Of images: how one of another size is fitted; `stretch` unless given. */
  readonly fit?: Fit;
  /** Where a model has several: all of them, in its order. */
  readonly inputs?: readonly NamedInput[];
}

/** One of several inputs of a model. */
export interface NamedInput extends Omit<ModelInput, "inputs"> {
  readonly name: string;
}

/** Values of an input, channels last: bytes are samples, floats real values. */
export type CalibrationValues = Uint8Array | Float32Array | Float64Array;

/** A calibration input; of several inputs an array for each, in order or by name, or one with the values of all in order. */
export type Calibration =
  | CalibrationValues
  | readonly CalibrationValues[]
  | { readonly [input: string]: CalibrationValues };

/** How images of another size are fitted (docs/format.md, *Encoding of the input*); the default first. */
export const FITS = ["stretch", "cover", "contain", "crop"] as const;
/** One of them. */
export type Fit = (typeof FITS)[number];

/**
 * What the choice of integers is made of, to be left out one by one when measuring what each brings: a scale per channel, scales
 * searched for the least error (else from the largest activation), room for activations calibration has not seen, weights rounded
 * together, 16 bits in the outer layers, corrected biases, rounding to the nearest level (else down), fitted scales, (with few
 * phases) two neurons per channel in the first layer, and of networks with depthwise convolutions 16 bits in these, two neurons per
 * channel in the first layers, and biases and scales that are corrected only as far as images agree.
 */
export const INGREDIENTS = [
  "channels",
  "search",
  "room",
  "rounding",
  "outer",
  "bias",
  "nearest",
  "fit",
  "pairs",
  "depthwise",
  "halves",
  "evidence",
] as const;
/** One of them. */
export type Ingredient = (typeof INGREDIENTS)[number];

/** All that `convert` can be told; only `calibration` must be given. What the functions throw comes through as it is. */
export interface ConvertOptions {
  /** Name stored in the file. */
  readonly name?: string;
  /** K, steps in a period, 1…8; default 7. */
  readonly phases?: number;
  /** Default 8. */
  readonly weightBits?: 8 | 16;
  /** Default `current`. */
  readonly coding?: "current" | "phase";
  /**
   * Of images, folded into the first weights: (sample·scale − mean)/std. Default: scale 1/255, mean 0, std 1, RGB. Of several images
   * mean and std are for each alike, or they have one value per channel of all of them, in order.
   */
  readonly preprocessing?: Partial<Preprocessing>;
  /** How images of another size are fitted, for whoever reads them; stored unless `stretch`, which is the default. */
  readonly fit?: Fit;
  /**
   * For input that is no preprocessed image: the model takes real values lo…hi. Of several inputs for all of them, or by name for some.
   */
  readonly range?: PerInput<Pair>;
  /** With `range`: input in ON and OFF channels, exact at zero. Default: where the range spans zero. */
  readonly signed?: boolean;
  /** One per value of the model's first output. */
  readonly labels?: readonly string[];
  /**
   * Calibration inputs for the model, channels last: bytes are 8-bit samples, of an image H×W×C, RGB or grey, or as `encodeValues`
   * gives them; floats are real values H×W×C, for a model with a `range` only. Of several inputs an array for each.
   */
  readonly calibration: (input: ModelInput) => Promise<readonly Calibration[]>;
  /**
   * Neuron values, over all calibration inputs, that scales, weights and biases are fitted to at most: bounds time and memory. Of
   * further inputs the ranges are taken alone. At least 32 inputs are fitted to. Default 200e6.
   */
  readonly fittedValues?: number;
  /** Ends the model at these tensors of its graph, in this order, instead of at its outputs. */
  readonly outputs?: readonly string[];
  /** Reads an external data file of the model, by the location it names. */
  readonly external?: (location: string) => Uint8Array;
  /** Fixes a model's dynamic input shape, batch included; of several inputs for all that leave it open, or by name. */
  readonly inputShape?: PerInput<readonly number[]>;
  /**
   * Makes a simulator of the converted network, given its file: with one, schedules of early firing are chosen by measuring them on the
   * calibration inputs, and stored.
   */
  readonly simulator?: (file: Uint8Array) => Promise<Simulator>;
  /**
   * Starts a thread that runs the original while its values are quantised, or gives null where it cannot or the work is not worth it; the
   * file's bytes are the same with and without. It is closed in every case.
   */
  readonly executor?: (work: ExecutedWork) => Promise<ThreadExecutor | null>;
  /** Ingredients of the quantisation to leave out, for ablations (`npm run quality -- --without bias`). */
  readonly without?: readonly Ingredient[];
  readonly onProgress?: (task: string, done: number, total: number) => void;
  /** An `AbortSignal`: ends the conversion at any stage, which then rejects with the signal's reason. */
  readonly signal?: Signal;
}

const NAMES = Object.keys({
  name: true,
  phases: true,
  weightBits: true,
  coding: true,
  fit: true,
  preprocessing: true,
  range: true,
  signed: true,
  labels: true,
  calibration: true,
  fittedValues: true,
  outputs: true,
  external: true,
  inputShape: true,
  simulator: true,
  executor: true,
  without: true,
  onProgress: true,
  signal: true,
} satisfies Record<keyof ConvertOptions, true>) as (keyof ConvertOptions)[];

/** Options that are functions, and what they do. */
const FUNCTIONS = {
  calibration: "gives inputs",
  external: "reads a file",
  simulator: "makes one",
  executor: "starts one",
  onProgress: "hears of progress",
} as const;

/**
 * Reads the options once, and checks all of them that can be checked without the model, whatever their types say: plain JavaScript
 * calls as well.
 * @throws ConversionError (`bad-input`) that names the option, what was found and what is supported
 */
export function readOptions(given: ConvertOptions | null | undefined): ConvertOptions {
  const options = readStrictly("options", given, NAMES);
  const { phases = 7, weightBits = 8, coding = "current", range, signed, preprocessing, fittedValues = 1 } = options;
  if (!Number.isInteger(phases) || phases < 1 || phases > 8) throw refusal("phases", phases, "1 to 8 are supported");
  if (weightBits !== 8 && weightBits !== 16) throw refusal("weight bits", weightBits, "8 and 16 are supported");
  if (coding !== "current" && coding !== "phase") {
    throw refusal("coding", coding, "'current' and 'phase' are supported");
  }
  if (range && isList("input range", range) && preprocessing) {
    throw new ConversionError("bad-input", "found both preprocessing and a range; one of them is supported");
  }
  const { fit } = options;
  if (fit !== undefined && !FITS.includes(fit)) throw refusal("fit", fit, `${FITS.join(", ")} are supported`);
  if (fit !== undefined && range && isList("input range", range)) {
    throw new ConversionError("bad-input", "fit: found a range; only images are fitted");
  }
  if (signed !== undefined && !range) {
    throw new ConversionError("bad-input", "signed: found no range; input in ON and OFF channels needs one");
  }
  if (signed !== undefined && typeof signed !== "boolean") {
    throw refusal("signed", signed, "true and false are supported");
  }
  if (options.name !== undefined && typeof options.name !== "string") {
    throw refusal("name", options.name, "a string is supported");
  }
  if (typeof fittedValues !== "number" || !(fittedValues > 0)) {
    throw refusal("fitted values", fittedValues, "a number above 0 is supported");
  }
  for (const [name, does] of Object.entries(FUNCTIONS)) {
    const found = options[name as keyof typeof FUNCTIONS];
    if (typeof found === "function" || (found === undefined && name !== "calibration")) continue;
    throw refusal(
      name,
      found,
      name === "calibration" ? `a function that ${does} is needed` : `a function that ${does} is supported`,
    );
  }
  requireSignal(options.signal);
  const read: { -readonly [Name in keyof ConvertOptions]: ConvertOptions[Name] } = {
    ...options,
    calibration: options.calibration!,
  };
  if (range !== undefined) read.range = readPerInput("input range", range, readRange);
  if (options.labels) read.labels = strings("labels", options.labels);
  if (options.outputs) read.outputs = strings("outputs", options.outputs);
  if (options.without !== undefined) read.without = ingredients(options.without);
  if (options.inputShape !== undefined) {
    read.inputShape = readPerInput("input shape", options.inputShape, (name, given) =>
      readList(name, given, isNumber, "a list of sizes is supported"),
    );
  }
  return read;
}

function requireSignal(signal: Signal | undefined): void {
  if (signal === undefined) return;
  const methods = ["throwIfAborted", "addEventListener", "removeEventListener"] as const;
  if (reading("signal", () => methods.every((name) => typeof signal[name] === "function"))) return;
  throw refusal("signal", signal, "an AbortSignal is supported");
}

function ingredients(given: unknown): readonly Ingredient[] {
  return strings("without", given).map((ingredient) => {
    const known = INGREDIENTS.find((name) => name === ingredient);
    if (!known) throw refusal("without", ingredient, `${INGREDIENTS.join(", ")} are supported`);
    return known;
  });
}

const strings = (name: string, values: unknown): readonly string[] =>
  readList(name, values, isString, "a list of strings is supported");
