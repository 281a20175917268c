/** JPEG files for tests, written by the encoder that belongs to the decoder in use. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import encode, { init } from "@jsquash/jpeg/encode.js";

/** @param data RGBA, 8 bits each, row by row */
export async function encodeJpeg(
  width: number,
  height: number,
  data: Uint8ClampedArray,
): Promise<Uint8Array<ArrayBuffer>> {
  const path = createRequire(import.meta.url).resolve("@jsquash/jpeg/codec/enc/mozjpeg_enc.wasm");
  await init(new WebAssembly.Module(readFileSync(path)) as unknown as Parameters<typeof init>[0]);
  return new Uint8Array(await encode({ width, height, data } as ImageData, { progressive: true }));
}
