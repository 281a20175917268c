/** The model file of a command, loaded. */

import { readFile } from "node:fs/promises";
import { load } from "../../../bindings/node.ts";
import type { Network } from "../../../bindings/types.ts";
import { atPath, InputError } from "../report/failure.ts";

export interface LoadedModel {
  readonly network: Network;
  readonly bytes: number;
}

/**
 * Loads a model file in the core.
 * @throws InputError naming the file where it cannot be read or is no model
 */
export async function loadModel(path: string): Promise<LoadedModel> {
  const bytes = await readFile(path).catch((error) => {
    throw atPath(path, error);
  });
  try {
    return { network: await load(bytes), bytes: bytes.length };
  } catch (error) {
    const bad = error instanceof Error && "code" in error && error.code === "bad-model";
    if (bad) throw new InputError(`${path}: ${error.message}`, { cause: error });
    throw error;
  }
}
