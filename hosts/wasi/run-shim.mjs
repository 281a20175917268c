/** Runs the WASI command on a WASI of plain JavaScript, as a page does: `node run-shim.mjs bsnn.wasi.wasm MODEL < image`. */
import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { run } from "./shim.mjs";

const [file, ...args] = process.argv.slice(2);
const files = new Map();
// The command has no way to the disk here: what may be its model is read for it.
for (const name of args.filter((argument) => !argument.startsWith("-"))) {
  const bytes = await readFile(name).catch(() => null);
  if (bytes) files.set(name, bytes);
}
const command = await WebAssembly.compile(await readFile(file));
const { code, output, errors } = await run(command, args, files, await buffer(process.stdin));
process.stdout.write(output);
process.stderr.write(errors);
process.exitCode = code;
