/** Writes PNG files of any colour type, for tests. */

import { deflateSync } from "node:zlib";

const CHANNELS = { grey: 1, rgb: 3, greyAlpha: 2, rgba: 4 } as const;
const COLOUR_TYPES = { grey: 0, rgb: 2, greyAlpha: 4, rgba: 6 } as const;

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

function chunk(type: string, body: Uint8Array): Buffer {
  const out = Buffer.alloc(body.length + 12);
  out.writeUInt32BE(body.length);
  out.write(type, 4, "latin1");
  out.set(body, 8);
  out.writeUInt32BE(crc32(out.subarray(4, body.length + 8)), body.length + 8);
  return out;
}

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
  const end = chunk("IEND", new Uint8Array());
  const tags = exif ? [chunk("eXIf", exif)] : [];
  return Buffer.concat([signature, chunk("IHDR", header), ...tags, chunk("IDAT", deflateSync(raw)), end]);
}
