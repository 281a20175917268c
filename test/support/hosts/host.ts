/** What the cross-host table asks of a host. */

import type { CoreBuild, Mode } from "../../../bindings/types.ts";

/** One model run over some inputs, in one build and one mode. */
export interface Work {
  readonly model: { readonly name: string; readonly path: string };
  /** A file of `count` inputs of H×W×C unsigned 8-bit samples, one after the other, channels last. */
  readonly inputs: { readonly path: string; readonly count: number };
  readonly build: CoreBuild;
  readonly mode: Mode;
}

export interface Measurement {
  /** SHA-256, hex, over the output potentials of all inputs in order, int32 little-endian (docs/format.md, *Decoding*). */
  readonly digest: string;
  /** From starting the host (process, page, isolate) to its answer to the first input, model loading included, in ms. */
  readonly coldMs: number;
  /** Median over the inputs after the first, in ms; where a host has no clock, their mean seen from outside. */
  readonly msPerImage: number;
}

/** A host that has been started, or whose program is ready to start once per measurement. */
export interface Runner {
  measure(work: Work): Promise<Measurement>;
  close(): Promise<void>;
}

export interface Host {
  /** As in the table: "node 20", "workerd", "wasmtime", … */
  readonly name: string;
  /** How documentation starts it: what has these words in a block of commands needs it. Node runs the tests itself. */
  readonly words?: string;
  /** Builds of the core it can run. */
  readonly builds: readonly CoreBuild[];
  /** The command that installs it, shown where it is missing. */
  readonly install: string;
  /** Its version, or null where it is not installed. */
  version(): Promise<string | null>;
  /** @param root folder into whose `node_modules` the packed package is installed */
  open(root: string): Promise<Runner>;
}
