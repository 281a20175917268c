/** Who speaks to a neuron: its windows in its sources, its synapses, and the sum that they bring. */

import { type Model, type Place, type Projection, placeOf } from "./model.ts";

/** A rectangle of positions in a source, with the channels that are read. */
export interface Field {
  readonly projection: number;
  readonly source: number;
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
  readonly firstChannel: number;
  readonly channels: number;
}

/** A synapse, after pooling: the neurons it reads (one without pooling), and its weight. */
export interface Synapse {
  readonly projection: number;
  /** Flat indices in the source; empty outside the image, where an input population gives its zero point. */
  readonly from: readonly number[];
  readonly channel: number;
  readonly weight: number;
  /** Tap of the kernel. */
  readonly ky: number;
  readonly kx: number;
}

/** The projections that reach a neuron. */
export function reaching(model: Model, population: number, { y, x, c }: Place): Projection[] {
  return model.projections.filter(({ target, region, targetChannels: [first, count] }) => {
    if (target !== population || c < first || c >= first + count) return false;
    return y >= region.top && y < region.top + region.height && x >= region.left && x < region.left + region.width;
  });
}

/** First place of a window, and how far it stretches, along one axis. */
function extent(at: number, stride: number, kernel: number, dilation: number, offset: number): [number, number] {
  return [at * stride - offset, (kernel - 1) * dilation + 1];
}

/** The windows of a neuron in its sources, cut at the borders. */
export function fieldsOf(model: Model, population: number, neuron: number): Field[] {
  const place = placeOf(model.populations[population], neuron);
  return reaching(model, population, place).map((q) => {
    const source = model.populations[q.source];
    const size = [source.height, source.width] as const;
    const at = [place.y - q.region.top, place.x - q.region.left] as const;
    const [rows, columns] = ([0, 1] as const).map((axis) => {
      let [start, length] = extent(at[axis], q.stride[axis], q.kernel[axis], q.dilation[axis], q.offset[axis]);
      if (q.pool) {
        const { stride, kernel, dilation, offset } = q.pool;
        const [first] = extent(start, stride[axis], kernel[axis], dilation[axis], offset[axis]);
        const [last, reach] = extent(start + length - 1, stride[axis], kernel[axis], dilation[axis], offset[axis]);
        start = first;
        length = last + reach - first;
      }
      const end = Math.min(size[axis], start + length);
      start = Math.max(0, start);
      return [start, Math.max(0, end - start)] as const;
    });
    const { first, count } = channelsRead(q, place.c);
    return {
      projection: q.index,
      source: q.source,
      top: rows[0],
      left: columns[0],
      height: rows[1],
      width: columns[1],
      firstChannel: first,
      channels: count,
    };
  });
}

/** The source's channels that a target's channel reads. */
function channelsRead(q: Projection, c: number): { first: number; count: number } {
  if (q.weight === null) return { first: c, count: 1 };
  const perGroup = q.sourceChannels[1] / q.groups;
  const group = Math.floor((c - q.targetChannels[0]) / (q.targetChannels[1] / q.groups));
  return { first: q.sourceChannels[0] + group * perGroup, count: perGroup };
}

/** Weights of a neuron's channel in one projection, `[KH][KW][I]`; null for a relay. */
export function kernelOf(q: Projection, c: number): Int8Array | Int16Array | null {
  if (q.weight === null) return null;
  const size = (q.kernel[0] * q.kernel[1] * q.sourceChannels[1]) / q.groups;
  const o = c - q.targetChannels[0];
  return q.weight.subarray(o * size, (o + 1) * size);
}

/** All synapses of a neuron. */
export function synapsesOf(model: Model, population: number, neuron: number): Synapse[] {
  const place = placeOf(model.populations[population], neuron);
  return reaching(model, population, place).flatMap((q): Synapse[] => {
    const source = model.populations[q.source];
    const weights = kernelOf(q, place.c);
    if (!weights) return [{ projection: q.index, from: [neuron], channel: place.c, weight: 1, ky: 0, kx: 0 }];
    const { first, count } = channelsRead(q, place.c);
    const [height, width] = q.pool ? q.pool.size : [source.height, source.width];
    const found: Synapse[] = [];
    for (let ky = 0, w = 0; ky < q.kernel[0]; ky++) {
      const y = (place.y - q.region.top) * q.stride[0] + ky * q.dilation[0] - q.offset[0];
      for (let kx = 0; kx < q.kernel[1]; kx++) {
        const x = (place.x - q.region.left) * q.stride[1] + kx * q.dilation[1] - q.offset[1];
        const inside = y >= 0 && y < height && x >= 0 && x < width;
        for (let i = 0; i < count; i++, w++) {
          if (!inside && source.kind !== "input") continue;
          const channel = first + i;
          const from = inside ? neuronsAt(q, source, y, x, channel) : [];
          found.push({ projection: q.index, from, channel, weight: weights[w], ky, kx });
        }
      }
    }
    return found;
  });
}

/** The neurons that a place of the (pooled) map stands for. */
function neuronsAt(
  q: Projection,
  source: { height: number; width: number; channels: number },
  y: number,
  x: number,
  c: number,
): number[] {
  const index = (row: number, column: number) => (row * source.width + column) * source.channels + c;
  if (!q.pool) return [index(y, x)];
  const { kernel, stride, dilation, offset } = q.pool;
  const found: number[] = [];
  for (let ky = 0; ky < kernel[0]; ky++) {
    const row = y * stride[0] + ky * dilation[0] - offset[0];
    if (row < 0 || row >= source.height) continue;
    for (let kx = 0; kx < kernel[1]; kx++) {
      const column = x * stride[1] + kx * dilation[1] - offset[1];
      if (column >= 0 && column < source.width) found.push(index(row, column));
    }
  }
  return found;
}

/** What a synapse brings in a period: its weight times the level (largest or sum of those pooled) that it reads. */
export function broughtBy(
  model: Model,
  { projection, from, channel, weight }: Synapse,
  levels: readonly Uint8Array[],
): number {
  const q = model.projections[projection];
  const source = levels[q.source];
  if (from.length === 0) {
    if (model.populations[q.source].kind !== "input") return 0;
    const zero = model.zeroPoint[channel];
    return weight * (model.coding === "phase" ? zero >> (8 - model.phases) : zero);
  }
  let level = 0;
  for (const neuron of from) {
    level = q.pool?.kind === "sum" ? level + source[neuron] : Math.max(level, source[neuron]);
  }
  const cut = q.weight === null ? Math.min(level, 2 ** model.phases - 1) : level;
  return weight * cut;
}
