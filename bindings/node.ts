/** bsnn on Node: the core and models given by path are read as files. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { compileOnce } from "./load/cache.ts";
import { fileBytes } from "./load/file.ts";
import { loadWith } from "./load/load.ts";
import { loadPoolWith, type PoolHost } from "./pool/pool.ts";
import { threadWorker } from "./pool/thread.ts";
import type { Entry, FileSource } from "./types.ts";

export * from "./common.ts";

const startWorker = () => threadWorker(new Worker(new URL("../dist/node-worker.js", import.meta.url)));

// The core is read at once, as scripts are: a file of 33 kB, for which what reads files later would have to be loaded.
const host: PoolHost = {
  core: compileOnce(async (build) =>
    build === "relaxed"
      ? WebAssembly.compile(readFileSync(new URL("../dist/core.relaxed.wasm", import.meta.url)))
      : WebAssembly.compile(await baselineBytes()),
  ),
  bytes: fileBytes,
  startWorker,
  processors: () => availableParallelism(),
  threads: {
    core: compileOnce(async (build) =>
      WebAssembly.compile(
        readFileSync(
          build === "relaxed"
            ? new URL("../dist/core.threads.relaxed.wasm", import.meta.url)
            : new URL("../dist/core.threads.wasm", import.meta.url),
        ),
      ),
    ),
    startWorker,
  },
};

/** The file, or what a script holds where a bundler has left the file behind. */
async function baselineBytes(): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return readFileSync(new URL("../dist/core.wasm", import.meta.url));
  } catch (reason) {
    const inline = await import("./inline-core.ts").catch(() => {
      throw reason;
    });
    return inline.baseline;
  }
}

export const load: Entry<FileSource>["load"] = (source, options) => loadWith(host, source, options);
export const loadPool: Entry<FileSource>["loadPool"] = (source, options) => loadPoolWith(host, source, options);
