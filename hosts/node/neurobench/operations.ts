/** Synaptic operations as NeuroBench counts them: non-zero inputs times non-zero weights, border-exact. */

import type { Network, PopulationInfo } from "../../../bindings/types.ts";
import type { WeightedProjection } from "./model-file.ts";

/** Of all the calls of one sample. A call, of one projection in one time step, is one of ACs where its inputs are −1, 0 or 1. */
export interface Operations {
  readonly macs: number;
  readonly acs: number;
}

/** Places of a map that a window of a kernel or pooling takes along one axis: for each window, in the order of its taps. */
function taps(
  windows: number,
  size: number,
  kernel: number,
  stride: number,
  dilation: number,
  offset: number,
): number[][] {
  return Array.from({ length: windows }, (_, at) =>
    Array.from({ length: kernel }, (_, k) => at * stride + k * dilation - offset),
  ).map((places) => places.map((place) => (place >= 0 && place < size ? place : -1)));
}

/** A projection with what is counted of it. */
export class Counter {
  readonly #projection: WeightedProjection;
  /** Non-zero weights that a neuron of the (pooled) map reaches, channels last. */
  readonly #reach: Float64Array;
  /** Operations of a call if no input and no weight were zero. */
  readonly dense: number;

  /** Neurons of the source that hold a sample, where not all do. */
  readonly #holding: Uint8Array | null;

  /**
   * @param source the population that it reads
   * @param holding 1 for each neuron of the source that holds a sample; null where all do
   */
  constructor(projection: WeightedProjection, source: PopulationInfo, holding: Uint8Array | null = null) {
    this.#projection = projection;
    this.#holding = holding;
    const { region, map, kernel, stride, dilation, offset, inputs, outputs, groups } = projection;
    const [down, across] = [0, 1].map((axis) =>
      taps(region[axis], map[axis], kernel[axis], stride[axis], dilation[axis], offset[axis]),
    );
    const filled = nonZero(projection);
    this.#reach = new Float64Array(map[0] * map[1] * inputs);
    const windows = windowsOf(projection, source);
    // What lies beside an input's own map is outside, as what lies beside the population's is.
    const holds = (place: number, i: number) =>
      !holding || windows[place].some((from) => holding[from + projection.firstChannel + i] === 1);
    const held = Uint8Array.from(this.#reach, (_, k) => Number(holds(Math.floor(k / inputs), k % inputs)));
    let read = 0;
    for (const rows of down) {
      for (const [ky, y] of rows.entries()) {
        if (y < 0) continue;
        for (const columns of across) {
          for (const [kx, x] of columns.entries()) {
            if (x < 0) continue;
            const to = (y * map[1] + x) * inputs;
            const from = (ky * kernel[1] + kx) * inputs;
            for (let i = 0; i < inputs; i++) {
              this.#reach[to + i] += filled[from + i] * held[to + i];
              read += held[to + i];
            }
          }
        }
      }
    }
    this.dense = read * (outputs / groups);
  }

  /** Counts what a network's last run, of one presentation, made of it. */
  count(network: Network): Operations {
    const { source, firstChannel, inputs, map, pool } = this.#projection;
    const population = network.populations[source];
    const levels = network.levels(source);
    const holding = this.#holding;
    if (holding) for (let n = 0; n < levels.length; n++) levels[n] *= holding[n];
    const graded = population.kind === "input" && network.input.coding === "current";
    // Graded input is there at once; spikes come in the order of the bits of their levels.
    const calls = graded ? [0] : Array.from({ length: network.phases }, (_, p) => network.phases - 1 - p);
    const windows = windowsOf(this.#projection, population);
    let [macs, acs] = [0, 0];
    for (const bit of calls) {
      let operations = 0;
      let most = 0;
      for (let place = 0; place < map[0] * map[1]; place++) {
        for (let i = 0; i < inputs; i++) {
          const value = valueAt(windows[place], firstChannel + i, levels, graded ? null : bit, pool.kind);
          if (value === 0) continue;
          operations += this.#reach[place * inputs + i];
          most = Math.max(most, value);
        }
      }
      if (most > 1) macs += operations;
      else acs += operations;
    }
    return { macs, acs };
  }
}

/** Non-zero weights of each tap and input channel, over all output channels: `[KH][KW][I]`. */
function nonZero({ weights, kernel, inputs, outputs, groups }: WeightedProjection): Float64Array {
  const size = kernel[0] * kernel[1];
  const [perGroup, outputsPerGroup] = [inputs / groups, outputs / groups];
  const counts = new Float64Array(size * inputs);
  for (let o = 0; o < outputs; o++) {
    const first = Math.floor(o / outputsPerGroup) * perGroup;
    for (let tap = 0; tap < size; tap++) {
      for (let i = 0; i < perGroup; i++) {
        if (weights[(o * size + tap) * perGroup + i] !== 0) counts[tap * inputs + first + i]++;
      }
    }
  }
  return counts;
}

/** For each place of the (pooled) map the offsets, in the source, of the first channels of the neurons it covers. */
function windowsOf(
  { map, pool }: WeightedProjection,
  { height, width, channels }: { readonly height: number; readonly width: number; readonly channels: number },
): number[][] {
  const { kernel, stride, dilation, offset } = pool;
  const down = taps(map[0], height, kernel[0], stride[0], dilation[0], offset[0]);
  const across = taps(map[1], width, kernel[1], stride[1], dilation[1], offset[1]);
  return down.flatMap((rows) =>
    across.map((columns) =>
      rows.flatMap((y) => (y < 0 ? [] : columns.flatMap((x) => (x < 0 ? [] : [(y * width + x) * channels])))),
    ),
  );
}

/** What reaches the kernel from a window: of graded input the sample, else spikes at a bit of the levels. */
function valueAt(
  window: readonly number[],
  channel: number,
  levels: Uint8Array,
  bit: number | null,
  kind: "none" | "max" | "sum",
): number {
  if (bit === null) return levels[window[0] + channel];
  if (kind === "max") {
    let most = 0;
    for (const at of window) most = Math.max(most, levels[at + channel]);
    return (most >> bit) & 1;
  }
  let spikes = 0;
  for (const at of window) spikes += (levels[at + channel] >> bit) & 1;
  return spikes;
}
