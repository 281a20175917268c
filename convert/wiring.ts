/**
 * Populations and the projections that join them, as every part of the conversion knows them. Field meanings are those of
 * docs/format.md.
 */

import type { KINDS } from "../layout/layout.ts";

/** (height, width) or (y, x) of windows and maps; (first, count) of channels. */
export type Pair = readonly [number, number];

/** What the neurons of a population are (docs/algorithm.md). */
export type PopulationKind = (typeof KINDS)[number];

/**
 * Where the ANN holds the values of a population: element (y, x, c) of channel block 0 is
 * `tensor[base + y·strides[0] + x·strides[1] + c·strides[2]]` for a batch of one.
 * These are the values *before* the rectification that the neuron itself performs.
 */
export interface TensorView {
  readonly tensor: string;
  readonly base: number;
  readonly strides: readonly [number, number, number];
  /** Where channels lie in no regular steps: what takes the place of `c·strides[2]`, one per channel. */
  readonly channelOffsets?: Int32Array;
}

/** A tensor of the graph as an output's neurons hold it: value (y, x, c) is its element `rows[y] + columns[x] + channels[c]`. */
export interface OutputTensor {
  readonly shape: readonly number[];
  /** True for an output that goes on with the tensor of the one before it. */
  readonly continues?: boolean;
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly channels: Int32Array;
}

/** Which element of its tensor, row-major, each value of an output is, channels last. */
export function tensorOrder({ rows, columns, channels }: OutputTensor): Int32Array {
  const order = new Int32Array(rows.length * columns.length * channels.length);
  let at = 0;
  for (const y of rows) for (const x of columns) for (const c of channels) order[at++] = y + x + c;
  return order;
}

/**
 * The tensors, row-major, that some outputs stand for.
 * @param outputs in the order of the network
 * @param values of each, channels last
 */
export function outputTensors(
  outputs: readonly { readonly tensor?: OutputTensor }[],
  values: readonly Float32Array[],
): Float32Array[] {
  const tensors: Float32Array[] = [];
  for (const [k, { tensor }] of outputs.entries()) {
    if (!tensor) {
      tensors.push(values[k]);
      continue;
    }
    const size = tensor.shape.reduce((product, n) => product * n, 1);
    if (!tensor.continues) tensors.push(new Float32Array(size));
    const into = tensors.at(-1)!;
    tensorOrder(tensor).forEach((at, i) => {
      into[at] = values[k][i];
    });
  }
  return tensors;
}

/** A map of neurons, height × width × channels. */
export interface Population {
  readonly name: string;
  readonly kind: PopulationKind;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Longest distance from the input. */
  readonly depth: number;
  /** Where to find the ANN's values for calibration; null for synchronous populations and second neurons. */
  readonly view: TensorView | null;
  /**
   * True when the population carries signed values as ON/OFF pairs: `channels` is then twice the view's, and channel
   * C/2 + c is the rectified negative of view channel c.
   */
  readonly signed: boolean;
  /** Upper bound of the activation in ANN units (6 for ReLU6), Infinity for a plain ReLU. */
  readonly ceiling: number;
}

/** Pooling of the source's levels, before the weights. */
export interface Pool {
  readonly kind: "max" | "sum";
  readonly size: Pair;
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly offset: Pair;
}

/** A convolution of one population's map into another's; source and target are indices of populations. */
export interface Projection {
  readonly source: number;
  readonly target: number;
  /** First channel and count. */
  readonly sourceChannels: Pair;
  readonly targetChannels: Pair;
  /** Top, left, height, width in the target. */
  readonly region: readonly [number, number, number, number];
  readonly pool: Pool | null;
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  readonly offset: Pair;
  readonly groups: number;
}

/** A population's bias is `[C]` or `[H][W][C]`, in ANN units; empty for input and synchronous populations. */
export interface UnquantizedPopulation extends Population {
  readonly bias: Float64Array;
  /** Of an output: the tensor that it is the output for. */
  readonly tensor?: OutputTensor;
  /** Of a neuron that shares its channel with another: how much its thresholds are lowered, in levels. */
  readonly stagger?: number;
  /** Of the second neurons of channels: the name of the population of the first ones, above whose highest level they begin. */
  readonly above?: string;
}

/**
 * Weights are `[O][KH][KW][I/groups]`, ANN units out per ANN unit in; from the input population per 8-bit sample (gains are
 * folded in, shifts are in the target's bias). Empty into synchronous populations.
 */
export interface UnquantizedProjection extends Projection {
  readonly weight: Float32Array;
  /** True for residual identities, scales and averages, that are no convolution or dense layer of the ANN. */
  readonly structural: boolean;
}

/** One of several inputs: its tensor, its map, and where its samples lie in the input population (docs/format.md, *Several inputs*). */
export interface PlacedInput {
  readonly name: string;
  /** Shape of its tensor, batch of one. */
  readonly dims: readonly number[];
  readonly height: number;
  readonly width: number;
  /** Values at a position; twice as many samples where signed. */
  readonly channels: number;
  /** Its first channel in the population. */
  readonly first: number;
  /** Values that a position of the population holds: `channels`, or fewer where a vector is spread over positions. */
  readonly each: number;
  readonly signed: boolean;
}

/**
 * How samples relate to the ANN's input: those of the input population, channels last; of several inputs those of one after the other.
 */
export interface InputCoding {
  /**
   * Sample s of channel c (of the file's input: RGB, grey, or as given) stands for the ANN input gain[c]·s + shift[c], one
   * entry per channel of the population. Signed: ON channels have positive gains, OFF channels the negative ones, and the
   * ANN's input is the sum over both.
   */
  readonly gain: Float64Array;
  readonly shift: Float64Array;
  /** 8-bit sample that stands nearest to what the first padded convolution pads with, or to an ANN input of zero. */
  readonly zeroPoint: Uint8Array;
  /** Shape of the ANN's input tensor, batch of one; of several the number of all their values. */
  readonly dims: readonly number[];
  /**
   * Flat index in that tensor of the value that each sample stands for (RGB swapped for a BGR model); of several inputs in
   * their tensors, one after the other.
   */
  readonly index: Int32Array;
  /** Where there are several: the inputs, in the order of the model. */
  readonly inputs?: readonly PlacedInput[];
  /** Where there are several: the neuron of the input population that holds each sample; the others hold the zero point. */
  readonly places?: Int32Array;
}

/** Populations that a file may have, and as many projections (docs/format.md). */
const MOST_IN_FILE = 65_535;

/** The same of the file of a model of so many bytes: shortcuts may take relays, and sums projections, by the square of its nodes. */
export const mostInFile = (read: number): number => Math.min(MOST_IN_FILE, 2 ** 13 + (read >> 2));

/** Populations and the projections between them, by index; the input population is the first. */
export interface Wiring {
  readonly populations: readonly UnquantizedPopulation[];
  readonly projections: readonly UnquantizedProjection[];
}
