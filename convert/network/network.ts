/** Whole networks: before quantisation, with weights in single precision, and after it, with integers. */

import type { Fit } from "../options.ts";
import type { Preprocessing } from "../preprocessing.ts";
import type { Schedules } from "../simulator.ts";
import type { InputCoding, OutputTensor, Pair, PlacedInput, Population, Projection, Wiring } from "../wiring.ts";

/** A network before quantisation, in ANN units; all of the conversion up to quantize/ knows no other. */
export interface UnquantizedNetwork extends Wiring {
  readonly input: InputCoding;
  /** Multiply-accumulates of the ANN's convolutions and dense layers, padding included. */
  readonly macs: number;
  /** What was done to the graph that a user would want to know ("softmax 'prob' left out: …"). */
  readonly notes: readonly string[];
}

/** Bias `[C]` or `[H][W][C]`, the others `[C]`; all empty for input and synchronous populations. */
export interface QuantizedPopulation extends Population {
  /** Of an output. */
  readonly tensor?: OutputTensor;
  readonly bias: Int32Array;
  /** Potential at the start. */
  readonly initial: Int32Array;
  /** Binary logarithm of the threshold of the lowest phase. */
  readonly shift: Int8Array;
  /** ANN units per unit of potential. */
  readonly unit: Float32Array;
}

/** Weights `[O][KH][KW][I/groups]`. */
export interface QuantizedProjection extends Projection {
  readonly weight: Int8Array | Int16Array;
}

/** One of several inputs as the file describes it; its range is null where it is an image. */
export interface StoredInput extends Omit<PlacedInput, "dims"> {
  readonly range: Pair | null;
}

/** All that a model file holds. */
export interface QuantizedNetwork {
  readonly name: string;
  readonly phases: number;
  readonly coding: "current" | "phase";
  readonly zeroPoint: Uint8Array;
  readonly populations: readonly QuantizedPopulation[];
  readonly projections: readonly QuantizedProjection[];
  readonly macs: number;
  readonly range?: Pair;
  readonly signed?: boolean;
  /** Where there are several. */
  readonly inputs?: readonly StoredInput[];
  readonly preprocessing?: Preprocessing;
  /** How images of another size are fitted, where not by stretching. */
  readonly fit?: Fit;
  readonly labels?: readonly string[];
  /** Of early firing. */
  readonly schedules?: Schedules;
}
