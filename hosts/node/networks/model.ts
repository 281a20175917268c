/** The model file of a command, loaded. */

import { load } from "../../../bindings/node.ts";
import type { Network } from "../../../bindings/types.ts";
import { readInput } from "../data/file.ts";

export interface LoadedModel {
  readonly network: Network;
  /** The file's content, so that nothing reads it twice. */
  readonly file: Uint8Array;
}

/**
 * Loads a model file in the core.
 * @param threads that compute an image together
 * @throws InputError naming the file where it cannot be read or is no model
 */
export async function loadModel(path: string, threads = 1): Promise<LoadedModel> {
  const file = await readInput(path);
  try {
    return { network: await load(file, { threads }), file };
  } catch (error) {
    // Loaded where it is needed: a run that answers starts without it.
    throw (await import("./refusal.ts")).refusalOf(path, file, error);
  }
}
