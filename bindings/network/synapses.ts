/** Counts the synapses of a projection, border-exact, in time linear in its map and its kernel. */
import { KINDS, POOLS, PopulationField, ProjectionField } from "../../layout/layout.ts";
import type { Core } from "./core.ts";

/** Windows along an axis: `count` of them over places 0…size − 1. */
interface Axis {
  readonly count: number;
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly offset: number;
}

/** Taps of one window that lie on the map. */
function tapsOn({ size, kernel, stride, dilation, offset }: Axis, window: number): number {
  const start = window * stride - offset;
  const first = Math.max(0, Math.ceil(-start / dilation));
  const last = Math.min(kernel - 1, Math.floor((size - 1 - start) / dilation));
  return Math.max(0, last - first + 1);
}

/**
 * Pairs of a window and a tap that meet a place of the map, over all places; where those are windows of a sum pooling, each as
 * often as it has taps on what is pooled.
 */
function pairs({ count, size, kernel, stride, dilation, offset }: Axis, pooling: Axis | null): number {
  let total = 0;
  // Taps a stride apart meet the same places: of each such set, those that belong to a window follow each other.
  for (let tap = 0; tap < Math.min(kernel, stride); tap++) {
    const start = tap * dilation - offset;
    const most = Math.floor((kernel - 1 - tap) / stride);
    let window = Math.max(0, Math.ceil(-start / stride));
    for (let place = start + window * stride; place < size; place += stride, window++) {
      const first = window < count ? 0 : Math.floor((window - count) / dilation) + 1;
      if (first > most) break;
      const last = Math.min(most, Math.floor(window / dilation));
      if (last >= first) total += (last - first + 1) * (pooling ? tapsOn(pooling, place) : 1);
    }
  }
  return total;
}

/**
 * Operations of a projection if every neuron, after a max pooling, spiked once.
 * @param index of the projection; not checked
 */
export function countSynapses(core: Core, index: number): number {
  const field = (which: ProjectionField) => core.projectionField(index, which);
  const source = field(ProjectionField.source);
  const sourceField = (which: PopulationField) => core.populationField(source, which);
  const height = sourceField(PopulationField.height);
  const width = sourceField(PopulationField.width);
  const target = core.populationField(field(ProjectionField.target), PopulationField.kind);
  if (KINDS[target] === "synchronous") return height * width * sourceField(PopulationField.channels);
  const pool = POOLS[field(ProjectionField.pool)];
  /** The fields of an axis; those across follow those down. */
  const along = (across: 0 | 1, size: number): number => {
    const pooling: Axis = {
      count: field(ProjectionField.poolHeight + across),
      size,
      kernel: field(ProjectionField.poolKernelH + across),
      stride: field(ProjectionField.poolStrideH + across),
      dilation: field(ProjectionField.poolDilationH + across),
      offset: field(ProjectionField.poolOffsetH + across) | 0,
    };
    const windows: Axis = {
      count: field(ProjectionField.height + across),
      size: pool === "none" ? size : pooling.count,
      kernel: field(ProjectionField.kernelH + across),
      stride: field(ProjectionField.strideH + across),
      dilation: field(ProjectionField.dilationH + across),
      offset: field(ProjectionField.offsetH + across) | 0,
    };
    return pairs(windows, pool === "sum" ? pooling : null);
  };
  const channels =
    field(ProjectionField.sourceCount) * (field(ProjectionField.targetCount) / field(ProjectionField.groups));
  // The product may be beyond what doubles hold exactly.
  return Number(BigInt(along(0, height)) * BigInt(along(1, width)) * BigInt(channels));
}
