/** bsnn in browsers: the core is fetched from beside this file and compiled while it arrives. */
import { compileOnce } from "./cache.ts";
import { type Host, loadWith } from "./load.ts";
import { sourceBytes } from "./source.ts";
import type { LoadOptions, ModelSource, Network } from "./types.ts";

export { BsnnError } from "./error.ts";
export { type Host, loadWith } from "./load.ts";
export type * from "./types.ts";

const host: Host = {
  core: compileOnce((build) => {
    // Written out in full: bundlers recognise the pattern and carry the files along.
    const address =
      build === "relaxed" ? new URL("./core.relaxed.wasm", import.meta.url) : new URL("./core.wasm", import.meta.url);
    return WebAssembly.compileStreaming(fetch(address));
  }),
  bytes: sourceBytes,
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
