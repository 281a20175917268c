/** What the entries of all hosts offer alike. */

export { BsnnError } from "../error.ts";
export type { Fit } from "../types.ts";
export type { Codecs, ModuleSource } from "./codecs.ts";
export { type DecodedImage, ImageError, type ImageFault, type InputShape } from "./image.ts";
export { type ImageEntry, type ImageReader, type ImageReaderOptions, MAX_PIXELS } from "./reader.ts";
export type { BlobSource, Drawable, ImageSource } from "./source.ts";
