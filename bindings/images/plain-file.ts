/** What a decoder gets in place of a file: checked, and without what it does not need. */

import type { ImageHeader } from "./header.ts";
import { release } from "./image.ts";
import { checkedJpeg } from "./jpeg-file.ts";
import { type Orientation, orientationOf } from "./orientation.ts";
import { checkData, plainPng } from "./png-file.ts";

export interface PlainFile {
  /** A copy. */
  readonly data: Uint8Array;
  /** How what is decoded is to be turned. */
  readonly orientation: Orientation;
}

/**
 * Checks and copies a file. All that is taken from it is taken at the call: what becomes of it later does not matter.
 * @throws PngFileError, JpegFileError
 */
export async function plainFile(file: Uint8Array, header: ImageHeader): Promise<PlainFile> {
  if (header.format === "jpeg") {
    const data = checkedJpeg(file);
    return { data, orientation: orientationOf(file, header) };
  }
  const png = plainPng(file);
  const orientation = orientationOf(file, header);
  try {
    await checkData(png);
  } catch (error) {
    release({ data: png.file });
    throw error;
  }
  return { data: png.file, orientation };
}
