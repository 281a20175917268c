/** What a model file holds, as the inspector and the formation of levels need it. */

import { KINDS, POOLS } from "../../../../../layout/layout.ts";
import { readContainer, type Tensor, TensorType, type Value } from "./container.ts";

export type Pair = readonly [number, number];
export type Kind = (typeof KINDS)[number];

export interface Population {
  readonly index: number;
  readonly name: string;
  readonly kind: Kind;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly depth: number;
  /** Per channel, or per neuron (H×W×C); empty where the kind has none, as are those that follow. */
  readonly bias: Int32Array;
  /** Per channel: initial potential, threshold shift, ANN units per unit of potential. */
  readonly initial: Int32Array;
  readonly shift: Int8Array;
  readonly unit: Float32Array;
}

export interface Window {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly offset: Pair;
}

export interface Projection extends Window {
  readonly index: number;
  readonly source: number;
  readonly target: number;
  /** First channel and count. */
  readonly sourceChannels: Pair;
  readonly targetChannels: Pair;
  readonly region: { readonly top: number; readonly left: number; readonly height: number; readonly width: number };
  readonly pool: (Window & { readonly kind: "max" | "sum"; readonly size: Pair }) | null;
  readonly groups: number;
  /** `[O][KH][KW][I/groups]`; null into a synchronous population. */
  readonly weight: Int8Array | Int16Array | null;
}

export interface Model {
  readonly phases: number;
  readonly coding: "current" | "phase";
  /** Sample read outside the image, per channel. */
  readonly zeroPoint: readonly number[];
  readonly populations: readonly Population[];
  readonly projections: readonly Projection[];
}

const NONE = { i32: new Int32Array(), i8: new Int8Array(), f32: new Float32Array() };

/**
 * Reads the bytes of a model file that the core has accepted.
 * @throws Error where it takes several inputs
 */
export function readModel(file: Uint8Array): Model {
  const { keys, tensors } = readContainer(file);
  const inputs = keys.get("bsnn.inputs.name") as readonly Value[] | undefined;
  if (inputs) {
    const names = inputs.map((name) => `'${name}'`).join(", ");
    throw new Error(`the model has the inputs ${names}; here models of one are supported`);
  }
  const column = (key: string) => keys.get(key) as readonly Value[];
  const numbers = (key: string) => column(key) as readonly number[];
  const pair = (key: string, i: number): Pair => [numbers(key)[2 * i], numbers(key)[2 * i + 1]];
  const data = (name: string) => elements(file, tensors.get(name)!);

  const populations = column("bsnn.population.name").map((name, i): Population => {
    const kind = KINDS[numbers("bsnn.population.kind")[i]];
    const bistable = kind === "bistable";
    const integrates = bistable || kind === "output";
    return {
      index: i,
      name: String(name),
      kind,
      height: numbers("bsnn.population.height")[i],
      width: numbers("bsnn.population.width")[i],
      channels: numbers("bsnn.population.channels")[i],
      depth: numbers("bsnn.population.depth")[i],
      bias: integrates ? (data(`population.${i}.bias`) as Int32Array) : NONE.i32,
      initial: bistable ? (data(`population.${i}.initial`) as Int32Array) : NONE.i32,
      shift: bistable ? (data(`population.${i}.shift`) as Int8Array) : NONE.i8,
      unit: integrates ? (data(`population.${i}.unit`) as Float32Array) : NONE.f32,
    };
  });
  const projections = numbers("bsnn.projection.source").map((source, j): Projection => {
    const target = numbers("bsnn.projection.target")[j];
    const [top, left, height, width] = numbers("bsnn.projection.region").slice(4 * j, 4 * j + 4);
    const pool = POOLS[numbers("bsnn.projection.pool")[j]];
    const window = (prefix: string): Window => ({
      kernel: pair(`bsnn.projection.${prefix}kernel`, j),
      stride: pair(`bsnn.projection.${prefix}stride`, j),
      dilation: pair(`bsnn.projection.${prefix}dilation`, j),
      offset: pair(`bsnn.projection.${prefix}offset`, j),
    });
    return {
      index: j,
      source,
      target,
      sourceChannels: pair("bsnn.projection.source_channels", j),
      targetChannels: pair("bsnn.projection.target_channels", j),
      region: { top, left, height, width },
      pool: pool === "none" ? null : { kind: pool, size: pair("bsnn.projection.pool_size", j), ...window("pool_") },
      ...window(""),
      groups: numbers("bsnn.projection.groups")[j],
      weight:
        populations[target].kind === "synchronous" ? null : (data(`projection.${j}.weight`) as Int8Array | Int16Array),
    };
  });
  return {
    phases: Number(keys.get("bsnn.phases")),
    coding: keys.get("bsnn.input.coding") as Model["coding"],
    zeroPoint: numbers("bsnn.input.zero_point"),
    populations,
    projections,
  };
}

/** A copy of a tensor's elements; in the file they need not be aligned. */
function elements(file: Uint8Array, { type, at, length }: Tensor): Int8Array | Int16Array | Int32Array | Float32Array {
  const size = type === TensorType.i8 ? 1 : type === TensorType.i16 ? 2 : 4;
  const { buffer } = new Uint8Array(file.subarray(at, at + length * size));
  if (type === TensorType.i8) return new Int8Array(buffer);
  if (type === TensorType.i16) return new Int16Array(buffer);
  return type === TensorType.i32 ? new Int32Array(buffer) : new Float32Array(buffer);
}

/** Neurons of a map. */
export function neuronsOf({ height, width, channels }: { height: number; width: number; channels: number }): number {
  return height * width * channels;
}

/** Bias of a neuron. */
export function biasOf({ bias }: Population, neuron: number): number {
  return bias.length === 0 ? 0 : bias[neuron % bias.length];
}

/** Where a neuron lies on its map. */
export function placeOf({ width, channels }: { width: number; channels: number }, neuron: number): Place {
  const position = Math.floor(neuron / channels);
  return { y: Math.floor(position / width), x: position % width, c: neuron % channels };
}

export interface Place {
  readonly y: number;
  readonly x: number;
  readonly c: number;
}

/** A name that people can read, of one that an exporter wrote: the last words of its path, without what all have. */
export function shortName(name: string): string {
  const [path, relay] = name.split("@+");
  const bare = path.replace(/_output_\d+$/, "").replace(/^\/+/, "");
  const words = bare.split("/").filter((word) => !/^relu$/i.test(word));
  const [before = bare, after] = words.slice(-2);
  // A second of its kind in a block is told by its number alone.
  const number = after?.replace(/^(?:Relu|Conv|Gemm|Add)_(\d+)$/i, "$1");
  const text = number === undefined ? before : number.startsWith(before) ? number : `${before}·${number}`;
  return relay === undefined ? text : `${text} relay`;
}
