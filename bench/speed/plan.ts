/** What the command hands to the programs that measure, and what they hand back. */
import type { CoreBuild } from "../../bindings/types.ts";
import type { Quartiles } from "../statistics.ts";

/** Everything one model is measured with, as files, so that every engine reads the same bytes. */
export interface Subject {
  readonly name: string;
  /** Where the weights come from, where that is not the file of that name in `../shared`. */
  readonly remark: string;
  /** The original, and its one input. */
  readonly onnx: string;
  readonly input: string;
  readonly dims: readonly number[];
  /** The original in 8 bits; null where onnxruntime's quantiser is not installed. */
  readonly int8: string | null;
  /** The converted model. */
  readonly model: string;
  /** u8 samples H×W×C of `images` images, and the same as float32 input tensors of the original. */
  readonly samples: string;
  readonly floats: string;
  readonly images: number;
}

/** Compiled modules, as paths. */
export type Modules = Readonly<Record<CoreBuild, string>>;

/** The core's builds, that for research and those for several threads too, with the worker that runs these. */
export type Cores = Modules & { readonly lab: string; readonly threads: Modules; readonly worker: string };

/** The Python package, installed. */
export interface PythonPackage {
  readonly python: string;
  /** Folder that it is imported from. */
  readonly packages: string;
  /** What runs images in it. */
  readonly script: string;
}

export interface TimingPlan {
  readonly subject: Subject;
  readonly cores: Cores;
  readonly python: PythonPackage | null;
  readonly peaks: Modules;
  /** Whether contenders' times are the processor's, of all their threads, rather than the clock's. */
  readonly processor: boolean;
  /** Rounds in which every contender has one turn. */
  readonly rounds: number;
  /** A turn repeats what it times until it has lasted about this long, ms. */
  readonly turn: number;
  /** Each contender is warmed up for at least so long, ms. */
  readonly warmUp: number;
}

export type OnnxContender = `onnxruntime-${"web" | "node"}${"" | "-int8"}`;
export type ContenderName = OnnxContender | CoreBuild | "threads" | "step" | "early" | "python";

export interface Timing {
  readonly contender: ContenderName;
  /** Per image. */
  readonly ms: Quartiles;
}

/** A population with all that enters it. */
export interface Layer {
  readonly name: string;
  /** Shape H×W×C. */
  readonly shape: readonly [number, number, number];
  /** Its projections, in words: `3×3 /2` for kernel and stride, with groups and pooling where there are any. */
  readonly projections: string;
  /** Whether it is a map with a convolution into it, so neither a dense layer nor a relay. */
  readonly convolution: boolean;
  /** Multiply-accumulates of its projections, padding included. */
  readonly macs: number;
  /** Share of levels read that are not zero; weighted by MACs where several projections enter. */
  readonly density: number;
  readonly ms: Quartiles;
}

export interface BuildLayers {
  readonly build: CoreBuild;
  readonly layers: readonly Layer[];
}

export interface Memory {
  /** Bytes of the model file. */
  readonly file: number;
  /** A byte per level of input and bistable populations, four per potential of outputs. */
  readonly activations: number;
  /** Linear memory, bytes. */
  readonly loaded: number;
  readonly afterPeriods: number;
  readonly afterSteps: number;
}

export interface ModelTimings {
  readonly model: string;
  /** MACs of all projections, padding included. */
  readonly macs: number;
  /** Time steps to the answer. */
  readonly steps: number;
  readonly timings: readonly Timing[];
  /** Contenders that this engine or installation lacks. */
  readonly skipped: readonly { readonly contender: string; readonly reason: string }[];
  /** GMAC/s of the bare instruction. */
  readonly peaks: Partial<Record<CoreBuild, Quartiles>>;
  readonly layers: readonly BuildLayers[];
  readonly memory: Memory;
  readonly images: number;
  /** Images for which the original and ours have the same best class. */
  readonly agreeing: number;
  /** Whether both builds and both modes gave the same output potentials on every image. */
  readonly identical: boolean;
}

export type Runtime = "bsnn" | "onnxruntime-web";

export interface ColdPlan {
  readonly runtime: Runtime;
  readonly subject: Subject;
  readonly cores: Modules;
  /** The bindings as they are shipped. */
  readonly bindings: string;
  /** onnxruntime-web's WebAssembly file. */
  readonly ortWasm: string;
}

export interface ColdStart {
  /** Importing the runtime's JavaScript. */
  readonly importMs: number;
  /** From all bytes in memory to the first logits. */
  readonly answerMs: number;
  /** Linear memory after the answer, bytes. */
  readonly memory: number;
}

export interface EndurancePlan {
  readonly model: string;
  readonly core: string;
  readonly inferences: number;
}

export interface Endurance {
  readonly inferences: number;
  /** Linear memory, bytes, before the first inference and after the last. */
  readonly memoryBefore: number;
  readonly memoryAfter: number;
  /** JS heap after a collection, bytes, at equal distances. */
  readonly heap: readonly number[];
  /** Growth of the heap over all inferences by the slope of its second half, bytes. */
  readonly heapTrend: number;
}
