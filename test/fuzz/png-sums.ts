/** The sums of a PNG's chunks, put right, so that what they cover is met by the decoder. */

import { crc32 } from "node:zlib";

const SIGNATURE = 0x89504e47;

/** @returns the file with the sum of every whole chunk as it should be; any other file as it is */
export function withSums(file: Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 8 || view.getUint32(0) !== SIGNATURE) return file;
  for (let at = 8; at + 12 <= file.length; ) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > file.length) break;
    view.setUint32(end, crc32(file.subarray(at + 4, end)));
    at = end + 4;
  }
  return file;
}
