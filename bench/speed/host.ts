/** The core for programs that measure: given as files, and compiled once per process. */
import { readFileSync } from "node:fs";
import { loadLab } from "../../bindings/lab/load.ts";
import type { LabNetwork } from "../../bindings/lab/types.ts";
import { compileOnce } from "../../bindings/load/cache.ts";
import { type Host, loadWith } from "../../bindings/load/load.ts";
import { sourceBytes } from "../../bindings/load/source.ts";
import type { Build, Network } from "../../bindings/types.ts";
import type { Modules } from "./plan.ts";

export function hostOf(cores: Modules): Host {
  return { core: compileOnce((build) => WebAssembly.compile(readFileSync(cores[build]))), bytes: sourceBytes };
}

/** Bytes of a file in a buffer of their own. */
export function bytesOf(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(path));
}

export function loadModel(host: Host, model: string, build: Build): Promise<Network> {
  return loadWith(host, bytesOf(model), { build });
}

/** @param core path of the build for research */
export function loadResearch(core: string, model: string): Promise<LabNetwork> {
  const host: Host = { core: () => WebAssembly.compile(readFileSync(core)), bytes: sourceBytes };
  return loadLab(host, bytesOf(model));
}
