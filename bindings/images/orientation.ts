/** The orientation tag that cameras leave in a file, and the turn that it asks for. */

import type { ImageHeader } from "./header.ts";
import { type DecodedImage, release } from "./image.ts";
import { nextSegment, SOS } from "./jpeg-file.ts";
import { pngExif } from "./png-file.ts";

/** As Exif numbers them: 1 as stored, 2…8 mirrored or turned. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0];
const APP1 = 0xe1;
const TAG = 0x0112;
/** Types of whole numbers in Exif, and their bytes. */
const BYTES: Readonly<Record<number, 1 | 2 | 4>> = { 1: 1, 3: 2, 4: 4 };

/**
 * Reads the tag of a file that could be decoded.
 * @returns 1 where there is none, or one that says nothing
 */
export function orientationOf(file: Uint8Array, { format }: ImageHeader): Orientation {
  const exif = format === "png" ? pngExif(file) : jpegExif(file);
  const found = exif && exif.length >= 8 ? readTag(new DataView(exif.buffer, exif.byteOffset, exif.byteLength)) : 1;
  return found >= 2 && found <= 8 ? (found as Orientation) : 1;
}

/** The first Exif segment before the image data of a file that has been checked. */
function jpegExif(file: Uint8Array): Uint8Array | null {
  for (let at = 2; ; ) {
    const { marker, body, end } = nextSegment(file, at);
    if (marker === APP1 && EXIF.every((byte, i) => body[i] === byte)) return body.subarray(EXIF.length);
    if (marker === SOS) return null;
    at = end;
  }
}

/** The tag in the first directory of an Exif block; 1 where it is not there, or the block is broken. */
function readTag(exif: DataView): number {
  const order = exif.getUint16(0);
  const little = order === 0x4949;
  if ((!little && order !== 0x4d4d) || exif.getUint16(2, little) !== 42) return 1;
  const directory = exif.getUint32(4, little);
  if (directory + 2 > exif.byteLength) return 1;
  const count = exif.getUint16(directory, little);
  for (let i = 0; i < count; i++) {
    const entry = directory + 2 + 12 * i;
    if (entry + 12 > exif.byteLength) return 1;
    if (exif.getUint16(entry, little) !== TAG) continue;
    const size = BYTES[exif.getUint16(entry + 2, little)];
    if (size === 1) return exif.getUint8(entry + 8);
    if (size === 2) return exif.getUint16(entry + 8, little);
    return size === 4 ? exif.getUint32(entry + 8, little) : 1;
  }
  return 1;
}

/** Turns an image as its tag says, pixel by pixel; the one given is used up. */
export function turned(image: DecodedImage, orientation: Orientation): DecodedImage {
  if (orientation === 1) return image;
  const { width, height } = image;
  // Pixels are moved whole, from where they lie if that is possible.
  const own = image.data.byteOffset % 4 === 0 ? image.data : image.data.slice();
  const stored = new Uint32Array(own.buffer, own.byteOffset, width * height);
  const data = new Uint8ClampedArray(image.data.length);
  const pixels = new Uint32Array(data.buffer);
  const across = orientation >= 5;
  // From 5 on rows and columns change places; of these, as of the others, one or both may run backwards.
  const right = orientation === 2 || orientation === 3 || orientation === 7 || orientation === 8;
  const bottom = orientation === 3 || orientation === 4 || orientation === 6 || orientation === 7;
  let at = 0;
  for (let y = 0; y < (across ? width : height); y++) {
    for (let x = 0; x < (across ? height : width); x++) {
      const column = across ? y : x;
      const row = across ? x : y;
      pixels[at++] = stored[(bottom ? height - 1 - row : row) * width + (right ? width - 1 - column : column)];
    }
  }
  release(image);
  return { width: across ? height : width, height: across ? width : height, data };
}
