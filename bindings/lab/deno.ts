/** bsnn for research on Deno. */
import { fileBytes } from "../load/file.ts";
import type { Host } from "../load/load.ts";
import type { FileSource } from "../types.ts";
import { lab } from "./deno-core.js";
import { loadLab } from "./load.ts";
import type { LabLoadOptions, LabNetwork } from "./types.ts";

export * from "./common.ts";

const host: Host = { core: async () => lab, bytes: fileBytes };

/** As in bindings/lab.ts. */
export const load = (source: FileSource, options?: LabLoadOptions | null): Promise<LabNetwork> =>
  loadLab(host, source, options);
