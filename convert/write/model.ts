/** Serialises networks as model files (docs/format.md). */

import { KeyName, KINDS, POOLS } from "../../layout/layout.ts";
import type { QuantizedNetwork } from "../network/network.ts";
import type { Projection } from "../wiring.ts";
import { stateChecksum } from "./checksum.ts";
import { type Tensor, type Value, writeGguf } from "./gguf.ts";
import { outputNumbers } from "./outputs.ts";

const NO_POOL = {
  kind: "none",
  size: [0, 0],
  kernel: [1, 1],
  stride: [1, 1],
  dilation: [1, 1],
  offset: [0, 0],
} as const;

/** In place of the range of an image. */
const NO_RANGE = [0, 0] as const;

/**
 * The bytes of a network's model file, which states its checksum. It writes what it is given: the arithmetic rules are proved by
 * `convert/quantize` before and checked again by the core on load.
 */
export function writeModel(network: QuantizedNetwork): Uint8Array {
  const file = writeGguf(keys(network), tensors(network));
  stateChecksum(file);
  return file;
}

function keys(network: QuantizedNetwork): Map<string, Value> {
  const { populations, projections } = network;
  const map = new Map<string, Value>();
  const scalar = (key: KeyName, type: Value["type"], value: number | string | boolean) => map.set(key, { type, value });
  const array = (key: KeyName, type: Value["type"], values: readonly (number | string)[]) =>
    map.set(key, { type, values });
  const column = (key: KeyName, of: (q: Projection) => readonly number[], type: Value["type"] = "u32") =>
    array(
      key,
      type,
      projections.flatMap((q) => [...of(q)]),
    );

  // First, so that whoever looks for it finds it soon; the file's sum takes this place.
  scalar(KeyName.checksum, "u64", 0);
  scalar(KeyName.architecture, "string", "bsnn");
  scalar(KeyName.name, "string", network.name);
  scalar(KeyName.alignment, "u32", 32);
  scalar(KeyName.version, "u32", 1);
  scalar(KeyName.phases, "u32", network.phases);
  scalar(KeyName.coding, "string", network.coding);
  array(KeyName.zeroPoint, "u32", [...network.zeroPoint]);
  if (network.range) array(KeyName.range, "f64", network.range);
  if (network.signed) scalar(KeyName.signed, "bool", true);
  if (network.inputs) {
    const { inputs } = network;
    array(
      KeyName.inputsName,
      "string",
      inputs.map(({ name }) => name),
    );
    array(
      KeyName.inputsPlace,
      "u32",
      inputs.flatMap((o) => [o.height, o.width, o.channels, o.first, o.each, Number(o.signed)]),
    );
    array(
      KeyName.inputsRange,
      "f64",
      inputs.flatMap(({ range }) => range ?? NO_RANGE),
    );
  }
  if (network.preprocessing) {
    const { scale, mean, std, channelOrder } = network.preprocessing;
    scalar(KeyName.scale, "f64", scale);
    array(KeyName.mean, "f64", mean);
    array(KeyName.std, "f64", std);
    scalar(KeyName.channelOrder, "string", channelOrder);
  }
  if (network.fit) scalar(KeyName.fit, "string", network.fit);
  const outputs = outputNumbers(populations.filter(({ kind }) => kind === "output"));
  if (outputs.shape.length > 0) array(KeyName.outputShape, "u32", outputs.shape);
  if (outputs.place.length > 0) array(KeyName.outputPlace, "u32", outputs.place);
  if (network.labels) array(KeyName.labels, "string", network.labels);
  scalar(KeyName.macs, "u64", network.macs);
  if (network.schedules) {
    const { exact, close, fast } = network.schedules;
    const all = [exact, close, fast];
    array(
      KeyName.earlyCorrections,
      "u32",
      all.map(({ corrections }) => corrections),
    );
    array(
      KeyName.earlyDelays,
      "u32",
      all.flatMap(({ delays }) => delays),
    );
    array(
      KeyName.earlyShares,
      "u32",
      all.flatMap(({ shares }) => shares),
    );
  }

  array(
    KeyName.populationName,
    "string",
    populations.map((p) => p.name),
  );
  array(
    KeyName.kind,
    "u32",
    populations.map((p) => KINDS.indexOf(p.kind)),
  );
  const sizes = [
    [KeyName.height, "height"],
    [KeyName.width, "width"],
    [KeyName.channels, "channels"],
    [KeyName.depth, "depth"],
  ] as const;
  for (const [key, size] of sizes) {
    array(
      key,
      "u32",
      populations.map((p) => p[size]),
    );
  }

  column(KeyName.source, (q) => [q.source]);
  column(KeyName.target, (q) => [q.target]);
  column(KeyName.sourceChannels, (q) => q.sourceChannels);
  column(KeyName.targetChannels, (q) => q.targetChannels);
  column(KeyName.region, (q) => q.region);
  column(KeyName.pool, (q) => [POOLS.indexOf((q.pool ?? NO_POOL).kind)]);
  column(KeyName.poolSize, (q) => (q.pool ?? NO_POOL).size);
  column(KeyName.poolKernel, (q) => (q.pool ?? NO_POOL).kernel);
  column(KeyName.poolStride, (q) => (q.pool ?? NO_POOL).stride);
  column(KeyName.poolDilation, (q) => (q.pool ?? NO_POOL).dilation);
  column(KeyName.poolOffset, (q) => (q.pool ?? NO_POOL).offset, "i32");
  column(KeyName.kernel, (q) => q.kernel);
  column(KeyName.stride, (q) => q.stride);
  column(KeyName.dilation, (q) => q.dilation);
  column(KeyName.offset, (q) => q.offset, "i32");
  column(KeyName.groups, (q) => [q.groups]);
  return map;
}

function tensors({ populations, projections }: QuantizedNetwork): Tensor[] {
  const list: Tensor[] = [];
  populations.forEach((p, i) => {
    if (p.kind === "input" || p.kind === "synchronous") return;
    const map = p.bias.length === p.channels ? [p.channels] : [p.height, p.width, p.channels];
    list.push({ name: `population.${i}.bias`, shape: map, data: p.bias });
    if (p.kind !== "output") {
      list.push({ name: `population.${i}.initial`, shape: [p.channels], data: p.initial });
      list.push({ name: `population.${i}.shift`, shape: [p.channels], data: p.shift });
    }
    list.push({ name: `population.${i}.unit`, shape: [p.channels], data: p.unit });
  });
  projections.forEach((q, j) => {
    if (populations[q.target].kind === "synchronous") return;
    const shape = [q.targetChannels[1], q.kernel[0], q.kernel[1], q.sourceChannels[1] / q.groups];
    list.push({ name: `projection.${j}.weight`, shape, data: q.weight });
  });
  return list;
}
