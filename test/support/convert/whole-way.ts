/** Converts graphs and runs the model files in the core. */

import assert from "node:assert/strict";
import { load } from "../../../bindings/node.ts";
import type { Output } from "../../../bindings/types.ts";
import type { InputOptions } from "../../../convert/form/input.ts";
import type { ReadOptions } from "../../../convert/graph/model.ts";
import { annInput, type Conversion, type ConvertOptions, convert, readView } from "../../../convert/index.ts";
import { onnx } from "../../../convert/onnx/schema/onnx.js";
import { outputTensors } from "../../../convert/wiring.ts";
import { random } from "../random.ts";
import { boundOutputs } from "./bound.ts";

export const INPUTS = 4;

/** Random 8-bit samples; of an ON and an OFF sample one is zero. */
export function randomSamples(size: number, channels: number, signed: boolean, seed: number): Uint8Array {
  const next = random(seed);
  const samples = Uint8Array.from({ length: size }, () => Math.floor(next() * 256));
  if (signed) {
    for (let at = 0; at < size; at += channels) {
      for (let c = 0; c < channels / 2; c++) samples[at + (next() < 0.5 ? c : channels / 2 + c)] = 0;
    }
  }
  return samples;
}

/** The same for each of some inputs, one after the other. */
export function samplesOfAll(
  inputs: readonly { height: number; width: number; channels: number; signed: boolean }[],
  seed: number,
): Uint8Array {
  const parts = inputs.map(({ height, width, channels, signed }, k) => {
    const each = signed ? 2 * channels : channels;
    return [...randomSamples(height * width * each, each, signed, seed + 1000 * k)];
  });
  return Uint8Array.from(parts.flat());
}

export interface WholeWay {
  readonly conversion: Conversion;
  readonly inputs: readonly Uint8Array[];
  /** Outputs of the original, row-major, per input and output population. */
  readonly expected: readonly Float32Array[][];
}

/** What `convert` is told of inputs: of all alike, or of each in the order of the graph. */
function meaningOf(model: Uint8Array, given: InputOptions | readonly InputOptions[]): Partial<ConvertOptions> {
  if (!Array.isArray(given)) {
    const input = given as InputOptions;
    return "range" in input ? { range: input.range, signed: input.signed ?? false } : input;
  }
  const names = onnx.ModelProto.decode(model).graph!.input!.map(({ name }) => name!);
  const options: readonly InputOptions[] = given;
  const ranges = options.flatMap((one, k) => ("range" in one ? [[names[k], one] as const] : []));
  const images = options.flatMap((one) => ("preprocessing" in one ? [one.preprocessing] : []));
  const [mean, std] = (["mean", "std"] as const).map((key) => images.flatMap((one) => [...one[key]]));
  return {
    ...(images.length > 0 && { preprocessing: { ...images[0], mean, std } }),
    ...(ranges.length > 0 && {
      range: Object.fromEntries(ranges.map(([name, { range }]) => [name, range])),
      signed: ranges[0][1].signed ?? false,
    }),
  };
}

/** Converts with 8 phases and 16-bit weights, on random inputs which are then compared. */
export async function convertOnRandom(
  model: Uint8Array,
  input: InputOptions | readonly InputOptions[],
  read: ReadOptions,
  settings: Pick<ConvertOptions, "phases" | "weightBits" | "coding"> = { phases: 8, weightBits: 16 },
): Promise<WholeWay> {
  const inputs: Uint8Array[] = [];
  const conversion = await convert(model, {
    ...settings,
    ...meaningOf(model, input),
    ...(read.external && { external: read.external }),
    ...(read.inputShape && { inputShape: read.inputShape }),
    ...(read.outputs && { outputs: read.outputs }),
    calibration: async (given) => {
      const each = (given.inputs ?? [given]).map((one) => ({ ...one, signed: one.real?.signed ?? false }));
      for (let n = 0; n < INPUTS; n++) inputs.push(samplesOfAll(each, 11 + n));
      return inputs;
    },
  });
  const { unquantized, ann } = conversion;
  const outputs = unquantized.populations.filter(({ kind }) => kind === "output");
  const heads = outputs.filter(({ tensor }) => !tensor!.continues);
  const expected: Float32Array[][] = [];
  for (const samples of inputs) {
    const values = await ann.run(annInput(unquantized.input, samples), [
      ...new Set(outputs.map((p) => p.view!.tensor)),
    ]);
    const read = outputs.map((p) => {
      const maps = new Float32Array(p.height * p.width * p.channels);
      readView(p, values.get(p.view!.tensor)!, maps);
      return maps;
    });
    // What nothing was left out of is compared as the original gives it.
    expected.push(
      outputTensors(outputs, read).map((tensor, k) =>
        heads[k].view!.tensor === heads[k].name ? values.get(heads[k].name)! : tensor,
      ),
    );
  }
  await ann.dispose();
  return { conversion, inputs, expected };
}

/**
 * Outputs of a model file in the core, decoded, per input and output population. Requires that the first input, run step by step,
 * gives the same potentials.
 */
export async function decode(file: Uint8Array, inputs: readonly Uint8Array[]): Promise<Float32Array[][]> {
  const network = await load(file);
  try {
    const periods = inputs.map((samples) => network.run(samples).outputs);
    const steps = network.run(inputs[0], { mode: "step" }).outputs;
    const potentials = (outputs: readonly Output[]) => outputs.map((output) => output.potentials);
    assert.deepEqual(potentials(steps), potentials(periods[0]));
    return periods.map((outputs) => outputs.map(({ values }) => values));
  } finally {
    network.dispose();
  }
}

export interface Margins {
  /** Largest share of its bound that an error takes. */
  readonly worst: number;
  /** Root mean square of the errors and of the bounds, relative to that of the outputs. */
  readonly error: number;
  readonly bound: number;
}

/** Single precision of the original, relative to its largest output; outputs below `LEAST` are what is left of larger values. */
const SINGLE = 2e-5;
const LEAST = 0.05;

/** How errors of decoded outputs stand to their bounds. */
export function marginsOf(found: readonly Float32Array[][], { conversion, inputs, expected }: WholeWay): Margins {
  const outputs = conversion.unquantized.populations.filter(({ kind }) => kind === "output");
  const bounds = boundOutputs(conversion.unquantized, conversion.network, inputs).map((of) =>
    outputTensors(
      outputs,
      of.map((bound) => Float32Array.from(bound)),
    ),
  );
  let worst = 0;
  const squares = { error: 0, bound: 0, output: 0 };
  expected.forEach((outputs, n) => {
    outputs.forEach((values, k) => {
      assert.equal(found[n][k].length, values.length);
      const slack = SINGLE * values.reduce((most, x) => Math.max(most, Math.abs(x)), LEAST);
      values.forEach((value, at) => {
        const error = Math.abs(found[n][k][at] - value);
        const bound = bounds[n][k][at] + slack;
        worst = Math.max(worst, error / bound);
        squares.error += error ** 2;
        squares.bound += bound ** 2;
        squares.output += value ** 2;
      });
    });
  });
  const relative = (square: number) => Math.sqrt(square / squares.output);
  return { worst, error: relative(squares.error), bound: relative(squares.bound) };
}

/** Requires that a model, converted and run in the core, gives the original's outputs within the bound of its quantisation. */
export async function assertWithinBound(
  model: Uint8Array,
  input: InputOptions | readonly InputOptions[],
  read: ReadOptions = {},
  settings?: Parameters<typeof convertOnRandom>[3],
): Promise<Margins> {
  const way = await convertOnRandom(model, input, read, settings);
  const margins = marginsOf(await decode(way.conversion.file, way.inputs), way);
  assert.ok(margins.worst <= 1, `an output is off by ${margins.worst} times what quantisation allows`);
  return margins;
}
