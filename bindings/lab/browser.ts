/** bsnn for research in browsers: the core is fetched from the folder above this file. */
import { compileOnce } from "../load/cache.ts";
import { fetchCore } from "../load/fetch-core.ts";
import type { Host } from "../load/load.ts";
import { sourceBytes } from "../load/source.ts";
import type { WebSource } from "../types.ts";
import { loadLab } from "./load.ts";
import type { LabLoadOptions, LabNetwork } from "./types.ts";

export * from "./common.ts";

const host: Host = {
  // Written out in full: bundlers recognise the pattern and carry the file along.
  core: compileOnce(() => fetchCore(new URL("../core.lab.wasm", import.meta.url))),
  bytes: sourceBytes,
  maxMemory: 2 ** 30,
};

/** As in bindings/lab.ts, from what a page can read. */
export const load = (source: WebSource, options?: LabLoadOptions | null): Promise<LabNetwork> =>
  loadLab(host, source, options);
