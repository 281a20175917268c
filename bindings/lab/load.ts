/** Loading a model for research, whatever the host. */
import { readOptions } from "../arguments.ts";
import { type Host, loadAs } from "../load/load.ts";
import type { ModelSource } from "../types.ts";
import { CoreLab, type LabCore } from "./network.ts";
import type { LabLoadOptions, LabNetwork } from "./types.ts";

/**
 * Loads a model for research; the `load` of every host's entry is this one with its host filled in.
 * @param host whose `core` is the one for research, whichever build is asked for
 */
export async function loadLab(host: Host, source: ModelSource, options?: LabLoadOptions | null): Promise<LabNetwork> {
  const given = readOptions(options, ["maxMemory", "maxSynapses", "signal"]);
  return loadAs(host, source, { ...given, build: "baseline" }, (core) => new CoreLab(core as LabCore));
}
