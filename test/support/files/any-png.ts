/** Writes PNG files of every colour type, depth and order of rows, of whatever chunks; for tests, and slow. */

import { crc32, deflateSync } from "node:zlib";

/** Samples of a pixel, and the depths that there are, by colour type. */
export const COLOUR_TYPES: Readonly<Record<number, { readonly samples: number; readonly depths: readonly number[] }>> =
  {
    0: { samples: 1, depths: [1, 2, 4, 8, 16] },
    2: { samples: 3, depths: [8, 16] },
    3: { samples: 1, depths: [1, 2, 4, 8] },
    4: { samples: 2, depths: [8, 16] },
    6: { samples: 4, depths: [8, 16] },
  };

/** First column and row, and distances, of the passes of interlaced images. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

export interface AnyPng {
  readonly width: number;
  readonly height: number;
  readonly colourType: number;
  readonly depth: number;
  readonly interlaced?: boolean;
  /** Samples row by row, 0…2^depth − 1. */
  readonly samples: ArrayLike<number>;
  readonly palette?: Uint8Array;
  readonly transparency?: Uint8Array;
  /** Chunks before the data. */
  readonly before?: readonly Buffer[];
  /** Pieces that the data come in. */
  readonly pieces?: number;
  /** Changes the rows before they are compressed, or what is compressed. */
  readonly rows?: (rows: Buffer) => Uint8Array;
  readonly compressed?: (data: Buffer) => Uint8Array;
}

/** A chunk, with the sum that it should have. */
export function pngChunk(kind: string, body: Uint8Array): Buffer {
  const chunk = Buffer.alloc(body.length + 12);
  chunk.writeUInt32BE(body.length);
  chunk.write(kind, 4, "latin1");
  chunk.set(body, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, body.length + 8)), body.length + 8);
  return chunk;
}

/** A row's bytes behind the byte of its filter, which is the one that each row in turn gets of the five. */
function filtered(raw: Buffer, above: Buffer, filter: number, distance: number): Buffer {
  const row = Buffer.alloc(raw.length + 1);
  row[0] = filter;
  raw.forEach((byte, i) => {
    const left = i >= distance ? raw[i - distance] : 0;
    const corner = i >= distance ? above[i - distance] : 0;
    const estimate = left + above[i] - corner;
    const [a, b, c] = [left, above[i], corner].map((value) => Math.abs(estimate - value));
    const paeth = a <= b && a <= c ? left : b <= c ? above[i] : corner;
    row[i + 1] = byte - [0, left, above[i], (left + above[i]) >> 1, paeth][filter];
  });
  return row;
}

/** Encodes an image; what is said is not looked at. */
export function anyPng({ width, height, colourType, depth, interlaced = false, samples, ...rest }: AnyPng): Buffer {
  const count = COLOUR_TYPES[colourType].samples;
  const rows: Buffer[] = [];
  for (const [left, top, across, down] of interlaced ? ADAM7 : [[0, 0, 1, 1]]) {
    const columns = Math.ceil((width - left) / across);
    if (columns <= 0) continue;
    const size = Math.ceil((columns * count * depth) / 8);
    let above = Buffer.alloc(size);
    for (let y = top; y < height; y += down) {
      const raw = Buffer.alloc(size);
      for (let k = 0; k < columns * count; k++) {
        const sample = samples[(y * width + left + Math.floor(k / count) * across) * count + (k % count)];
        if (depth === 16) raw.writeUInt16BE(sample, 2 * k);
        else raw[(k * depth) >> 3] |= sample << (8 - depth - ((k * depth) & 7));
      }
      rows.push(filtered(raw, above, rows.length % 5, Math.max(1, (count * depth) >> 3)));
      above = raw;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([depth, colourType, 0, 0, Number(interlaced)], 8);
  const { palette, transparency, before = [], pieces = 1, rows: change = (same) => same, compressed } = rest;
  const deflated = deflateSync(change(Buffer.concat(rows)));
  const data = compressed?.(deflated) ?? deflated;
  const cut = (k: number) => Math.floor((k * data.length) / pieces);
  return Buffer.concat([
    Buffer.from("89504e470d0a1a0a", "hex"),
    pngChunk("IHDR", header),
    ...before,
    ...(palette ? [pngChunk("PLTE", palette)] : []),
    ...(transparency ? [pngChunk("tRNS", transparency)] : []),
    ...Array.from({ length: pieces }, (_, k) => pngChunk("IDAT", data.subarray(cut(k), cut(k + 1)))),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}
