/** bsnn in browsers: the core is fetched from beside this file and compiled while it arrives. */
import { compileOnce } from "./load/cache.ts";
import { fetchCore } from "./load/fetch-core.ts";
import { loadWith } from "./load/load.ts";
import { sourceBytes } from "./load/source.ts";
import { loadPoolWith, type PoolHost } from "./pool/pool.ts";
import { webWorker } from "./pool/web-worker.ts";
import type { Entry, WebSource } from "./types.ts";

export * from "./common.ts";

// Written out in full for bundlers, like the addresses below.
const startWorker = () => webWorker(new Worker(new URL("./worker.js", import.meta.url), { type: "module" }));

const host: PoolHost = {
  core: compileOnce(async (build) => {
    // Written out in full: bundlers recognise the pattern and carry the files along.
    if (build === "relaxed") return fetchCore(new URL("./core.relaxed.wasm", import.meta.url));
    return fetchCore(new URL("./core.wasm", import.meta.url)).catch(inlineCore);
  }),
  bytes: sourceBytes,
  maxMemory: 2 ** 30,
  startWorker,
  processors: () => navigator.hardwareConcurrency,
  threads: {
    core: compileOnce(async (build) =>
      fetchCore(
        build === "relaxed"
          ? new URL("./core.threads.relaxed.wasm", import.meta.url)
          : new URL("./core.threads.wasm", import.meta.url),
      ),
    ),
    startWorker,
  },
};

/** The core from a script of its own, for bundlers that do not carry files along; else why there was no file. */
async function inlineCore(reason: unknown): Promise<WebAssembly.Module> {
  const inline = await import("./inline-core.ts").catch(() => {
    throw reason;
  });
  return WebAssembly.compile(inline.baseline);
}

export const load: Entry<WebSource>["load"] = (source, options) => loadWith(host, source, options);
export const loadPool: Entry<WebSource>["loadPool"] = (source, options) => loadPoolWith(host, source, options);
