/**
 * What NeuroBench counts of a model file and a loaded network does not tell: sizes of tensors, weights, and how projections lie over
 * their sources. For files that the core has loaded, and so checked.
 */

import { neuronsOf } from "../../../bindings/network/inputs.ts";

type Value = number | bigint | string | boolean | Value[];
type Pair = readonly [number, number];

/** A projection that has weights. */
export interface WeightedProjection {
  readonly source: number;
  /** First channel and count read from the source, and count written in the target. */
  readonly firstChannel: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly groups: number;
  /** Height and width of what is written in the target, and of the map that is read, after pooling. */
  readonly region: Pair;
  readonly map: Pair;
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly offset: Pair;
  readonly pool: {
    readonly kind: "none" | "max" | "sum";
    readonly kernel: Pair;
    readonly stride: Pair;
    readonly dilation: Pair;
    readonly offset: Pair;
  };
  /** `[O][KH][KW][I/groups]`. */
  readonly weights: Int8Array | Int16Array;
}

export interface ModelFile {
  /** Of several inputs: 1 for each neuron of the input population that holds a sample; else null, as all do. */
  readonly holding: Uint8Array | null;
  /** Bytes of all tensors: weights, biases, initial potentials, thresholds, units. */
  readonly footprint: number;
  readonly projections: readonly WeightedProjection[];
}

/** Bytes of an element, by GGUF's number of its type. */
const ELEMENT: Readonly<Record<number, number>> = { 0: 4, 24: 1, 25: 2, 26: 4 };

interface Tensor {
  readonly name: string;
  readonly elements: number;
  readonly size: number;
  readonly offset: number;
}

/** Reads a GGUF file's keys and tensors, one value after the other. */
class Reader {
  readonly #view: DataView;
  #at = 24;

  constructor(readonly bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get at(): number {
    return this.#at;
  }

  /** How many tensors and keys there are. */
  get counts(): Pair {
    return [Number(this.#view.getBigUint64(8, true)), Number(this.#view.getBigUint64(16, true))];
  }

  #take(bytes: number): number {
    this.#at += bytes;
    return this.#at - bytes;
  }

  u32 = (): number => this.#view.getUint32(this.#take(4), true);
  u64 = (): number => Number(this.#view.getBigUint64(this.#take(8), true));

  text(): string {
    const length = this.u64();
    const from = this.#take(length);
    return new TextDecoder().decode(this.bytes.subarray(from, from + length));
  }

  value(type = this.u32()): Value {
    const view = this.#view;
    const readers: Readonly<Record<number, () => Value>> = {
      0: () => view.getUint8(this.#take(1)),
      1: () => view.getInt8(this.#take(1)),
      2: () => view.getUint16(this.#take(2), true),
      3: () => view.getInt16(this.#take(2), true),
      4: () => this.u32(),
      5: () => view.getInt32(this.#take(4), true),
      6: () => view.getFloat32(this.#take(4), true),
      7: () => view.getUint8(this.#take(1)) !== 0,
      8: () => this.text(),
      9: () => {
        const inner = this.u32();
        return Array.from({ length: this.u64() }, () => this.value(inner));
      },
      10: () => view.getBigUint64(this.#take(8), true),
      11: () => view.getBigInt64(this.#take(8), true),
      12: () => view.getFloat64(this.#take(8), true),
    };
    return readers[type]();
  }

  tensor(): Tensor {
    const name = this.text();
    const elements = Array.from({ length: this.u32() }, this.u64).reduce((product, n) => product * n, 1);
    return { name, elements, size: ELEMENT[this.u32()], offset: this.u64() };
  }
}

/** @param bytes a model file that has been loaded */
export function readModelFile(bytes: Uint8Array): ModelFile {
  const reader = new Reader(bytes);
  const [tensorCount, keyCount] = reader.counts;
  const keys = new Map(Array.from({ length: keyCount }, () => [reader.text(), reader.value()]));
  const tensors = new Map(Array.from({ length: tensorCount }, () => reader.tensor()).map((one) => [one.name, one]));
  const alignment = Number(keys.get("general.alignment") ?? 32);
  const begin = Math.ceil(reader.at / alignment) * alignment;
  const column = (name: string): number[] => keys.get(`bsnn.${name}`) as number[];
  const weightsOf = ({ elements, size, offset }: Tensor): Int8Array | Int16Array => {
    // A buffer of Node's would be sliced without being copied.
    const copy = new Uint8Array(bytes.subarray(begin + offset, begin + offset + elements * size)).buffer;
    return size === 1 ? new Int8Array(copy) : new Int16Array(copy);
  };
  const pair = (name: string, j: number): Pair => {
    const values = column(`projection.${name}`);
    return [values[2 * j], values[2 * j + 1]];
  };
  const [heights, widths] = [column("population.height"), column("population.width")];
  const projections = column("projection.source").flatMap((source, j): WeightedProjection[] => {
    const tensor = tensors.get(`projection.${j}.weight`);
    if (!tensor) return [];
    const [firstChannel, inputs] = pair("source_channels", j);
    const pool = (["none", "max", "sum"] as const)[column("projection.pool")[j]];
    const region = column("projection.region");
    return [
      {
        source,
        firstChannel,
        inputs,
        outputs: pair("target_channels", j)[1],
        groups: column("projection.groups")[j],
        region: [region[4 * j + 2], region[4 * j + 3]],
        map: pool === "none" ? [heights[source], widths[source]] : pair("pool_size", j),
        kernel: pair("kernel", j),
        stride: pair("stride", j),
        dilation: pair("dilation", j),
        offset: pair("offset", j),
        pool: {
          kind: pool,
          kernel: pair("pool_kernel", j),
          stride: pair("pool_stride", j),
          dilation: pair("pool_dilation", j),
          offset: pair("pool_offset", j),
        },
        weights: weightsOf(tensor),
      },
    ];
  });
  const footprint = [...tensors.values()].reduce((sum, { elements, size }) => sum + elements * size, 0);
  return { footprint, projections, holding: holdingOf(keys) };
}

/** Numbers of `bsnn.inputs.place` for an input. */
const NUMBERS = 6;

function holdingOf(keys: ReadonlyMap<string, Value>): Uint8Array | null {
  const placed = keys.get("bsnn.inputs.place") as number[] | undefined;
  if (!placed) return null;
  const [height, width, channels] = ["height", "width", "channels"].map(
    (name) => (keys.get(`bsnn.population.${name}`) as number[])[0],
  );
  const places = Array.from({ length: placed.length / NUMBERS }, (_, k) => {
    const [ownHeight, ownWidth, values, first, each, signed] = placed.slice(k * NUMBERS, (k + 1) * NUMBERS);
    const own = { height: ownHeight, width: ownWidth, channels: values * (1 + signed), signed: signed === 1 };
    return { info: own, first, each };
  });
  const holding = new Uint8Array(height * width * channels);
  for (const neuron of neuronsOf(places, { width, channels })) holding[neuron] = 1;
  return holding;
}
