/** Serialises networks as model files (docs/format.md). */

import type { QuantizedNetwork } from "../network/network.ts";
import type { PopulationKind, Projection } from "../wiring.ts";
import { type Tensor, type Value, writeGguf } from "./gguf.ts";

const KINDS: readonly PopulationKind[] = ["input", "bistable", "synchronous", "output"];

const NO_POOL = {
  kind: "none",
  size: [0, 0],
  kernel: [1, 1],
  stride: [1, 1],
  dilation: [1, 1],
  offset: [0, 0],
} as const;
const POOL_KINDS = ["none", "max", "sum"];

/**
 * The bytes of a network's model file. It writes what it is given: the arithmetic rules are proved by
 * `convert/quantize` before and checked again by the core on load.
 */
export function writeModel(network: QuantizedNetwork): Uint8Array {
  return writeGguf(keys(network), tensors(network));
}

function keys(network: QuantizedNetwork): Map<string, Value> {
  const { populations, projections } = network;
  const map = new Map<string, Value>();
  const scalar = (key: string, type: Value["type"], value: number | string | boolean) => map.set(key, { type, value });
  const array = (key: string, type: Value["type"], values: readonly (number | string)[]) =>
    map.set(key, { type, values });
  const column = (key: string, of: (q: Projection) => readonly number[], type: Value["type"] = "u32") =>
    array(
      `bsnn.projection.${key}`,
      type,
      projections.flatMap((q) => [...of(q)]),
    );

  scalar("general.architecture", "string", "bsnn");
  scalar("general.name", "string", network.name);
  scalar("general.alignment", "u32", 32);
  scalar("bsnn.version", "u32", 1);
  scalar("bsnn.phases", "u32", network.phases);
  scalar("bsnn.input.coding", "string", network.coding);
  array("bsnn.input.zero_point", "u32", [...network.zeroPoint]);
  if (network.range) array("bsnn.input.range", "f64", network.range);
  if (network.signed) scalar("bsnn.input.signed", "bool", true);
  if (network.preprocessing) {
    const { scale, mean, std, channelOrder } = network.preprocessing;
    scalar("bsnn.preprocess.scale", "f64", scale);
    array("bsnn.preprocess.mean", "f64", mean);
    array("bsnn.preprocess.std", "f64", std);
    scalar("bsnn.preprocess.channel_order", "string", channelOrder);
  }
  if (network.labels) array("bsnn.labels", "string", network.labels);
  scalar("bsnn.ann.macs", "u64", network.macs);

  array(
    "bsnn.population.name",
    "string",
    populations.map((p) => p.name),
  );
  array(
    "bsnn.population.kind",
    "u32",
    populations.map((p) => KINDS.indexOf(p.kind)),
  );
  for (const key of ["height", "width", "channels", "depth"] as const) {
    array(
      `bsnn.population.${key}`,
      "u32",
      populations.map((p) => p[key]),
    );
  }

  column("source", (q) => [q.source]);
  column("target", (q) => [q.target]);
  column("source_channels", (q) => q.sourceChannels);
  column("target_channels", (q) => q.targetChannels);
  column("region", (q) => q.region);
  column("pool", (q) => [POOL_KINDS.indexOf((q.pool ?? NO_POOL).kind)]);
  column("pool_size", (q) => (q.pool ?? NO_POOL).size);
  column("pool_kernel", (q) => (q.pool ?? NO_POOL).kernel);
  column("pool_stride", (q) => (q.pool ?? NO_POOL).stride);
  column("pool_dilation", (q) => (q.pool ?? NO_POOL).dilation);
  column("pool_offset", (q) => (q.pool ?? NO_POOL).offset, "i32");
  column("kernel", (q) => q.kernel);
  column("stride", (q) => q.stride);
  column("dilation", (q) => q.dilation);
  column("offset", (q) => q.offset, "i32");
  column("groups", (q) => [q.groups]);
  return map;
}

function tensors({ populations, projections }: QuantizedNetwork): Tensor[] {
  const list: Tensor[] = [];
  populations.forEach((p, i) => {
    if (p.kind !== "bistable" && p.kind !== "output") return;
    const map = p.bias.length === p.channels ? [p.channels] : [p.height, p.width, p.channels];
    list.push({ name: `population.${i}.bias`, shape: map, data: p.bias });
    if (p.kind === "bistable") {
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
