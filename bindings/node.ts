/** bsnn on Node: the core and models given by path are read as files. */
import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { compileOnce } from "./load/cache.ts";
import { fileBytes } from "./load/file.ts";
import { loadWith } from "./load/load.ts";
import { loadPoolWith, type PoolHost, type WorkerHandle } from "./pool/pool.ts";
import type { LoadOptions, ModelSource, Network, Pool, PoolOptions } from "./types.ts";

export { BsnnError } from "./error.ts";
export { type Host, loadWith } from "./load/load.ts";
export type * from "./types.ts";

const host: PoolHost = {
  core: compileOnce(async (build) => {
    const address =
      build === "relaxed"
        ? new URL("../dist/core.relaxed.wasm", import.meta.url)
        : new URL("../dist/core.wasm", import.meta.url);
    return WebAssembly.compile(await readFile(address));
  }),
  bytes: fileBytes,
  startWorker,
  processors: availableParallelism,
};

function startWorker(): WorkerHandle {
  const worker = new Worker(new URL("../dist/node-worker.js", import.meta.url));
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen: (said, died) => {
      worker.on("message", said);
      worker.on("error", died);
      worker.on("messageerror", died);
      worker.on("exit", (code) => died(`exit code ${code}`));
    },
    terminate: () => worker.terminate(),
  };
}

/**
 * Loads a model.
 * @param source the model's bytes, the path of a file, an address to fetch, or a response that holds the bytes
 * @throws BsnnError `bad-model` where the bytes are no bsnn model, `bad-input` where they cannot be had, `unsupported`
 * where the engine lacks SIMD, memory or the build asked for
 */
export function load(source: ModelSource, options?: LoadOptions): Promise<Network> {
  return loadWith(host, source, options);
}

/**
 * Loads a model in a pool of workers.
 * @param source as for `load`
 * @throws BsnnError as `load`, and `unsupported` where workers cannot be started
 */
export function loadPool(source: ModelSource, options?: PoolOptions): Promise<Pool> {
  return loadPoolWith(host, source, options);
}
