/** Node 20 has relaxed SIMD behind a flag, which later versions no longer know: with it the relaxed build is tested there too. */

import { setFlagsFromString } from "node:v8";

if (process.versions.node.startsWith("20.")) setFlagsFromString("--experimental-wasm-relaxed-simd");
