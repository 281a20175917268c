/** bsnn on Node: the core and models given by path are read as files. */
import { readFile } from "node:fs/promises";
import { compileOnce } from "./cache.ts";
import { fileBytes } from "./file.ts";
import { type Host, loadWith } from "./load.ts";
import type { LoadOptions, ModelSource, Network } from "./types.ts";

export { BsnnError } from "./error.ts";
export { type Host, loadWith } from "./load.ts";
export type * from "./types.ts";

const host: Host = {
  core: compileOnce(async (build) => {
    const address =
      build === "relaxed"
        ? new URL("../dist/core.relaxed.wasm", import.meta.url)
        : new URL("../dist/core.wasm", import.meta.url);
    return WebAssembly.compile(await readFile(address));
  }),
  bytes: fileBytes,
};

/**
 * Loads a model.
 * @param source the model's bytes, the path of a file, an address to fetch, or a response that holds the bytes
 * @throws BsnnError `bad-model` where the bytes are no bsnn model, `bad-input` where they cannot be had, `unsupported`
 * where the engine lacks SIMD, memory or the build asked for
 */
export function load(source: ModelSource, options?: LoadOptions): Promise<Network> {
  return loadWith(host, source, options);
}
