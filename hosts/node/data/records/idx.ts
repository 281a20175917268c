/** MNIST's files (IDX): unsigned bytes with their shape before them, images and labels apart. */

import { MAX_PIXELS } from "../../../../bindings/images/reader.ts";
import { InputError } from "../../report/failure.ts";
import { MOST_INPUTS, type Records, type Split } from "./records.ts";

/** Names of MNIST's files, without `.gz`; some copies have a dot for the second hyphen. */
const NAME = /^(?<split>train|t10k)-(?<what>images|labels)[-.]idx(?<axes>[13])-ubyte$/;

/** Whether a file is one of images, by its name. */
export function isIdxImages(name: string): boolean {
  return /(?:^|[-.])images[-.]idx3-ubyte(?:\.gz)?$/.test(name);
}

/** Whether a file is one of labels, by its name. */
export function isIdxLabels(name: string): boolean {
  return /(?:^|[-.])labels[-.]idx1-ubyte(?:\.gz)?$/.test(name);
}

/** Which part of MNIST a file of images is; null where its name does not tell. */
export function splitOfIdx(name: string): Split | null {
  const { split, what } = name.replace(/\.gz$/, "").match(NAME)?.groups ?? {};
  if (what !== "images") return null;
  return split === "train" ? "train" : "test";
}

/** Names that the labels of a file of images may have, packed and not. */
export function labelNames(images: string): string[] {
  const plain = images.replace(/\.gz$/, "").replace("images", "labels").replace("idx3", "idx1");
  return [plain, `${plain}.gz`];
}

interface Idx {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

function parse(path: string, bytes: Uint8Array, axes: number): Idx {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = 4 + 4 * axes;
  if (bytes.length < head || view.getUint16(0) !== 0 || bytes[2] !== 0x08 || bytes[3] !== axes) {
    const found = Buffer.from(bytes.subarray(0, 4)).toString("hex") || "nothing";
    throw new InputError(
      `${path}: begins with ${found}; an IDX file of unsigned bytes in ${axes} axes begins with 0000080${axes}`,
    );
  }
  const shape = Array.from({ length: axes }, (_, i) => view.getUint32(4 + 4 * i));
  const size = shape.reduce((product, n) => product * n, 1);
  if (bytes.length - head !== size) {
    throw new InputError(
      `${path}: holds ${bytes.length - head} values, its header states ${shape.join("×")}; it may be cut off`,
    );
  }
  // Without a limit by the file's length a number of empty images is any.
  if (size === 0) throw new InputError(`${path}: its header states the shape ${shape.join("×")}, which holds nothing`);
  return { shape, data: bytes.subarray(head) };
}

/**
 * Reads images and their labels.
 * @param labels their file, or null where there is none
 * @throws InputError where they are no IDX files of images and as many labels
 */
export function readIdx(
  path: string,
  images: Uint8Array,
  labels: { readonly path: string; readonly bytes: Uint8Array } | null,
): Records {
  const { shape, data } = parse(path, images, 3);
  const [count, height, width] = shape;
  const size = height * width;
  if (count > MOST_INPUTS) throw new InputError(`${path}: holds more than ${MOST_INPUTS} inputs`);
  if (size > MAX_PIXELS) {
    throw new InputError(`${path}: holds images of ${width}×${height} pixels; ${MAX_PIXELS} are supported`);
  }
  const found = labels && parse(labels.path, labels.bytes, 1);
  if (found && found.shape[0] !== count) {
    throw new InputError(`${labels.path}: holds ${found.shape[0]} labels for ${count} images in ${path}`);
  }
  return {
    path,
    count,
    height,
    width,
    channels: 1,
    labels: found?.data ?? null,
    names: null,
    pixels: (index) => new Uint8Array(data.subarray(index * size, (index + 1) * size)),
  };
}
