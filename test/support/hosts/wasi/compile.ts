/** Parts of the WASI command on their own, compiled here. */

import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const FOLDER = "hosts/wasi/command/";
/** Lays texts out as the build does. */
const TEXT = "./scripts/utf8-text.mjs";
const PROJECT = fileURLToPath(new URL("../../../../", import.meta.url));

/** A module's functions, and memory to hand them bytes in. */
export interface Part {
  readonly memory: WebAssembly.Memory;
  /** Calls an exported function. */
  call(name: string, ...args: number[]): number;
  /** Value of an exported global. */
  value(name: string): number;
  /** Copies bytes to a place that the module does not use. */
  place(bytes: Uint8Array): number;
  /** Bytes in the module's memory. */
  read(pointer: number, size: number): Uint8Array;
}

/** Compiles files of hosts/wasi/command/ (or of assembly/) with everything they export. */
export async function compile(files: readonly string[], imports: WebAssembly.Imports = {}): Promise<Part> {
  const written: BufferSource[] = [];
  const paths = files.map((file) => (file.startsWith("assembly/") ? file : FOLDER + file));
  const options = [
    "--config",
    "none",
    "--runtime",
    "stub",
    "--enable",
    "simd",
    "--use",
    "abort=",
    "--noAssert",
    "--transform",
    TEXT,
  ];
  const { error, stderr } = await asc.main([...paths, ...options, "--baseDir", PROJECT, "--outFile", "part.wasm"], {
    writeFile: (_name: string, contents: string | Uint8Array) => {
      if (typeof contents !== "string") written.push(contents as BufferSource);
    },
  });
  if (error) throw new Error(`${files.join(", ")}: ${stderr.toString()}`);
  const instance = await WebAssembly.instantiate(await WebAssembly.compile(written[0]), imports);
  const exports = instance.exports as Record<string, unknown>;
  const memory = exports.memory as WebAssembly.Memory;
  memory.grow(16);
  let free = memory.buffer.byteLength - 2 ** 20;
  return {
    memory,
    call: (name, ...args) => (exports[name] as (...args: number[]) => number)(...args),
    value: (name) => (exports[name] as WebAssembly.Global).value,
    place(bytes) {
      const pointer = free;
      free += (bytes.length + 31) & ~15;
      new Uint8Array(memory.buffer, pointer, bytes.length).set(bytes);
      return pointer;
    },
    read: (pointer, size) => new Uint8Array(memory.buffer, pointer, size).slice(),
  };
}
