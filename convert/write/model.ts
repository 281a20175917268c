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
 * Serialises a network as a model file (docs/format.md). It writes what it is given: the arithmetic rules are proved by
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
  const column = (key: string, of: (p: Projection) => readonly number[], type: Value["type"] = "u32") =>
    array(
      `bsnn.projection.${key}`,
      type,
      projections.flatMap((p) => [...of(p)]),
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

  column("source", (p) => [p.source]);
  column("target", (p) => [p.target]);
  column("source_channels", (p) => p.sourceChannels);
  column("target_channels", (p) => p.targetChannels);
  column("region", (p) => p.region);
  column("pool", (p) => [POOL_KINDS.indexOf((p.pool ?? NO_POOL).kind)]);
  column("pool_size", (p) => (p.pool ?? NO_POOL).size);
  column("pool_kernel", (p) => (p.pool ?? NO_POOL).kernel);
  column("pool_stride", (p) => (p.pool ?? NO_POOL).stride);
  column("pool_dilation", (p) => (p.pool ?? NO_POOL).dilation);
  column("pool_offset", (p) => (p.pool ?? NO_POOL).offset, "i32");
  column("kernel", (p) => p.kernel);
  column("stride", (p) => p.stride);
  column("dilation", (p) => p.dilation);
  column("offset", (p) => p.offset, "i32");
  column("groups", (p) => [p.groups]);
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
  projections.forEach((p, j) => {
    if (populations[p.target].kind === "synchronous") return;
    const shape = [p.targetChannels[1], p.kernel[0], p.kernel[1], p.sourceChannels[1] / p.groups];
    list.push({ name: `projection.${j}.weight`, shape, data: p.weight });
  });
  return list;
}
