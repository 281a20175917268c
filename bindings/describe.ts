/** What the core knows about populations and projections, in the API's words. */
import { type Core, Key } from "./core.ts";
import type { PopulationInfo, ProjectionInfo } from "./types.ts";

const KINDS = ["input", "bistable", "synchronous", "output"] as const;
const POOLS = ["none", "max", "sum"] as const;

export function describePopulation(core: Core, index: number): PopulationInfo {
  const field = (name: Parameters<Core["populationField"]>[1]) => core.populationField(index, name);
  return {
    index,
    name: core.text(field("name"), field("nameSize")),
    kind: KINDS[field("kind")],
    height: field("height"),
    width: field("width"),
    channels: field("channels"),
    depth: field("depth"),
  };
}

export function describeProjection(core: Core, index: number): ProjectionInfo {
  const field = (name: Parameters<Core["projectionField"]>[1]) => core.projectionField(index, name);
  const kernel = [field("kernelHeight"), field("kernelWidth")] as const;
  const weightBits = field("weightBits") as 0 | 8 | 16;
  const weights = (field("targetCount") * field("sourceCount") * kernel[0] * kernel[1]) / field("groups");
  return {
    index,
    source: field("source"),
    target: field("target"),
    kernel,
    stride: [field("strideHeight"), field("strideWidth")],
    groups: field("groups"),
    pool: POOLS[field("pool")],
    weightBits,
    weights: weightBits ? weights : 0,
    synapses: core.exports.synapses(index),
  };
}

export function describeLabels(core: Core): string[] {
  return Array.from({ length: core.exports.keyCount(Key.labels) }, (_, i) => {
    const label = core.exports.label(i) >>> 0;
    const length = new DataView(core.exports.memory.buffer).getUint32(label, true);
    return core.text(label + 8, length);
  });
}
