/** bsnn in browsers: the core is fetched from beside this file and compiled while it arrives. */
import { compileOnce } from "./load/cache.ts";
import { loadWith } from "./load/load.ts";
import { sourceBytes } from "./load/source.ts";
import { loadPoolWith, type PoolHost } from "./pool/pool.ts";
import { webWorker } from "./pool/web-worker.ts";
import type { LoadOptions, ModelSource, Network, Pool, PoolOptions } from "./types.ts";

export { BsnnError } from "./error.ts";
export { type Host, loadWith } from "./load/load.ts";
export type * from "./types.ts";

const host: PoolHost = {
  core: compileOnce((build) => {
    // Written out in full: bundlers recognise the pattern and carry the files along.
    const address =
      build === "relaxed" ? new URL("./core.relaxed.wasm", import.meta.url) : new URL("./core.wasm", import.meta.url);
    return WebAssembly.compileStreaming(fetch(address));
  }),
  bytes: sourceBytes,
  // Written out in full for bundlers, like the addresses above.
  startWorker: () => webWorker(new Worker(new URL("./worker.js", import.meta.url), { type: "module" })),
  processors: () => navigator.hardwareConcurrency,
};

/**
 * Loads a model.
 * @param source the model's bytes, an address to fetch them from, or a response that holds them
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
