/** bsnn on Deno: the core is imported as source, which asks for no permission; models given by path are read as files. */
import { baseline, relaxed } from "./deno-core.js";
import { fileBytes } from "./load/file.ts";
import { loadWith } from "./load/load.ts";
import { loadPoolWith, type PoolHost } from "./pool/pool.ts";
import { webWorker } from "./pool/web-worker.ts";
import type { Entry, FileSource } from "./types.ts";

export * from "./common.ts";

/** From JSR this module is run as it is written, from npm bundled. */
const workerFile = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./worker.js";

const startWorker = () => webWorker(new Worker(new URL(workerFile, import.meta.url), { type: "module" }));

const host: PoolHost = {
  core: async (build) => (build === "relaxed" ? relaxed : baseline),
  bytes: fileBytes,
  startWorker,
  processors: () => navigator.hardwareConcurrency,
  threads: {
    core: async (build) => (await import("./network/deno-threads.js"))[build],
    startWorker,
  },
};

export const load: Entry<FileSource>["load"] = (source, options) => loadWith(host, source, options);
export const loadPool: Entry<FileSource>["loadPool"] = (source, options) => loadPoolWith(host, source, options);
