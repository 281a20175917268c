/** Networks written down by hand: whatever is not said is the plainest there is. */

import type { QuantizedNetwork, QuantizedPopulation, QuantizedProjection } from "../../convert/network/network.ts";
import type { PopulationKind } from "../../convert/wiring.ts";

type Shape = readonly [height: number, width: number, channels: number];

interface Neurons {
  bias?: number[];
  initial?: number[];
  shift?: number[];
  unit?: number[];
}

/** A population; bias, initial potential and shift default to 0, unit to 1, for every channel. */
export function population(
  kind: PopulationKind,
  [height, width, channels]: Shape,
  depth: number,
  { bias, initial, shift, unit }: Neurons = {},
): QuantizedPopulation {
  const weighted = kind !== "input" && kind !== "synchronous";
  const thresholds = weighted && kind !== "output";
  const fill = (given: number[] | undefined, wanted: boolean, value: number) =>
    given ?? new Array<number>(wanted ? channels : 0).fill(value);
  return {
    name: `${kind} ${depth}`,
    kind,
    height,
    width,
    channels,
    depth,
    view: null,
    signed: false,
    ceiling: Number.POSITIVE_INFINITY,
    bias: Int32Array.from(fill(bias, weighted, 0)),
    initial: Int32Array.from(fill(initial, thresholds, 0)),
    shift: Int8Array.from(fill(shift, thresholds, 0)),
    unit: Float32Array.from(fill(unit, weighted, 1)),
  };
}

type Synapses = Pick<QuantizedProjection, "source" | "target" | "sourceChannels" | "targetChannels" | "region"> &
  Partial<QuantizedProjection>;

/** A projection; the kernel defaults to 1×1, slides by 1, nothing pooled, one group, no weights. */
export function projection(synapses: Synapses): QuantizedProjection {
  return {
    pool: null,
    kernel: [1, 1],
    stride: [1, 1],
    dilation: [1, 1],
    offset: [0, 0],
    groups: 1,
    weight: new Int8Array(0),
    ...synapses,
  };
}

/** A projection of weight 1, neuron to neuron. */
export function repeat(source: number, target: number, [height, width, channels]: Shape): QuantizedProjection {
  return projection({
    source,
    target,
    sourceChannels: [0, channels],
    targetChannels: [0, channels],
    region: [0, 0, height, width],
    groups: channels,
    weight: new Int8Array(channels).fill(1),
  });
}

/** A network of given parts; phase-coded, zero points 0. */
export function network(
  phases: number,
  populations: QuantizedPopulation[],
  projections: QuantizedProjection[],
  more: Partial<QuantizedNetwork> = {},
): QuantizedNetwork {
  const zeroPoint = new Uint8Array(populations[0].channels);
  return { name: "by hand", phases, coding: "phase", zeroPoint, populations, projections, macs: 0, ...more };
}
