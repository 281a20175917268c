/** Checks of a PNG file before it is decoded: that its compressed data are not far more than its image. */

/** Compressed bytes that may always be decoded: at most a thousand times as many come out. */
const FREE_BYTES = 2 ** 14;
/** Bytes beside the image's own that may come out; some encoders leave a few. */
const FREE_SURPLUS = 2 ** 16;

/** Bytes inflated at a time: no stream can be ended in the middle of them. */
const PIECE = 2 ** 12;

const IDAT = 0x49444154;
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

/** Bodies of the chunks of image data. */
function imageData(file: Uint8Array, view: DataView): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let at = 8;
  while (at + 12 <= file.length) {
    const size = view.getUint32(at);
    if (view.getUint32(at + 4) === IDAT) parts.push(file.subarray(at + 8, at + 8 + size));
    at += 12 + size;
  }
  return parts;
}

/** Bytes of the image before compression: rows with a byte each for their filter. */
function rawBytes(view: DataView): number {
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const bits = view.getUint8(24) * (CHANNELS[view.getUint8(25)] ?? 4);
  const passes = view.getUint8(28) === 1 ? PASSES : [[0, 0, 1, 1]];
  return passes.reduce((sum, [left, top, across, down]) => {
    const columns = Math.max(0, Math.ceil((width - left) / across));
    const rows = Math.max(0, Math.ceil((height - top) / down));
    return sum + (columns && rows * (1 + Math.ceil((columns * bits) / 8)));
  }, 0);
}

function* pieces(parts: readonly Uint8Array[]): Generator<Uint8Array<ArrayBuffer>> {
  for (const part of parts) for (let at = 0; at < part.length; at += PIECE) yield part.slice(at, at + PIECE);
}

/**
 * Inflates a PNG's data, keeping nothing, as far as its image reaches. On a host that has no streams for it nothing is checked.
 * @param file with a complete header
 * @throws Error where far more comes out
 */
export async function checkPng(file: Uint8Array): Promise<void> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const parts = imageData(file, view);
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  if (size <= FREE_BYTES || typeof DecompressionStream === "undefined") return;
  const most = 2 * rawBytes(view) + FREE_SURPLUS;
  const source = pieces(parts);
  const compressed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const { done, value } = source.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
  const reader = compressed.pipeThrough(new DecompressionStream("deflate")).getReader();
  let inflated = 0;
  try {
    while (inflated <= most) {
      const { done, value } = await reader.read();
      if (done) return;
      inflated += value.length;
    }
  } catch {
    return; // that it is broken is the decoder's to find
  }
  reader.cancel().catch(() => {});
  throw new Error("a PNG whose data go on after its image");
}
