/** JPEG files put together marker by marker, for tests of what decoders must not be given. */

/** One marker with its length and body. */
export function segment(marker: number, body: readonly number[] = []): number[] {
  return [0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255, ...body];
}

const TABLES = [
  ...segment(0xdb, [0, ...Array<number>(64).fill(1)]),
  // One code of one bit, which says "nothing".
  ...segment(0xc4, [0, 1, ...Array<number>(15).fill(0), 0]),
  ...segment(0xc4, [0x10, 1, ...Array<number>(15).fill(0), 0]),
];

/** One scan of a grey image: its coefficients, the bits before and after, and its data. */
export interface GreyScan {
  readonly first: number;
  readonly last: number;
  readonly high: number;
  readonly low: number;
  readonly data: readonly number[];
}

/** A grey JPEG; `frame` is the marker of its header. */
export function greyJpeg(
  frame: number,
  width: number,
  height: number,
  scans: readonly GreyScan[],
): Uint8Array<ArrayBuffer> {
  const size = [8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 0x11, 0];
  const bodies = scans.flatMap(({ first, last, high, low, data }) => [
    ...segment(0xda, [1, 1, 0, first, last, high * 16 + low]),
    ...data,
  ]);
  return Uint8Array.from([0xff, 0xd8, ...TABLES, ...segment(frame, size), ...bodies, 0xff, 0xd9]);
}
