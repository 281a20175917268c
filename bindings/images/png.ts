/**
 * The PNG decoder of @jsquash/png, an instance at a time. The package's own JavaScript keeps one instance for ever, and a file
 * that makes the decoder panic leaves its memory behind: after some hundred of them every image fails.
 */

import type { Codec } from "./codec.ts";
import type { DecodedImage } from "./image.ts";

interface PngExports {
  readonly memory: WebAssembly.Memory;
  __wbindgen_malloc(size: number, alignment: number): number;
  __wbindgen_free(pointer: number, size: number, alignment: number): void;
  decode(pointer: number, size: number): number;
}

function refuse(): never {
  throw new Error("unexpected call from the PNG decoder");
}

/** Starts a decoder. */
export async function startPng(module: WebAssembly.Module): Promise<Codec<[file: Uint8Array], DecodedImage>> {
  let image: DecodedImage | undefined;

  // Called with the finished pixels, which are ours to free; the handle that is returned comes back from `decode`.
  const receive = (pointer: number, size: number, width: number, height: number): number => {
    image = { width, height, data: new Uint8ClampedArray(codec.memory.buffer, pointer >>> 0, size).slice() };
    codec.__wbindgen_free(pointer, size, 1);
    return 0;
  };
  const imports: WebAssembly.Imports = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    imports[from][name] = name.startsWith("__wbg_newwithownedu8clampedarray") ? receive : refuse;
  }
  const codec = (await WebAssembly.instantiate(module, imports)).exports as unknown as PngExports;

  return {
    run(file) {
      const pointer = codec.__wbindgen_malloc(file.length, 1) >>> 0;
      new Uint8Array(codec.memory.buffer, pointer, file.length).set(file);
      image = undefined;
      codec.decode(pointer, file.length);
      if (image === undefined) throw new Error("no pixels");
      return image;
    },
    memory: () => codec.memory.buffer.byteLength,
  };
}
