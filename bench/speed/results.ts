/** What `npm run bench -- --json` prints. */
import type { Int8Kind } from "../int8/quantised.ts";
import type { Quartiles } from "../statistics.ts";
import type { Accuracy } from "./accuracy.ts";
import type { Endurance, ModelTimings } from "./plan.ts";
import type { Shipped } from "./sizes.ts";
import type { Check } from "./targets.ts";

export interface ColdTimes {
  readonly answerMs: Quartiles;
  readonly importMs: Quartiles;
  /** Linear memory, bytes. */
  readonly memory: number;
}

export interface ColdResult {
  readonly model: string;
  readonly own: ColdTimes;
  readonly web: ColdTimes;
  readonly checks: readonly Check[];
}

export interface EngineResult {
  readonly name: string;
  readonly models: readonly {
    readonly remark: string;
    readonly timings: ModelTimings;
    readonly checks: readonly Check[];
  }[];
  readonly cold?: ColdResult;
  readonly endurance?: { readonly found: Endurance; readonly checks: readonly Check[] };
}

export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly system: string;
  /** Load averages before the run: what else the machine was doing. */
  readonly load: string;
  readonly onnxruntime: string;
}

export interface Measurements {
  readonly machine: Machine;
  readonly rounds: number;
  readonly images: number;
  /** Whether contenders' times are the processor's. */
  readonly processor: boolean;
  /** Of onnxruntime's quantised models. */
  readonly int8: Int8Kind;
  readonly shipped: readonly Shipped[];
  /** Of models whose test images have labels. */
  readonly accuracies: readonly {
    readonly model: string;
    readonly images: number;
    readonly of: readonly Accuracy[];
  }[];
  /** Checks that no engine has a part in. */
  readonly checks: readonly Check[];
  readonly engines: readonly EngineResult[];
}
