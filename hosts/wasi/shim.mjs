/**
 * Runs the WASI command on @bjorn3/browser_wasi_shim, which is all JavaScript: in a page, a worker or any engine. Files and
 * the input are bytes in memory.
 */
import { ConsoleStdout, Directory, File, OpenFile, PreopenDirectory, WASI } from "@bjorn3/browser_wasi_shim";

/** Collects what the command writes. */
class Sink {
  #chunks = [];
  fd = new ConsoleStdout((bytes) => this.#chunks.push(bytes.slice()));

  async text() {
    return await new Blob(this.#chunks).text();
  }
}

/** Folders and files for a map of paths to bytes; `..` leads nowhere. */
function tree(files) {
  const root = new Map();
  for (const [path, bytes] of files) {
    const parts = path.split("/").filter((part) => part !== "" && part !== ".");
    const name = parts.pop();
    let folder = root;
    for (const part of parts) {
      if (!folder.has(part)) folder.set(part, new Directory(new Map()));
      folder = folder.get(part).contents;
    }
    folder.set(name, new File(bytes, { readonly: true }));
  }
  return root;
}

/**
 * @param {WebAssembly.Module} command bsnn.wasi.wasm
 * @param {string[]} args options and the model's name
 * @param {Map<string, Uint8Array>} files what the command finds in its folder, by path
 * @param {Uint8Array} input its standard input
 * @returns {Promise<{ code: number, output: string, errors: string }>}
 */
export async function run(command, args, files, input) {
  const output = new Sink();
  const errors = new Sink();
  const wasi = new WASI(
    ["bsnn.wasi.wasm", ...args],
    [],
    [new OpenFile(new File(input)), output.fd, errors.fd, new PreopenDirectory(".", tree(files))],
    { debug: false },
  );
  const instance = await WebAssembly.instantiate(command, { wasi_snapshot_preview1: wasi.wasiImport });
  const code = wasi.start(instance);
  return { code, output: await output.text(), errors: await errors.text() };
}
