/**
 * A PNG file read chunk by chunk before it is decoded: that all of it is there and undamaged, that its compressed data can hold its image,
 * and are not far more than it. The decoder then gets only what was read here.
 */

import { crc32 } from "./crc32.ts";

/** A file that is broken, or holds less, or makes more work, than its own header says. */
export class PngFileError extends Error {
  override readonly name = "PngFileError";
}

function fail(text: string): never {
  throw new PngFileError(text);
}

/** Bytes that come out of a compressed one at most: 258 of two bits. */
const MOST_OF_ONE = 1032;
/** Compressed bytes that may always be decoded: at most a thousand times as many come out. */
const FREE_BYTES = 2 ** 14;
/** Bytes beside the image's own that may come out; some encoders leave a few. */
const FREE_SURPLUS = 2 ** 16;

/** Bytes inflated at a time: no stream can be ended in the middle of them. */
const PIECE = 2 ** 12;

const IHDR = 0x49484452;
const PLTE = 0x504c5445;
const IDAT = 0x49444154;
const IEND = 0x49454e44;
const E_XIF = 0x65584966;
/** Kinds whose first letter is small may be left aside. */
const ANCILLARY = 0x20000000;
const SIGNATURE = 8;
/** Bytes of a chunk beside its body: length and kind before it, the sum behind it. */
const [BEFORE, BESIDE] = [8, 12];
const MOST_PALETTE = 3 * 256;
/** Samples of a pixel by colour type. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** First column and row, and distances, of the passes of an interlaced image. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** Chunks that an image is made of, each with all that is beside its body. */
interface Chunks {
  readonly header: Uint8Array;
  readonly palette: Uint8Array | null;
  readonly data: readonly Uint8Array[];
}

const bodyOf = (chunk: Uint8Array): Uint8Array => chunk.subarray(BEFORE, chunk.length - 4);

/** Reads all chunks up to the one that ends the file. @throws PngFileError */
function readChunks(file: Uint8Array): Chunks {
  const view = viewOf(file);
  let header: Uint8Array | null = null;
  let palette: Uint8Array | null = null;
  const data: Uint8Array[] = [];
  let last = 0;
  for (let at = SIGNATURE; ; ) {
    const end = at + BESIDE > file.length ? Number.POSITIVE_INFINITY : at + BESIDE + view.getUint32(at);
    if (end > file.length) fail("a PNG that is truncated or corrupt");
    const kind = view.getUint32(at + 4);
    const chunk = file.subarray(at, end);
    const matters = (kind & ANCILLARY) === 0 || kind === E_XIF;
    if (matters && crc32(chunk.subarray(4, chunk.length - 4)) !== view.getUint32(end - 4))
      fail("a PNG that is damaged");
    if ((kind === IHDR) !== (header === null)) fail("a PNG with a bad header");
    if (kind === IHDR) header = chunk;
    else if (kind === PLTE) {
      const size = chunk.length - BESIDE;
      if (palette || data.length > 0 || size === 0 || size > MOST_PALETTE || size % 3 > 0)
        fail("a PNG with a bad palette");
      palette = chunk;
    } else if (kind === IDAT) {
      if (data.length > 0 && last !== IDAT) fail("a PNG whose data lie apart");
      data.push(chunk);
    } else if (kind === IEND) return { header: header!, palette, data };
    else if (matters && kind !== E_XIF) fail("a PNG with a chunk of an unknown kind");
    last = kind;
    at = end;
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The Exif block of a file that has been checked; null where there is none. */
export function pngExif(file: Uint8Array): Uint8Array | null {
  const view = viewOf(file);
  for (let at = SIGNATURE; ; ) {
    const kind = view.getUint32(at + 4);
    const end = at + BESIDE + view.getUint32(at);
    if (kind === E_XIF) return bodyOf(file.subarray(at, end));
    if (kind === IEND) return null;
    at = end;
  }
}

/** Bytes of the image before compression: rows with a byte each for their filter. */
function rawBytes(header: Uint8Array): number {
  const view = viewOf(header);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const bits = view.getUint8(8) * (CHANNELS[view.getUint8(9)] ?? 4);
  const passes = view.getUint8(12) === 1 ? PASSES : [[0, 0, 1, 1]];
  return passes.reduce((sum, [left, top, across, down]) => {
    const columns = Math.max(0, Math.ceil((width - left) / across));
    const rows = Math.max(0, Math.ceil((height - top) / down));
    return sum + (columns && rows * (1 + Math.ceil((columns * bits) / 8)));
  }, 0);
}

/**
 * Inflates a PNG's data, keeping nothing, as far as its image reaches. On a host that has no streams for it nothing is inflated.
 * @throws PngFileError where far more comes out
 */
export async function checkData({ data, raw }: PlainPng): Promise<void> {
  if (data.length <= FREE_BYTES || typeof DecompressionStream === "undefined") return;
  const most = 2 * raw + FREE_SURPLUS;
  let at = 0;
  const compressed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (at >= data.length) return controller.close();
      controller.enqueue(data.slice(at, at + PIECE));
      at += PIECE;
    },
  });
  const { read, cancel } = piecesOf(compressed.pipeThrough(new DecompressionStream("deflate")));
  let inflated = 0;
  try {
    while (inflated <= most) {
      const { done, value } = await read();
      if (done) return;
      inflated += value?.byteLength ?? 0;
    }
  } catch {
    return; // that it is broken is the decoder's to find
  }
  cancel().catch(() => {});
  fail("a PNG whose data go on after its image");
}

/** What a stream gives next. */
interface Piece {
  readonly done: boolean;
  readonly value?: Uint8Array<ArrayBuffer> | undefined;
}

/** Reads a stream away, piece by piece; into one buffer where the host can, so that nothing is left to collect. */
function piecesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): {
  read(): Promise<Piece>;
  cancel(): Promise<void>;
} {
  let reader: ReadableStreamBYOBReader;
  try {
    reader = stream.getReader({ mode: "byob" });
  } catch {
    const plain = stream.getReader();
    return { read: () => plain.read(), cancel: () => plain.cancel() };
  }
  let buffer = new ArrayBuffer(2 ** 16);
  const read = async () => {
    const piece = (await reader.read(new Uint8Array(buffer))) as Piece;
    if (piece.value) buffer = piece.value.buffer;
    return piece;
  };
  return { read, cancel: () => reader.cancel() };
}

/** One chunk of all the data: each of many costs a decoder a call. */
function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0];
  const size = chunks.reduce((sum, { length }) => sum + length - BESIDE, 0);
  const chunk = new Uint8Array(size + BESIDE);
  const view = viewOf(chunk);
  view.setUint32(0, size);
  view.setUint32(4, IDAT);
  let at = BEFORE;
  for (const part of chunks) {
    chunk.set(bodyOf(part), at);
    at += part.length - BESIDE;
  }
  view.setUint32(at, crc32(chunk.subarray(4, at)));
  return chunk;
}

const END = Uint8Array.of(0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82);

/** The same image in a file for a decoder, without what it does not need or would change its samples by. */
export interface PlainPng {
  readonly file: Uint8Array;
  /** Its compressed data, in the file. */
  readonly data: Uint8Array;
  /** Bytes of the image before compression. */
  readonly raw: number;
}

/**
 * Checks all of a PNG but what its data inflate to, in time linear in the file's bytes. An index beyond the palette is no damage: the
 * decoder takes black for it, as libpng and Pillow do.
 * @returns a copy without transparency, profiles of colours, other frames and texts
 * @throws PngFileError
 */
export function plainPng(file: Uint8Array): PlainPng {
  const { header, palette, data: chunks } = readChunks(file);
  if (header.length !== 13 + BESIDE) fail("a PNG with a bad header");
  if (chunks.length === 0) fail("a PNG without data");
  const data = joined(chunks);
  const raw = rawBytes(bodyOf(header));
  if (raw > (data.length - BESIDE) * MOST_OF_ONE) fail("a PNG whose data end before its image");
  const parts = [file.subarray(0, SIGNATURE), header, ...(palette ? [palette] : []), data, END];
  const plain = new Uint8Array(parts.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const part of parts) {
    plain.set(part, at);
    at += part.length;
  }
  const end = plain.length - END.length;
  return { file: plain, data: bodyOf(plain.subarray(end - data.length, end)), raw };
}
