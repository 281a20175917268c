/** bsnn for research, where files are read: early firing, and the network without gating, in a build of the core of its own. */
import { readFile } from "node:fs/promises";
import { CoreLab, type LabCore } from "./lab/network.ts";
import type { LabNetwork } from "./lab/types.ts";
import { compileOnce } from "./load/cache.ts";
import { fileBytes } from "./load/file.ts";
import { chooseCore, type Host } from "./load/load.ts";
import type { FileSource } from "./types.ts";

export { BsnnError } from "./error.ts";
export type * from "./lab/types.ts";

/** Longest file, and most memory that a network may take. */
const MOST_BYTES = 2 ** 31;

/** The baseline build and what research needs; there is no relaxed one. */
const host: Host = {
  core: compileOnce(async () => WebAssembly.compile(await readFile(new URL("../dist/core.lab.wasm", import.meta.url)))),
  bytes: fileBytes,
};

/**
 * Loads a model for research.
 * @param source as for `load` of the main entry
 * @throws BsnnError as `load` does, and `bad-model` where the schedules of the file do not fit its network
 */
export async function load(source: FileSource): Promise<LabNetwork> {
  const { core } = await chooseCore(host, { build: "baseline" });
  core.load(await host.bytes(source, { maxBytes: MOST_BYTES }), MOST_BYTES);
  return new CoreLab(core as LabCore);
}
