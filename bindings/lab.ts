/** bsnn for research on Node and Bun: comparisons that deployed networks have no use for, in a build of the core of their own. */
import { readFile } from "node:fs/promises";
import { loadLab } from "./lab/load.ts";
import type { LabLoadOptions, LabNetwork } from "./lab/types.ts";
import { compileOnce } from "./load/cache.ts";
import { fileBytes } from "./load/file.ts";
import type { Host } from "./load/load.ts";
import type { FileSource } from "./types.ts";

export * from "./lab/common.ts";

const host: Host = {
  core: compileOnce(async () => WebAssembly.compile(await readFile(new URL("../dist/core.lab.wasm", import.meta.url)))),
  bytes: fileBytes,
};

/**
 * Loads a model for research.
 * @param source as for `load` of the main entry
 * @throws BsnnError as `load` does, and `bad-model` where the schedules of the file do not fit its network
 */
export const load = (source: FileSource, options?: LabLoadOptions | null): Promise<LabNetwork> =>
  loadLab(host, source, options);
