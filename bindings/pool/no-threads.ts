import { BsnnError } from "../error.ts";
import type { ModelSource, Pool, PoolOptions } from "../types.ts";

/**
 * This host has no threads.
 * @throws BsnnError `unsupported`, always
 */
export async function loadPool(_source: ModelSource, _options?: PoolOptions): Promise<Pool> {
  throw new BsnnError("unsupported", "this host has no threads for a pool of workers; load gives one network");
}
