/** Runs the WASI command with Node's own WASI, below the current folder: `node hosts/wasi/run-node.mjs MODEL < pixels`. */
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const command = await WebAssembly.compile(await readFile(new URL("../../dist/bsnn.wasi.wasm", import.meta.url)));
const wasi = new WASI({
  version: "preview1",
  args: ["bsnn.wasi.wasm", ...process.argv.slice(2)],
  preopens: { ".": "." },
  returnOnExit: true,
});
process.exitCode = wasi.start(await WebAssembly.instantiate(command, wasi.getImportObject()));
