/** Networks with several threads as tests want them: of one set of workers, populations cut as told, helpers that fail. */

import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import binaryen from "binaryen";
import { fileBytes } from "../../../bindings/load/file.ts";
import type { Host } from "../../../bindings/load/load.ts";
import { Core } from "../../../bindings/network/core.ts";
import { Crew } from "../../../bindings/network/crew.ts";
import { CoreNetwork } from "../../../bindings/network/network.ts";
import type { ThreadHost, ToWorker, WorkerHandle } from "../../../bindings/pool/messages.ts";
import { threadWorker } from "../../../bindings/pool/thread.ts";
import type { CoreBuild } from "../../../bindings/types.ts";

const DIST = new URL("../../../dist/", import.meta.url);
const modules = new Map<string, WebAssembly.Module>();

function moduleOf(name: string): WebAssembly.Module {
  let module = modules.get(name);
  if (!module) {
    module = new WebAssembly.Module(readFileSync(new URL(name, DIST)));
    modules.set(name, module);
  }
  return module;
}

/** The core for several threads. */
export const threadsModule = (build: CoreBuild): WebAssembly.Module =>
  moduleOf(build === "relaxed" ? "core.threads.relaxed.wasm" : "core.threads.wasm");

/** How populations are cut: as takes least, by rows, by channels. */
export type Cut = 0 | 1 | 2;

/** Loads network after network on the same workers, with all populations shared out, however small. */
export class Crews {
  readonly #workers: Worker[] = [];

  async load(file: Uint8Array, build: CoreBuild, threads: number, cut: Cut): Promise<CoreNetwork> {
    const module = threadsModule(build);
    let next = 0;
    const host: ThreadHost = { core: async () => module, startWorker: () => this.#handle(next++) };
    const instantiate = Core.instantiate;
    const crew = new Crew({ host, count: threads, maxMemory: 2 ** 30, signal: undefined, instantiate });
    const core = crew.instantiate(module);
    const knobs = core.exports as unknown as Record<"cut" | "leastMacs", WebAssembly.Global>;
    knobs.cut.value = cut;
    knobs.leastMacs.value = 0;
    core.load(file);
    const network = new CoreNetwork(core, build, crew);
    await crew.start(core, module);
    return network;
  }

  /** Ends the workers. */
  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  /** A worker that has helped before, if one has; it hears of the next network when it is told to end with this one. */
  #handle(index: number): WorkerHandle {
    this.#workers[index] ??= new Worker(new URL("node-worker.js", DIST));
    const worker = this.#workers[index];
    return {
      post: (message) => worker.postMessage(message),
      listen: (said) => {
        worker.removeAllListeners("message");
        worker.on("message", said);
      },
      terminate: () => undefined,
    };
  }
}

/** A host whose workers are seen, and sent what `changed` makes of what they are. */
export function watchedHost(changed: (message: ToWorker) => ToWorker = (message) => message) {
  const workers: Worker[] = [];
  const host: Host = {
    core: async (build) => moduleOf(build === "relaxed" ? "core.relaxed.wasm" : "core.wasm"),
    bytes: fileBytes,
    threads: {
      core: async (build) => threadsModule(build),
      startWorker() {
        const worker = new Worker(new URL("node-worker.js", DIST));
        workers.push(worker);
        const handle = threadWorker(worker);
        return { ...handle, post: (message, transfer) => handle.post(changed(message), transfer) };
      },
    },
  };
  return { host, workers };
}

/**
 * A core that joins as any does and takes the second part of the first population that is opened, but never finishes it.
 * @param ends whether it fails there, or goes on for ever
 */
export function failingModule(ends: boolean): WebAssembly.Module {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1024, shared: true });
  const { exports } = new WebAssembly.Instance(threadsModule("baseline"), { env: { memory } });
  const signals = (exports.signals as () => number)();
  // What is free of a call comes 256 bytes before the signals (assembly/engine/crew.ts).
  const free = signals - 256;
  const module = binaryen.parseText(`(module
    (import "env" "memory" (memory 1 65536 shared))
    (func (export "joinAs") (param i32))
    (func (export "signals") (result i32) (i32.const ${signals}))
    (func (export "serve")
      (loop $wait (br_if $wait (i32.eqz (i32.and (i32.atomic.rmw.and (i32.const ${free}) (i32.const -3)) (i32.const 2)))))
      ${ends ? "" : "(loop $for-ever (br $for-ever))"}
      unreachable))`);
  module.setFeatures(binaryen.Features.All);
  const bytes = module.emitBinary();
  module.dispose();
  return new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
}
