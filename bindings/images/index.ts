/** Images where the host has no way of its own to the codecs' modules, browsers among them: the caller says where they are. */

import { type ImageReader, type ImageReaderOptions, readerWith } from "./reader.ts";

export type { Codecs, ModuleSource } from "./codecs.ts";
export { type DecodedImage, ImageError, type ImageFault, type InputShape } from "./image.ts";
export { type ImageReader, type ImageReaderOptions, MAX_PIXELS } from "./reader.ts";

/**
 * Prepares to read PNG and JPEG files as input of a network.
 * @throws TypeError where the host cannot find the codecs and none are given
 */
export function createImageReader(options: ImageReaderOptions = {}): ImageReader {
  if (!options.codecs)
    throw new TypeError("this host needs to be told where the codecs are: createImageReader({ codecs })");
  return readerWith(options.codecs, options);
}
