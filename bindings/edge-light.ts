/** bsnn on edge functions whose bundler marks precompiled modules with ?module. */
import relaxed from "./core.relaxed.wasm?module";
import baseline from "./core.wasm?module";
import { type Host, loadWith } from "./load/load.ts";
import { sourceBytes } from "./load/source.ts";
import type { Entry, WebSource } from "./types.ts";

export * from "./common.ts";
export { loadPool } from "./pool/no-threads.ts";

const host: Host = {
  core: async (build) => (build === "relaxed" ? relaxed : baseline),
  bytes: sourceBytes,
  maxMemory: 2 ** 27,
};

export const load: Entry<WebSource>["load"] = (source, options) => loadWith(host, source, options);
