/** What every host's entry of `bsnn/lab` exports beside its loader. */
export { BsnnError } from "../error.ts";
export type * from "./types.ts";
