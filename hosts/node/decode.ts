/** Image files on Node: only where the codecs' modules come from, and how a refusal is told, is Node's. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createImageReader, type DecodedImage, ImageError } from "../../bindings/images/index.ts";
import { InputError } from "./failure.ts";

const require = createRequire(import.meta.url);

function codecModule(path: string): () => WebAssembly.Module {
  return () => new WebAssembly.Module(readFileSync(require.resolve(path)));
}

export const imageReader = createImageReader({
  png: codecModule("@jsquash/png/codec/pkg/squoosh_png_bg.wasm"),
  jpeg: codecModule("@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm"),
  resize: codecModule("@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm"),
});

/**
 * Decodes a PNG or JPEG file; see `ImageReader.decode`.
 * @param bytes the file's content; its type is told by its first bytes
 * @param name of the file, for messages
 * @throws InputError naming the file, what was found and what is supported
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<DecodedImage> {
  try {
    return await imageReader.decode(bytes);
  } catch (error) {
    if (error instanceof ImageError) throw new InputError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}
