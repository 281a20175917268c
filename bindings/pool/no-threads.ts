/** The pool of a host that has no threads. */
import { BsnnError } from "../error.ts";
import type { Entry, WebSource } from "../types.ts";

/** Rejects with `unsupported`, always. */
export const loadPool: Entry<WebSource>["loadPool"] = async () => {
  throw new BsnnError("unsupported", "this host has no threads for a pool of workers; load gives one network");
};
