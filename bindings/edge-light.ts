/** bsnn on edge functions whose bundler marks precompiled modules with ?module. */
import baseline from "./core.wasm?module";
import { BsnnError } from "./error.ts";
import { type Host, loadWith } from "./load/load.ts";
import { sourceBytes } from "./load/source.ts";
import type { Entry, WebSource } from "./types.ts";

export * from "./common.ts";
export { loadPool } from "./pool/no-threads.ts";

const host: Host = {
  core: async (build) => {
    // Its bundler reads every module that is imported, and the relaxed build is beyond some.
    if (build === "relaxed") throw new BsnnError("unsupported", "the relaxed build is not there on this host");
    return baseline;
  },
  bytes: sourceBytes,
  maxMemory: 2 ** 27,
};

export const load: Entry<WebSource>["load"] = (source, options) => loadWith(host, source, options);
