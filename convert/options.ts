/** What a conversion can be told, and the check of all that can be checked without the model. */

import type { RealInput } from "./encode.ts";
import { ConversionError } from "./errors.ts";
import type { Preprocessing } from "./preprocessing.ts";
import type { Simulator } from "./simulator.ts";
import type { Pair } from "./wiring.ts";

/** A model's input: H×W×C 8-bit samples of an image, or (with `real`) H×W×C real values. */
export interface ModelInput {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly real: RealInput | null;
  /** Of images: how one of another size is fitted; `stretch` unless given. */
  readonly fit?: Fit;
}

/** How images of another size are fitted (docs/format.md, *Encoding of the input*); the default first. */
export const FITS = ["stretch", "cover", "contain", "crop"] as const;
/** One of them. */
export type Fit = (typeof FITS)[number];

/**
 * What the choice of integers is made of, to be left out one by one when measuring what each brings: a scale per channel, scales
 * searched for the least error (else from the largest activation), room for activations calibration has not seen, weights rounded
 * together, 16 bits in the outer layers, corrected biases, rounding to the nearest level (else down), fitted scales, and (with few
 * phases) two neurons per channel in the first layer.
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
] as const;
/** One of them. */
export type Ingredient = (typeof INGREDIENTS)[number];

/** All that `convert` can be told; only `calibration` must be given. */
export interface ConvertOptions {
  /** Name stored in the file. */
  readonly name?: string;
  /** K, steps in a period, 1…8; default 7. */
  readonly phases?: number;
  /** Default 8. */
  readonly weightBits?: 8 | 16;
  /** Default `current`. */
  readonly coding?: "current" | "phase";
  /** Of images, folded into the first weights: (sample·scale − mean)/std. Default: scale 1/255, mean 0, std 1, RGB. */
  readonly preprocessing?: Partial<Preprocessing>;
  /** How images of another size are fitted, for whoever reads them; stored unless `stretch`, which is the default. */
  readonly fit?: Fit;
  /** For input that is no preprocessed image: the model takes real values lo…hi. */
  readonly range?: Pair;
  /** With `range`: input in ON and OFF channels, exact at zero. Default: where the range spans zero. */
  readonly signed?: boolean;
  /** One per value of the model's first output. */
  readonly labels?: readonly string[];
  /**
   * Calibration inputs for the model, channels last: bytes are 8-bit samples, of an image H×W×C, RGB or grey, or as `encodeValues`
   * gives them; floats are real values H×W×C, for a model with a `range` only.
   */
  readonly calibration: (input: ModelInput) => Promise<readonly (Uint8Array | Float32Array | Float64Array)[]>;
  /**
   * Neuron values, over all calibration inputs, that scales, weights and biases are fitted to at most: bounds time and memory. Of
   * further inputs the ranges are taken alone. At least 32 inputs are fitted to. Default 200e6.
   */
  readonly fittedValues?: number;
  /** Ends the model at these tensors of its graph, in this order, instead of at its outputs. */
  readonly outputs?: readonly string[];
  /** Reads an external data file of the model, by the location it names. */
  readonly external?: (location: string) => Uint8Array;
  /** Fixes a model's dynamic input shape, batch included. */
  readonly inputShape?: readonly number[];
  /**
   * Makes a simulator of the converted network, given its file: with one, schedules of early firing are chosen by measuring them on the
   * calibration inputs, and stored.
   */
  readonly simulator?: (file: Uint8Array) => Promise<Simulator>;
  /** Whether the file states a checksum, so that damage is found on load. Default false. */
  readonly checksum?: boolean;
  /** Ingredients of the quantisation to leave out, for ablations (`npm run quality -- --without bias`). */
  readonly without?: readonly Ingredient[];
  readonly onProgress?: (task: string, done: number, total: number) => void;
}

/**
 * Checks all of the options that can be checked without the model, whatever their types say: plain JavaScript calls as well.
 * @throws ConversionError (`bad-input`) that names the option, what was found and what is supported
 */
export function checkOptions(options: ConvertOptions): void {
  const { phases = 7, weightBits = 8, coding = "current", range, signed, preprocessing, without = [] } = options;
  if (!Number.isInteger(phases) || phases < 1 || phases > 8) throw refusal("phases", phases, "1 to 8 are supported");
  if (weightBits !== 8 && weightBits !== 16) throw refusal("weight bits", weightBits, "8 and 16 are supported");
  if (coding !== "current" && coding !== "phase") {
    throw refusal("coding", coding, "'current' and 'phase' are supported");
  }
  if (range && preprocessing) {
    throw new ConversionError("bad-input", "found both preprocessing and a range; one of them is supported");
  }
  const { fit } = options;
  if (fit !== undefined && !FITS.includes(fit)) throw refusal("fit", fit, `${FITS.join(", ")} are supported`);
  if (fit !== undefined && range) {
    throw new ConversionError("bad-input", "fit: found a range; only images are fitted");
  }
  if (signed !== undefined && !range) {
    throw new ConversionError("bad-input", "signed: found no range; input in ON and OFF channels needs one");
  }
  if (signed !== undefined && typeof signed !== "boolean") {
    throw refusal("signed", signed, "true and false are supported");
  }
  if (range !== undefined && !Array.isArray(range)) {
    throw refusal("input range", range, "two numbers lo < hi are supported");
  }
  for (const ingredient of strings("without", without)) {
    if (!INGREDIENTS.some((known) => known === ingredient)) {
      throw refusal("without", ingredient, `${INGREDIENTS.join(", ")} are supported`);
    }
  }
  if (options.name !== undefined && typeof options.name !== "string") {
    throw refusal("name", options.name, "a string is supported");
  }
  if (options.checksum !== undefined && typeof options.checksum !== "boolean") {
    throw refusal("checksum", options.checksum, "true and false are supported");
  }
  if (options.labels) strings("labels", options.labels);
  if (options.outputs) strings("outputs", options.outputs);
  if (options.simulator !== undefined && typeof options.simulator !== "function") {
    throw refusal("simulator", options.simulator, "a function that makes one is supported");
  }
  const { inputShape } = options;
  if (inputShape !== undefined && !Array.isArray(inputShape)) {
    throw refusal("input shape", inputShape, "a list of sizes is supported");
  }
  const { fittedValues = 1 } = options;
  if (!(fittedValues > 0)) throw refusal("fitted values", fittedValues, "a number above 0 is supported");
  if (typeof options.calibration !== "function") {
    throw refusal("calibration", options.calibration, "a function that gives inputs is needed");
  }
}

function strings(name: string, values: unknown): readonly string[] {
  if (Array.isArray(values) && values.every((value) => typeof value === "string")) return values;
  throw refusal(name, values, "a list of strings is supported");
}

const refusal = (name: string, found: unknown, supported: string): ConversionError =>
  new ConversionError("bad-input", `${name}: found ${String(found)}; ${supported}`);
