/** bsnn with the core inside the script, for every bundler and host that may compile WebAssembly from bytes. */
import relaxed from "../dist/core.relaxed.wasm?inline";
import { baseline } from "./inline-core.ts";
import { compileOnce } from "./load/cache.ts";
import { type Host, loadWith } from "./load/load.ts";
import { sourceBytes } from "./load/source.ts";
import type { Entry, WebSource } from "./types.ts";

export * from "./common.ts";
export { loadPool } from "./pool/no-threads.ts";

const host: Host = {
  core: compileOnce(async (build) => WebAssembly.compile(build === "relaxed" ? relaxed : baseline)),
  bytes: sourceBytes,
  maxMemory: 2 ** 30,
};

export const load: Entry<WebSource>["load"] = (source, options) => loadWith(host, source, options);
