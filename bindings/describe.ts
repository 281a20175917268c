/** What the core knows about populations and projections, in the API's words. */
import type { Core } from "./core.ts";
import type { PopulationInfo, ProjectionInfo } from "./types.ts";

const KINDS = ["input", "bistable", "synchronous", "output"] as const;
const POOLS = ["none", "max", "sum"] as const;

export function describePopulation(core: Core, index: number): PopulationInfo {
  const { exports } = core;
  return {
    index,
    name: core.text(exports.populationNamePointer(index), exports.populationNameLength(index)),
    kind: KINDS[exports.populationKind(index)],
    height: exports.populationHeight(index),
    width: exports.populationWidth(index),
    channels: exports.populationChannels(index),
    depth: exports.populationDepth(index),
  };
}

export function describeProjection(core: Core, index: number): ProjectionInfo {
  const { exports } = core;
  return {
    index,
    source: exports.projectionSource(index),
    target: exports.projectionTarget(index),
    kernel: [exports.projectionKernelHeight(index), exports.projectionKernelWidth(index)],
    stride: [exports.projectionStrideHeight(index), exports.projectionStrideWidth(index)],
    groups: exports.projectionGroups(index),
    pool: POOLS[exports.projectionPool(index)],
    weightBits: exports.projectionWeightBits(index) as 0 | 8 | 16,
    weights: exports.projectionWeights(index),
    synapses: exports.synapses(index),
  };
}
