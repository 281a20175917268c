/** What a comparison found. */
import type { LabNetwork } from "../../../bindings/lab.ts";
import type { Claim } from "./claims.ts";
import type { Layers } from "./layers.ts";
import type { MethodName } from "./methods.ts";
import type { Summary } from "./summary.ts";

/** What was found. */
export interface Comparison {
  readonly model: string;
  readonly data: string;
  readonly network: LabNetwork;
  readonly images: number;
  /** Those on which settings were measured that are not the best. */
  readonly imagesBeside: number;
  readonly annTop1: number | null;
  /** Time steps of runs that go on. */
  readonly steps: number;
  readonly methods: readonly Summary[];
  /** By method, of single populations over some images. */
  readonly layers: ReadonlyMap<MethodName, Layers>;
  readonly layerImages: number;
  readonly claims: readonly Claim[];
}
