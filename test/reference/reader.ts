/** Turns a model file into plain objects, as docs/format.md describes it. Trusts the file: the core is what must not. */

import { elementSize, readContainer, type Scalar, TensorType } from "./container.ts";

export interface Population {
  name: string;
  kind: "input" | "bistable" | "synchronous" | "output";
  height: number;
  width: number;
  channels: number;
  depth: number;
  /** Bias of every neuron, H×W×C: a bias per channel is spread over the map. Zero where the file has none. */
  bias: number[];
  /** Initial potential v₀ per channel; 0 but for bistable populations. */
  initial: number[];
  /** Threshold shift s per channel; 0 but for bistable populations. */
  shift: number[];
  /** ANN units per unit of potential, per channel; empty for input and synchronous populations. */
  unit: number[];
}

export interface Window {
  kernel: [number, number];
  stride: [number, number];
  dilation: [number, number];
  offset: [number, number];
}

export interface Projection extends Window {
  source: number;
  target: number;
  /** First channel and count. */
  sourceChannels: [number, number];
  targetChannels: [number, number];
  region: { top: number; left: number; height: number; width: number };
  pool: (Window & { kind: "max" | "sum"; size: [number, number] }) | null;
  groups: number;
  /** `[O][KH][KW][I/groups]`, flat; null into a synchronous population. */
  weight: number[] | null;
}

export interface Model {
  /** K, steps in a period. */
  phases: number;
  coding: "current" | "phase";
  /** Sample read outside the image, per channel. */
  zeroPoint: number[];
  populations: Population[];
  projections: Projection[];
}

const KINDS = ["input", "bistable", "synchronous", "output"] as const;
const POOLS = [null, "max", "sum"] as const;

/** Reads the bytes of a model file. */
export function readModel(bytes: Uint8Array): Model {
  const { keys, tensors } = readContainer(bytes);

  const value = (key: string) => {
    const entry = keys.get(key);
    if (entry === undefined) throw new Error(`key ${key} is missing`);
    return entry.value;
  };
  const column = (key: string) => value(key) as Scalar[];
  const numbers = (key: string) => column(key) as number[];
  const pair = (key: string, index: number): [number, number] => [numbers(key)[2 * index], numbers(key)[2 * index + 1]];
  const tensor = (name: string): number[] => {
    const found = tensors.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`tensor ${name} is missing`);
    const view = new DataView(found.data.buffer, found.data.byteOffset, found.data.byteLength);
    const size = elementSize(found.type);
    return Array.from({ length: found.data.length / size }, (_, i) => {
      if (found.type === TensorType.i8) return view.getInt8(i);
      if (found.type === TensorType.i16) return view.getInt16(i * size, true);
      if (found.type === TensorType.i32) return view.getInt32(i * size, true);
      return view.getFloat32(i * size, true);
    });
  };

  if (value("general.architecture") !== "bsnn" || value("bsnn.version") !== 1) throw new Error("not a bsnn model");

  const populations = column("bsnn.population.name").map((name, i): Population => {
    const kind = KINDS[numbers("bsnn.population.kind")[i]];
    const height = numbers("bsnn.population.height")[i];
    const width = numbers("bsnn.population.width")[i];
    const channels = numbers("bsnn.population.channels")[i];
    const neurons = height * width * channels;
    const zeros = () => new Array<number>(channels).fill(0);
    const bistable = kind === "bistable";
    const integrates = bistable || kind === "output";
    const bias = integrates ? tensor(`population.${i}.bias`) : zeros();
    return {
      name: String(name),
      kind,
      height,
      width,
      channels,
      depth: numbers("bsnn.population.depth")[i],
      // A map already has one entry per neuron, and then n % bias.length is n.
      bias: Array.from({ length: neurons }, (_, n) => bias[n % bias.length]),
      initial: bistable ? tensor(`population.${i}.initial`) : zeros(),
      shift: bistable ? tensor(`population.${i}.shift`) : zeros(),
      unit: integrates ? tensor(`population.${i}.unit`) : [],
    };
  });

  const projections = numbers("bsnn.projection.source").map((source, j): Projection => {
    const target = numbers("bsnn.projection.target")[j];
    const [top, left, height, width] = numbers("bsnn.projection.region").slice(4 * j, 4 * j + 4);
    const pool = POOLS[numbers("bsnn.projection.pool")[j]];
    return {
      source,
      target,
      sourceChannels: pair("bsnn.projection.source_channels", j),
      targetChannels: pair("bsnn.projection.target_channels", j),
      region: { top, left, height, width },
      pool:
        pool === null
          ? null
          : {
              kind: pool,
              size: pair("bsnn.projection.pool_size", j),
              kernel: pair("bsnn.projection.pool_kernel", j),
              stride: pair("bsnn.projection.pool_stride", j),
              dilation: pair("bsnn.projection.pool_dilation", j),
              offset: pair("bsnn.projection.pool_offset", j),
            },
      kernel: pair("bsnn.projection.kernel", j),
      stride: pair("bsnn.projection.stride", j),
      dilation: pair("bsnn.projection.dilation", j),
      offset: pair("bsnn.projection.offset", j),
      groups: numbers("bsnn.projection.groups")[j],
      weight: populations[target].kind === "synchronous" ? null : tensor(`projection.${j}.weight`),
    };
  });

  return {
    phases: value("bsnn.phases") as number,
    coding: value("bsnn.input.coding") as Model["coding"],
    zeroPoint: numbers("bsnn.input.zero_point"),
    populations,
    projections,
  };
}
