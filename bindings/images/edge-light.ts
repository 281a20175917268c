/** Images on Vercel-style edge functions: the codecs' modules are imported, compiled before the worker starts. */

import jpeg from "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm?module";
import png from "@jsquash/png/codec/pkg/squoosh_png_bg.wasm?module";
import resize from "@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm?module";
import { type ImageReader, type ImageReaderOptions, readerWith } from "./reader.ts";

export { ImageError } from "./image.ts";
export { MAX_PIXELS } from "./reader.ts";

/** Prepares to read PNG and JPEG files as input of a network. */
export function createImageReader(options: ImageReaderOptions = {}): ImageReader {
  return readerWith(options.codecs ?? { png, jpeg, resize }, options);
}
