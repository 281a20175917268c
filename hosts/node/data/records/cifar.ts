/** CIFAR-10 and CIFAR-100 in their binary version: records of labels and three planes of 32×32 samples. */

import { InputError } from "../../report/failure.ts";
import type { Records, Split } from "./records.ts";

const SIDE = 32;
const PLANE = SIDE * SIDE;
const SAMPLES = 3 * PLANE;

/** A file of records. */
export interface RecordFile {
  /** Without folders. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The files of each part, of the one and of the other, and how many labels stand before an image; the last is the class. */
const KINDS = [
  { train: /^data_batch_[1-5]\.bin$/, test: /^test_batch\.bin$/, names: "batches.meta.txt", labels: 1 },
  { train: /^train\.bin$/, test: /^test\.bin$/, names: "fine_label_names.txt", labels: 2 },
] as const;

/** Whether a file belongs to such a data set, by its name. */
export function isCifarFile(name: string): boolean {
  return KINDS.some(({ train, test, names }) => train.test(name) || test.test(name) || names === name);
}

/**
 * Reads a part of a data set.
 * @param path of the archive or folder that the files are from, for messages
 * @throws InputError where the files are none of a data set, or cut off
 */
export function readCifar(path: string, files: readonly RecordFile[], split: Split): Records {
  const kind = KINDS.find((one) => files.some(({ name }) => one[split].test(name)));
  if (!kind) {
    throw new InputError(
      `${path}: holds no ${split === "train" ? "training" : "test"} images of CIFAR-10 or CIFAR-100 in their binary version`,
    );
  }
  const chosen = files.filter(({ name }) => kind[split].test(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const meta = files.find(({ name }) => name === kind.names);
  const names = meta ? new TextDecoder().decode(meta.bytes).split(/\r?\n/).filter(Boolean) : null;
  return joined(path, chosen, kind.labels, names);
}

/**
 * Reads one file: which of the two it is its name tells, or its length.
 * @throws InputError where it is cut off, or can be either
 */
export function readCifarFile(path: string, file: RecordFile): Records {
  const named = KINDS.find(({ train, test }) => train.test(file.name) || test.test(file.name));
  if (named) return joined(path, [file], named.labels, null);
  const { length } = file.bytes;
  const [fits, other] = KINDS.filter(({ labels }) => length > 0 && length % (labels + SAMPLES) === 0);
  if (other) {
    const ways = KINDS.map(({ labels }) => `${length / (labels + SAMPLES)} records of ${labels + SAMPLES} bytes`);
    throw new InputError(
      `${path}: can be ${ways.join(" or ")}; a name as in the archives of CIFAR-10 and CIFAR-100 tells which`,
    );
  }
  return joined(path, [file], (fits ?? KINDS[0]).labels, null);
}

function joined(path: string, files: readonly RecordFile[], labels: number, names: readonly string[] | null): Records {
  const size = labels + SAMPLES;
  for (const { name, bytes } of files) {
    if (bytes.length > 0 && bytes.length % size === 0) continue;
    const where = path.endsWith(name) ? path : `${path}: ${name}`;
    throw new InputError(
      `${where}: has ${bytes.length} bytes, which are no whole records of ${size}; it may be cut off`,
    );
  }
  const starts = files.flatMap(({ bytes }) =>
    Array.from({ length: bytes.length / size }, (_, i) => bytes.subarray(i * size, (i + 1) * size)),
  );
  const odd = names && starts.find((record) => record[labels - 1] >= names.length);
  if (odd) throw new InputError(`${path}: holds class ${odd[labels - 1]}, though it names ${names.length} classes`);
  return {
    path,
    count: starts.length,
    height: SIDE,
    width: SIDE,
    channels: 3,
    labels: Uint8Array.from(starts, (record) => record[labels - 1]),
    names,
    pixels: (index) => interleaved(starts[index].subarray(labels)),
  };
}

function interleaved(planes: Uint8Array): Uint8Array {
  const samples = new Uint8Array(SAMPLES);
  for (let i = 0; i < PLANE; i++) {
    for (let c = 0; c < 3; c++) samples[3 * i + c] = planes[c * PLANE + i];
  }
  return samples;
}
