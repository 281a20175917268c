/** bsnn on Deno: the core is imported as source, which asks for no permission; models given by path are read as files. */
import { baseline, relaxed } from "./deno-core.js";
import { fileBytes } from "./load/file.ts";
import { loadWith } from "./load/load.ts";
import { loadPoolWith, type PoolHost } from "./pool/pool.ts";
import { webWorker } from "./pool/web-worker.ts";
import type { LoadOptions, ModelSource, Network, Pool, PoolOptions } from "./types.ts";

export { BsnnError } from "./error.ts";
export { type Host, loadWith } from "./load/load.ts";
export type * from "./types.ts";

/** From JSR this module is run as it is written, from npm bundled. */
const workerFile = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";

const host: PoolHost = {
  core: async (build) => (build === "relaxed" ? relaxed : baseline),
  bytes: fileBytes,
  startWorker: () => webWorker(new Worker(new URL(workerFile, import.meta.url), { type: "module" })),
  processors: () => navigator.hardwareConcurrency,
};

/**
 * Loads a model.
 * @param source the model's bytes, the path of a file (needs --allow-read), an address to fetch (--allow-net), or a response
 * that holds the bytes
 * @throws BsnnError `bad-model` where the bytes are no bsnn model, `bad-input` where they cannot be had, `unsupported`
 * where the engine lacks memory or the build asked for
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
