import { Activations, annInput } from "./calibrate/activations.ts";
import { ConversionError } from "./errors.ts";
import { buildNetwork } from "./network/build.ts";
import type { Network, Preprocessing, QuantizedNetwork } from "./network/network.ts";
import type { Ann } from "./onnx/execute.ts";
import { readModel } from "./onnx/model.ts";
import { quantize } from "./quantize/quantize.ts";
import { writeModel } from "./write/model.ts";

export { annInput, readView } from "./calibrate/activations.ts";
export { ConversionError } from "./errors.ts";

export interface InputShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

export interface ConvertOptions {
  /** Name stored in the file. */
  readonly name?: string;
  /** K, steps in a period, 1…8; default 7. */
  readonly phases?: number;
  /** Default 8. */
  readonly weightBits?: 8 | 16;
  /** Default `current`. */
  readonly coding?: "current" | "phase";
  /** Folded into the first weights: (sample·scale − mean)/std. Default: scale 1/255, mean 0, std 1, RGB. */
  readonly preprocessing?: Preprocessing;
  /** One per class. */
  readonly labels?: readonly string[];
  /** Calibration images for the model's input, each H×W×C 8-bit samples, channels last, RGB or grey. */
  readonly calibration: (input: InputShape) => Promise<readonly Uint8Array[]>;
  /** Reads an external data file of the model, by the location it names. */
  readonly external?: (location: string) => Uint8Array;
  /** Fixes a model's dynamic input shape, batch included. */
  readonly inputShape?: readonly number[];
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

export interface Conversion {
  /** The model file. */
  readonly file: Uint8Array;
  readonly network: QuantizedNetwork;
  /** The same network before quantisation. */
  readonly real: Network;
  /** What was done that a user would want to know. */
  readonly notes: readonly string[];
  /** The original, ready to run. */
  readonly ann: Ann;
}

/** Neuron values, over all calibration images, that one conversion works through: bounds its time and memory. */
const CALIBRATION_VALUES = 200e6;

/** Calibration images used however large the network is, if there are as many. */
const FEWEST_IMAGES = 32;

/**
 * Converts an ONNX model into a bistable spiking network. Needs nothing of its host but the bytes: it runs on a workstation
 * or in a browser.
 * @throws ConversionError where the model, an option or the calibration set does not allow it
 */
export async function convert(model: Uint8Array, options: ConvertOptions): Promise<Conversion> {
  const { phases = 7, weightBits = 8, coding = "current", onProgress } = options;
  if (!Number.isInteger(phases) || phases < 1 || phases > 8) {
    throw new ConversionError("bad-input", `phases: found ${phases}; 1 to 8 are supported`);
  }
  if (weightBits !== 8 && weightBits !== 16) {
    throw new ConversionError("bad-input", `weight bits: found ${weightBits}; 8 and 16 are supported`);
  }
  onProgress?.("read", 0, 1);
  const parsed = await readModel(model, options);
  const { channels } = parsed.input;
  const preprocessing = checkedPreprocessing(options.preprocessing, channels);
  const real = buildNetwork(parsed, { preprocessing });
  onProgress?.("read", 1, 1);

  const given = await options.calibration(parsed.input);
  const images = calibrationSubset(real, given);
  const activations = new Activations(
    parsed.ann,
    real,
    images.map((samples) => annInput(real.input, samples)),
  );
  const integers = await quantize(real, images, activations, {
    phases,
    weightBits,
    coding,
    onProgress: (done, total) => onProgress?.("quantise", done, total),
  });
  const classes = real.populations.find((p) => p.kind === "output")!;
  const outputs = classes.height * classes.width * classes.channels;
  if (options.labels && options.labels.length !== outputs) {
    throw new ConversionError("bad-input", `labels: found ${options.labels.length}; the model has ${outputs} outputs`);
  }
  const network: QuantizedNetwork = {
    name: options.name ?? "",
    phases,
    coding,
    zeroPoint: real.input.zeroPoint,
    ...integers,
    macs: real.macs,
    preprocessing,
    ...(options.labels && { labels: options.labels }),
  };
  return { file: writeModel(network), network, real, notes: real.notes, ann: parsed.ann };
}

/** Fills in defaults and stretches a single mean or std over all channels. */
function checkedPreprocessing(given: Preprocessing | undefined, channels: number): Preprocessing {
  const { scale = 1 / 255, mean = [0], std = [1], channelOrder = "rgb" } = given ?? {};
  const perChannel = (name: string, values: readonly number[]) => {
    if (values.length !== 1 && values.length !== channels) {
      throw new ConversionError(
        "bad-input",
        `${name}: found ${values.length} values; the model's input has ${channels} channels, so 1 or ${channels} are supported`,
      );
    }
    if (!values.every(Number.isFinite))
      throw new ConversionError("bad-input", `${name}: every value must be a finite number`);
    return values.length === channels ? values : Array<number>(channels).fill(values[0]);
  };
  if (!Number.isFinite(scale) || scale === 0)
    throw new ConversionError("bad-input", `scale: found ${scale}; a finite number other than 0 is needed`);
  const checked = { scale, mean: perChannel("mean", mean), std: perChannel("std", std), channelOrder };
  if (checked.std.includes(0)) throw new ConversionError("bad-input", "std: found 0; values other than 0 are needed");
  return checked;
}

/** As many images as the budget allows, evenly spread over those given. */
function calibrationSubset(network: Network, given: readonly Uint8Array[]): Uint8Array[] {
  const { height, width, channels } = network.populations[0];
  if (given.length === 0)
    throw new ConversionError("bad-input", "calibration: found no images; at least one is needed");
  for (const samples of given) {
    if (samples.length !== height * width * channels) {
      throw new ConversionError(
        "bad-input",
        `calibration: found an image of ${samples.length} samples; the model's input is ${height}×${width}×${channels}`,
      );
    }
  }
  const neurons = network.populations.reduce((sum, p) => sum + p.height * p.width * p.channels, 0);
  const count = Math.min(given.length, Math.max(FEWEST_IMAGES, Math.floor(CALIBRATION_VALUES / neurons)));
  return Array.from({ length: count }, (_, k) => given[Math.floor((k * given.length) / count)]);
}
