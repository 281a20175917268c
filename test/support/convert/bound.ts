/** How far a quantised network may be from the ANN, neuron by neuron. */

import assert from "node:assert/strict";
import type { QuantizedNetwork, UnquantizedNetwork } from "../../../convert/network/network.ts";
import { evaluate, type FlatMap, project } from "./evaluate.ts";

/** Farthest that an integer weight may lie from weight·λ/u: half, and what single precision of λ adds to 16 bits. */
const ROUNDING = 0.51;

/** A scale is fitted to the activations after rounding; it stays this near to the one that weights were rounded with. */
const FIT = 1.1;

/** What is known of a population on one input: the ANN's values, and how far the decoded levels may be from them. */
interface Known {
  /** ANN units; of the input, samples. */
  readonly activation: Float64Array;
  readonly error: Float64Array;
  /** ANN units per level, per channel. */
  readonly scale: Float64Array;
}

/**
 * How far the decoded outputs of a quantised network (8 phases or current-coded input, weights rounded to nearest) can be from those
 * of the unquantized one, at worst and neuron by neuron. With s the sum that a neuron receives, in units μ that its weights were
 * rounded with, and z the ANN's value,
 *
 *     |μ·s − z| ≤ Σ |weight|·error(source) + Σ ½μ·level(source) + ½μ + |correction of the bias|
 *
 * where the correction, an average of such errors over the calibration inputs, is at most the largest of the first two sums.
 * The level is a monotonic function of s, so that the two ends of this interval bound it, rounding and clipping included.
 * @param inputs the calibration inputs, which are also those compared
 * @returns per input and output population
 */
export function boundOutputs(
  unquantized: UnquantizedNetwork,
  quantized: QuantizedNetwork,
  inputs: readonly Uint8Array[],
): Float64Array[][] {
  const known: Known[][] = inputs.map(() => []);
  const values = inputs.map((samples) => evaluate(unquantized, samples));
  unquantized.populations.forEach((population, i) => {
    const { kind, height, width, channels, ceiling } = population;
    const incoming = quantized.projections.flatMap((q, j) => (q.target === i ? [j] : []));
    if (kind === "input") {
      const scale = new Float64Array(channels).fill(1);
      known.forEach((list, n) => {
        list.push({ activation: values[n][0], error: new Float64Array(values[n][0].length), scale });
      });
      return;
    }
    if (population.above !== undefined) {
      // The first neuron and the second have the same weights and scale: together they are one of twice as many levels.
      const scale = known[0].find((_, k) => unquantized.populations[k].name === population.above)!.scale;
      const nothing = new Float64Array(height * width * channels);
      for (const list of known) list.push({ activation: nothing, error: nothing, scale });
      return;
    }
    if (kind === "synchronous") {
      for (const list of known) list.push(list[unquantized.projections[incoming[0]].source]);
      return;
    }
    const layer: Layer = { unquantized, quantized, incoming, target: i };
    const units = unitsOf(layer, known[0]);
    const { bias, initial, shift, unit } = quantized.populations[i];
    const spread = known.map((list) => receivedError(layer, list, units));
    const correction = new Float64Array(channels);
    for (const error of spread)
      error.forEach((e, at) => {
        correction[at % channels] = Math.max(correction[at % channels], e);
      });
    assert.ok(bias.length === channels || bias.length === height * width * channels);
    const top = topOf(i, unquantized, quantized);
    const scale = Float64Array.from(unit, (u, c) => (kind === "bistable" ? u * 2 ** shift[c] : u));
    known.forEach((list, n) => {
      const z = values[n][i];
      const activation = kind === "bistable" ? z.map((x) => Math.min(ceiling, Math.max(0, x))) : z;
      const error = activation.map((a, at) => {
        const c = at % channels;
        const [least, most] = units[c];
        const off = spread[n][at] + correction[c] + most / 2;
        if (kind === "output") return off;
        const level = (x: number) => Math.min(top, Math.max(0, Math.floor((x + initial[c]) / 2 ** shift[c])));
        const low = level(Math.min((z[at] - off) / least, (z[at] - off) / most));
        const high = level(Math.max((z[at] + off) / least, (z[at] + off) / most));
        return Math.max(Math.abs(low * scale[c] - a), Math.abs(high * scale[c] - a));
      });
      list.push({ activation, error, scale });
    });
  });
  return known.map((list) =>
    list.flatMap(({ error }, i) => (unquantized.populations[i].kind === "output" ? [error] : [])),
  );
}

/** Highest level of a population's neurons, with the second ones of their channels where there are any. */
function topOf(index: number, { populations, projections }: UnquantizedNetwork, { phases }: QuantizedNetwork): number {
  let k = index;
  while (populations[k].kind === "synchronous") k = projections.find((q) => q.target === k)!.source;
  return (populations.some(({ above }) => above === populations[k].name) ? 2 : 1) * (2 ** phases - 1);
}

/** One population and what projects to it, before and after quantisation. */
interface Layer {
  readonly unquantized: UnquantizedNetwork;
  readonly quantized: QuantizedNetwork;
  /** Indices of the projections. */
  readonly incoming: readonly number[];
  /** Index of the population. */
  readonly target: number;
}

/**
 * The least and largest unit with which every weight into a channel is rounded to nearest.
 * @throws where there is none
 */
function unitsOf(layer: Layer, known: readonly Known[]): [number, number][] {
  const { unquantized, quantized, incoming, target } = layer;
  const { kind, unit } = quantized.populations[target];
  const fit = kind === "bistable" ? FIT : 1 + 1e-6;
  const units = Array.from(unit, (u): [number, number] => [u / fit, u * fit]);
  for (const j of incoming) {
    const q = unquantized.projections[j];
    const integers = quantized.projections[j].weight;
    const { scale } = known[q.source];
    const inputs = q.sourceChannels[1] / q.groups;
    const size = q.kernel[0] * q.kernel[1] * inputs;
    const rows = q.targetChannels[1] / q.groups;
    q.weight.forEach((weight, at) => {
      const o = Math.floor(at / size);
      const product = weight * scale[q.sourceChannels[0] + Math.floor(o / rows) * inputs + (at % inputs)];
      const signed = integers[at] * Math.sign(product || 1);
      const range = units[q.targetChannels[0] + o];
      range[0] = Math.max(range[0], Math.abs(product) / (signed + ROUNDING));
      if (signed > ROUNDING) range[1] = Math.min(range[1], Math.abs(product) / (signed - ROUNDING));
      assert.ok(
        signed > -ROUNDING && range[0] <= range[1],
        `'${unquantized.populations[target].name}', channel ${q.targetChannels[0] + o}: weight ${at} is ${integers[at]}, not the nearest to ${weight}`,
      );
    });
  }
  return units;
}

/** What a population's sums may be off by the errors of its sources and by its rounded weights, in ANN units. */
function receivedError(
  { unquantized, quantized, incoming, target }: Layer,
  known: readonly Known[],
  units: readonly [number, number][],
): Float64Array {
  const { height, width, channels } = unquantized.populations[target];
  const error = new Float64Array(height * width * channels);
  const levels = new Float64Array(error.length);
  for (const j of incoming) {
    const q = unquantized.projections[j];
    const source = unquantized.populations[q.source];
    const { activation, error: off, scale } = known[q.source];
    const map = (values: Float64Array): FlatMap => ({ ...source, values });
    const absolute = { ...q, weight: q.weight.map(Math.abs) };
    project(absolute, map(off), unquantized.populations[target], error, null);
    const most = activation.map((a, at) => {
      const level = (a + off[at]) / scale[at % scale.length];
      return source.kind === "input" ? level : Math.min(topOf(q.source, unquantized, quantized), level);
    });
    const all = { ...q, weight: q.weight.map((w) => (w === 0 ? 0 : 1)) };
    const outside = source.kind === "input" ? unquantized.input.zeroPoint : null;
    project(all, map(most), unquantized.populations[target], levels, outside);
  }
  return error.map((e, at) => e + ROUNDING * units[at % channels][1] * levels[at]);
}
