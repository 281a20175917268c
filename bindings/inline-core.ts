/** The baseline core inside a script: what an entry falls back to where a bundler has lost the file. */
import bytes from "../dist/core.wasm?inline";

/** Bytes of the build. */
export const baseline: Uint8Array<ArrayBuffer> = bytes;
