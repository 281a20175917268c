/** bsnn on Node: the core and models given by path are read as files. */
import { readFile } from "node:fs/promises";
import { compileOnce } from "./cache.ts";
import { BsnnError } from "./error.ts";
import { type Host, loadWith } from "./load.ts";
import { sourceBytes } from "./source.ts";
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
  bytes: async (source) => {
    const path = source instanceof URL ? source.protocol === "file:" && source : asPath(source);
    if (!path) return sourceBytes(source);
    return readFile(path).catch((cause) => {
      throw new BsnnError("bad-input", `cannot read the model file ${path}: ${cause.message}`, { cause });
    });
  },
};

/** The path or file address a string stands for; null where it is none or has another scheme, to be fetched. */
function asPath(source: ModelSource): string | URL | null {
  if (typeof source !== "string") return null;
  if (source.startsWith("file:")) return new URL(source);
  // A single letter before the colon is a drive.
  return /^[a-z][a-z0-9+.-]+:/i.test(source) ? null : source;
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
