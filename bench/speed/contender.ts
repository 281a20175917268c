/** What takes part in a comparison of speed. */
import type { Network } from "../../bindings/types.ts";
import type { ContenderName } from "./plan.ts";

export interface Contender {
  readonly name: ContenderName;
  /** Runs one image and returns the first output. */
  run(image: number): Float32Array | Promise<Float32Array>;
  /** Output potentials of the last run, for those that have them. */
  potentials?(): readonly Int32Array[];
  /** Milliseconds of one run by its own clock, for those to which it takes time to be told. */
  clocked?(image: number): Promise<number>;
  /** The network, for those that are ours. */
  readonly network?: Network;
}
