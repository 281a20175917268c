/** Runs a WASI command with Node's own WASI, below the current folder: `node run-node.mjs bsnn.wasi.wasm MODEL < image`. */
import { readFile } from "node:fs/promises";
import { WASI } from "node:wasi";

const [file, ...args] = process.argv.slice(2);
const wasi = new WASI({
  version: "preview1",
  args: [file, ...args],
  preopens: { ".": "." },
  returnOnExit: true,
});
const command = await WebAssembly.compile(await readFile(file));
process.exitCode = wasi.start(await WebAssembly.instantiate(command, wasi.getImportObject()));
