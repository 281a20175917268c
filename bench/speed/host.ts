/** The core for programs that measure: given as files, and compiled once per process. */
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { loadLab } from "../../bindings/lab/load.ts";
import type { LabNetwork } from "../../bindings/lab/types.ts";
import { compileOnce } from "../../bindings/load/cache.ts";
import { type Host, loadWith } from "../../bindings/load/load.ts";
import { sourceBytes } from "../../bindings/load/source.ts";
import { threadWorker } from "../../bindings/pool/thread.ts";
import type { Build, Network } from "../../bindings/types.ts";
import type { Cores, Modules } from "./plan.ts";

const compiled = (modules: Modules) => compileOnce((build) => WebAssembly.compile(readFileSync(modules[build])));

export function hostOf(cores: Modules & Partial<Pick<Cores, "threads" | "worker">>): Host {
  const { threads, worker } = cores;
  const host: Host = { core: compiled(cores), bytes: sourceBytes };
  if (!threads || !worker) return host;
  return { ...host, threads: { core: compiled(threads), startWorker: () => threadWorker(new Worker(worker)) } };
}

/** Bytes of a file in a buffer of their own. */
export function bytesOf(path: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(path));
}

export function loadModel(host: Host, model: string, build: Build, threads = 1): Promise<Network> {
  return loadWith(host, bytesOf(model), { build, threads });
}

/** @param core path of the build for research */
export function loadResearch(core: string, model: string): Promise<LabNetwork> {
  const host: Host = { core: () => WebAssembly.compile(readFileSync(core)), bytes: sourceBytes };
  return loadLab(host, bytesOf(model));
}
