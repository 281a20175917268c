/** What the entries of all hosts offer alike. */
export { BsnnError } from "./error.ts";
export { type Host, loadWith } from "./load/load.ts";
export type * from "./types.ts";
