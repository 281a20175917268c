/** Small data sets in the formats of the large ones. */

import { gzipSync } from "node:zlib";
import { createTar } from "nanotar";
import { randomInts } from "../random.ts";

const PLANE = 32 * 32;

/** Samples of image `i`, channels last: noise, which does not pack. */
export function cifarPixels(i: number): Uint8Array {
  return Uint8Array.from(randomInts(i, 3 * PLANE, 0, 255));
}

/** A file of records. `labels` are those before an image, the last of them its class. */
export function cifarFile(labels: readonly (readonly number[])[], first = 0): Uint8Array {
  return Buffer.concat(
    labels.map((before, i) => {
      const samples = cifarPixels(first + i);
      const planes = [0, 1, 2].map((c) => samples.filter((_, k) => k % 3 === c));
      return Buffer.concat([Uint8Array.from(before), ...planes]);
    }),
  );
}

/** An archive of files in a folder. */
export function tarGz(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  const entries = Object.entries(files).map(([name, data]) => ({ name: `folder/${name}`, data, attrs: { mtime: 0 } }));
  return gzipSync(createTar([{ name: "folder/" }, ...entries]));
}

/** A CIFAR-10 archive of a few images: training images of classes 2, 0, 1, 0 in two files, test images of 1, 2. */
export function smallCifar10(): Uint8Array {
  return tarGz({
    "batches.meta.txt": "ant\nbee\ncat\n\n",
    "data_batch_2.bin": cifarFile([[1], [0]], 2),
    "data_batch_1.bin": cifarFile([[2], [0]]),
    "test_batch.bin": cifarFile([[1], [2]], 10),
    "readme.html": "no records",
  });
}

/** An IDX file of unsigned bytes. */
export function idxFile(shape: readonly number[], data: Uint8Array): Uint8Array {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.writeUInt16BE(0x08 * 256 + shape.length, 2);
  shape.forEach((size, i) => {
    head.writeUInt32BE(size, 4 + 4 * i);
  });
  return Buffer.concat([head, data]);
}
