/** Compares the networks that are built of graphs with what onnxruntime-web computes. */

import assert from "node:assert/strict";
import type { InputOptions } from "../../../convert/form/input.ts";
import { type Model, type ReadOptions, readModel } from "../../../convert/graph/model.ts";
import { buildNetwork } from "../../../convert/network/build.ts";
import type { SecondNeurons } from "../../../convert/network/depths.ts";
import type { UnquantizedNetwork } from "../../../convert/network/network.ts";
import type { UnquantizedPopulation } from "../../../convert/wiring.ts";
import { evaluate } from "./evaluate.ts";
import type { OnnxBuilder } from "./onnx-builder.ts";
import { assertWellFormed } from "./well-formed.ts";
import { assertWithinBound, samplesOfAll } from "./whole-way.ts";

/** Samples 0…255 stand for −1.28…1.27, zero exactly for the sample 128: padding is then exact as well. */
export const SIGNED_RANGE: InputOptions = { range: [-1.28, 1.27] };

/** Single precision through a few layers. */
const TOLERANCE = 2e-5;

/**
 * Builds the network of a graph and requires that it computes, in double precision, what onnxruntime-web computes: at its
 * outputs and at every population's view.
 */
export async function assertBuiltSame(
  builder: OnnxBuilder,
  options: InputOptions | readonly InputOptions[] = SIGNED_RANGE,
  read: ReadOptions = {},
  seconds: SecondNeurons = {},
): Promise<UnquantizedNetwork> {
  const model = await readModel(builder.encode(), read);
  const network = buildNetwork(model, options, seconds);
  assertWellFormed(network);
  await assertComputesAs(model, network);
  await model.ann.dispose();
  return network;
}

/**
 * As `assertBuiltSame`; then converts the graph and requires that the model file, run in the core, gives the same outputs within
 * the bound of its quantisation.
 */
export async function assertSame(
  builder: OnnxBuilder,
  options: InputOptions | readonly InputOptions[] = SIGNED_RANGE,
  read: ReadOptions = {},
): Promise<UnquantizedNetwork> {
  const network = await assertBuiltSame(builder, options, read);
  await assertWithinBound(builder.encode(), options, read);
  return network;
}

export async function assertComputesAs(
  model: Model,
  network: UnquantizedNetwork,
  tolerance = TOLERANCE,
): Promise<void> {
  const samples = samplesFor(network);
  const found = evaluate(network, samples);
  const input = annInput(network, samples);
  const viewed = network.populations.flatMap((p) => (p.view ? [p.view.tensor] : []));
  const expected = await model.ann.run(input, [...new Set(viewed)]);
  network.populations.forEach((population, i) => {
    if (!population.view) return;
    const want = viewOf(population, expected.get(population.view.tensor)!);
    assertClose(found[i], want, tolerance, `${population.kind} population '${population.name}'`);
  });
}

/** Random samples, one of each ON and OFF pair zero. */
function samplesFor({ input, populations }: UnquantizedNetwork): Uint8Array {
  const [{ height, width, channels }] = populations;
  const signed = !input.inputs && input.gain[channels - 1] < 0;
  return samplesOfAll(input.inputs ?? [{ height, width, channels: signed ? channels / 2 : channels, signed }], 7);
}

/** The ANN's input, or inputs one after the other, value by value. */
function annInput({ input, populations }: UnquantizedNetwork, samples: Uint8Array): Float32Array {
  const { gain, shift, index, dims, inputs } = input;
  const [{ height, width, channels }] = populations;
  const own = inputs ?? [{ height, width, channels, first: 0, each: channels, signed: false }];
  const channel = own.flatMap(({ height, width, channels: values, first, each, signed }) => {
    const off = signed ? each : 0;
    const list = Array.from({ length: signed ? 2 * values : values }, (_, k) => {
      return first + ((k % values) % each) + (k < values ? 0 : off);
    });
    return Array.from({ length: height * width }, () => list).flat();
  });
  const values = new Float64Array(dims.reduce((product, n) => product * n, 1));
  samples.forEach((sample, k) => {
    values[index[k]] += gain[channel[k]] * sample + shift[channel[k]];
  });
  return Float32Array.from(values);
}

function viewOf(population: UnquantizedPopulation, tensor: Float32Array): Float64Array {
  const { height, width, channels, signed } = population;
  const { base, strides, channelOffsets } = population.view!;
  const viewed = signed ? channels / 2 : channels;
  const values = new Float64Array(height * width * channels);
  for (let at = 0; at < values.length; at++) {
    const c = at % channels;
    const position = Math.floor(at / channels);
    const from = base + Math.floor(position / width) * strides[0] + (position % width) * strides[1];
    const value = tensor[from + (channelOffsets?.[c % viewed] ?? (c % viewed) * strides[2])];
    assert.notEqual(value, undefined, `the view of '${population.name}' reads outside its tensor`);
    values[at] = c < viewed ? value : -value;
  }
  return values;
}

export function assertClose(found: ArrayLike<number>, want: ArrayLike<number>, tolerance: number, what: string): void {
  assert.equal(found.length, want.length, what);
  let largest = 0;
  for (let k = 0; k < want.length; k++) largest = Math.max(largest, Math.abs(want[k]));
  assert.ok(largest > 0, `${what}: the ANN's values are all zero, so nothing is compared`);
  for (let k = 0; k < want.length; k++) {
    const off = Math.abs(found[k] - want[k]);
    assert.ok(off <= tolerance * largest, `${what}: element ${k} is ${found[k]}, the ANN's is ${want[k]}`);
  }
}
