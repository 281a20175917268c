/** Images on Deno: the codecs' modules are imported as source, which asks for no permission. */

import { jpeg, png, resize } from "./deno-codecs.js";
import { type ImageReader, type ImageReaderOptions, readerWith } from "./reader.ts";

export { ImageError } from "./image.ts";
export { MAX_PIXELS } from "./reader.ts";

/** Prepares to read PNG and JPEG files as input of a network. */
export function createImageReader(options: ImageReaderOptions = {}): ImageReader {
  return readerWith(options.codecs ?? { png, jpeg, resize }, options);
}
