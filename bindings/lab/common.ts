/** What every host's entry of `bsnn/lab` exports beside its loader. */
export { BsnnError } from "../error.ts";
export type { LabLoadOptions } from "./load.ts";
export type * from "./types.ts";
