/** Bytes that a user's page has to fetch, compressed. */
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { CORES } from "./programs.ts";

export interface Shipped {
  readonly what: string;
  readonly bytes: number;
  readonly gzipped: number;
}

const require = createRequire(import.meta.url);
const ORT = dirname(require.resolve("onnxruntime-web"));

/** onnxruntime-web's WebAssembly for the processor alone. */
export const ORT_WASM = join(ORT, "ort-wasm-simd-threaded.wasm");

/** What each runtime needs to answer on one thread in a browser, without models. */
export function shippedBytes(): Shipped[] {
  const of = (what: string, path: string): Shipped => {
    // Node's own zlib packs a hundredth worse.
    const packed = execFileSync("gzip", ["-9c", path], { maxBuffer: 1 << 24 });
    return { what, bytes: statSync(path).size, gzipped: packed.length };
  };
  return [
    of("core, baseline", CORES.baseline),
    of("core, relaxed", CORES.relaxed),
    of("bindings (browser.js)", fileURLToPath(new URL("../../dist/browser.js", import.meta.url))),
    of("onnxruntime-web, wasm", ORT_WASM),
    of("onnxruntime-web, glue", join(ORT, "ort-wasm-simd-threaded.mjs")),
    of("onnxruntime-web, JS (ort.wasm.min.mjs)", join(ORT, "ort.wasm.min.mjs")),
  ];
}
