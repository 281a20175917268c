/** What the core knows about populations and projections, in the API's words. */

import { Key, KeyName, KINDS, POOLS, PopulationField, ProjectionField } from "../../layout/layout.ts";
import { BsnnError } from "../error.ts";
import type { PopulationInfo, ProjectionInfo } from "../types.ts";
import type { Core } from "./core.ts";
import { countSynapses } from "./synapses.ts";

/** @param index in 0…populationCount − 1; not checked */
export function describePopulation(core: Core, index: number): PopulationInfo {
  const field = (which: PopulationField) => core.populationField(index, which);
  return {
    index,
    name: core.text(field(PopulationField.name), field(PopulationField.nameSize)),
    kind: KINDS[field(PopulationField.kind)],
    height: field(PopulationField.height),
    width: field(PopulationField.width),
    channels: field(PopulationField.channels),
    depth: field(PopulationField.depth),
  };
}

/** @param index in 0…projectionCount − 1; not checked */
export function describeProjection(core: Core, index: number): ProjectionInfo {
  const field = (which: ProjectionField) => core.projectionField(index, which);
  const kernel = [field(ProjectionField.kernelH), field(ProjectionField.kernelW)] as const;
  const weightBits = field(ProjectionField.weightBits) as 0 | 8 | 16;
  const weights =
    (field(ProjectionField.targetCount) * field(ProjectionField.sourceCount) * kernel[0] * kernel[1]) /
    field(ProjectionField.groups);
  return {
    index,
    source: field(ProjectionField.source),
    target: field(ProjectionField.target),
    kernel,
    stride: [field(ProjectionField.strideH), field(ProjectionField.strideW)],
    groups: field(ProjectionField.groups),
    pool: POOLS[field(ProjectionField.pool)],
    weightBits,
    weights: weightBits ? weights : 0,
    synapses: countSynapses(core, index),
  };
}

/**
 * The labels of the classes, none where the file has none.
 * @param classes values of the first output
 * @param order which class each value is, channels last, as the file's labels are; null where they are in order
 * @throws BsnnError `bad-model` where there are labels, but not one for each
 */
export function describeLabels(core: Core, classes: number, order: Uint32Array | null): string[] {
  const count = core.exports.keyCount(Key.labels);
  if (core.exports.keyPointer(Key.labels) && count !== classes) {
    const needed = `must have ${classes} elements, one per value of the first output`;
    throw new BsnnError("bad-model", `key '${KeyName.labels}' ${needed}, found ${count}`);
  }
  const labels = new Array<string>(count);
  for (let i = 0; i < count; i++) {
    const label = core.exports.label(i) >>> 0;
    const length = new DataView(core.exports.memory.buffer).getUint32(label, true);
    labels[order ? order[i] : i] = core.text(label + 8, length);
  }
  return labels;
}
