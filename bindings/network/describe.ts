/** What the core knows about populations and projections, in the API's words. */

import { BsnnError } from "../error.ts";
import type { PopulationInfo, ProjectionInfo } from "../types.ts";
import { type Core, Key } from "./core.ts";

const KINDS = ["input", "bistable", "synchronous", "output"] as const;
const POOLS = ["none", "max", "sum"] as const;

/** @param index in 0…populationCount − 1; not checked */
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

/** @param index in 0…projectionCount − 1; not checked */
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

/**
 * The labels of the classes, none where the file has none.
 * @param classes values of the first output
 * @throws BsnnError `bad-model` where there are labels, but not one for each
 */
export function describeLabels(core: Core, classes: number): string[] {
  const count = core.exports.keyCount(Key.labels);
  if (core.exports.keyPointer(Key.labels) && count !== classes) {
    const needed = `must have ${classes} elements, one per value of the first output`;
    throw new BsnnError("bad-model", `key 'bsnn.labels' ${needed}, found ${count}`);
  }
  return Array.from({ length: count }, (_, i) => {
    const label = core.exports.label(i) >>> 0;
    const length = new DataView(core.exports.memory.buffer).getUint32(label, true);
    return core.text(label + 8, length);
  });
}
