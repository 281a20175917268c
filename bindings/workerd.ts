/** bsnn on edge workers: the core is imported, compiled before the worker starts, as nothing may be compiled inside. */
import relaxed from "./core.relaxed.wasm";
import baseline from "./core.wasm";
import { type Host, loadWith } from "./load/load.ts";
import { sourceBytes } from "./load/source.ts";
import type { LoadOptions, ModelSource, Network } from "./types.ts";

export { BsnnError } from "./error.ts";
export { type Host, loadWith } from "./load/load.ts";
export { loadPool } from "./pool/no-threads.ts";
export type * from "./types.ts";

const host: Host = { core: async (build) => (build === "relaxed" ? relaxed : baseline), bytes: sourceBytes };

/**
 * Loads a model.
 * @param source the model's bytes, an address to fetch them from, or a response that holds them
 * @throws BsnnError `bad-model` where the bytes are no bsnn model, `bad-input` where they cannot be had, `unsupported`
 * where the engine lacks memory or the build asked for
 */
export function load(source: ModelSource, options?: LoadOptions): Promise<Network> {
  return loadWith(host, source, options);
}
