/** Writes PNG files of any colour type, for tests. */

import { deflateSync } from "node:zlib";
import { pngChunk } from "./any-png.ts";

const CHANNELS = { grey: 1, rgb: 3, greyAlpha: 2, rgba: 4 } as const;
const COLOUR_TYPES = { grey: 0, rgb: 2, greyAlpha: 4, rgba: 6 } as const;

/**
 * Encodes samples, row by row, channels last.
 * @param bits 8 or 16 per sample; samples of 16 bits are 0…65535
 * @param exif body of an eXIf chunk
 */
export function encodePng(
  width: number,
  height: number,
  kind: keyof typeof CHANNELS,
  samples: ArrayLike<number>,
  bits: 8 | 16 = 8,
  exif?: Uint8Array,
): Buffer {
  const row = width * CHANNELS[kind];
  const bytes = bits / 8;
  const raw = Buffer.alloc(height * (1 + row * bytes));
  for (let y = 0; y < height; y++) {
    for (let i = 0; i < row; i++) raw.writeUIntBE(samples[y * row + i], y * (1 + row * bytes) + 1 + i * bytes, bytes);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header[8] = bits;
  header[9] = COLOUR_TYPES[kind];
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const end = pngChunk("IEND", new Uint8Array());
  const tags = exif ? [pngChunk("eXIf", exif)] : [];
  return Buffer.concat([signature, pngChunk("IHDR", header), ...tags, pngChunk("IDAT", deflateSync(raw)), end]);
}
