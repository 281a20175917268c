/** bsnn on Deno: the core is imported as source, which asks for no permission; models given by path are read as files. */
import { baseline, relaxed } from "./deno-core.js";
import { fileBytes } from "./file.ts";
import { type Host, loadWith } from "./load.ts";
import type { LoadOptions, ModelSource, Network } from "./types.ts";

export { BsnnError } from "./error.ts";
export { type Host, loadWith } from "./load.ts";
export type * from "./types.ts";

const host: Host = { core: async (build) => (build === "relaxed" ? relaxed : baseline), bytes: fileBytes };

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
