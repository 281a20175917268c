/** Arrays in .npy files. */

import { parse } from "npyjs";
import { InputError } from "../report/failure.ts";
import { readInput } from "./file.ts";

export interface NumericArray {
  readonly path: string;
  readonly shape: readonly number[];
  /** How far apart in `data` neighbours along each axis lie. */
  readonly strides: readonly number[];
  readonly data: ArrayLike<number | bigint | boolean>;
}

/** Element types as the format names them, without byte order. */
const TYPES = /^(?:[iu][1248]|f[248]|b1)$/;

/**
 * Reads an array of numbers.
 * @throws InputError naming the file where it cannot be read or is no such array
 */
export async function readArray(path: string): Promise<NumericArray> {
  const { data, shape, dtype, fortranOrder } = parseArray(path, await readBytes(path));
  if (!TYPES.test(dtype)) {
    throw new InputError(`${path}: holds elements of type ${dtype}; integers, floats and booleans are supported`);
  }
  const size = shape.reduce((product, n) => product * n, 1);
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw new InputError(`${path}: is no .npy array: its header states the shape ${shape.join("×")}`);
  }
  const elements = data as unknown as ArrayLike<number | bigint | boolean>;
  if (elements.length !== size) {
    throw new InputError(
      `${path}: holds ${elements.length} values, its header states ${shape.join("×") || "one"}; it may be cut off`,
    );
  }
  return { path, shape, strides: stridesOf(shape, fortranOrder), data: elements };
}

async function readBytes(path: string): Promise<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = await readInput(path);
  return buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
}

const MAGIC = "\x93NUMPY";

/** Characters of a header, which NumPy writes in some hundred: what looks for its entries takes the square of them. */
const MOST_HEADER = 2 ** 14;

/** Characters that the header has by its own account. */
function headerLength(bytes: ArrayBuffer): number {
  const view = new DataView(bytes);
  if (bytes.byteLength < 12) return 0;
  return view.getUint8(6) > 1 ? view.getUint32(8, true) : view.getUint16(8, true);
}

function parseArray(path: string, bytes: ArrayBuffer): ReturnType<typeof parse> {
  const begin = Buffer.from(bytes, 0, Math.min(bytes.byteLength, MAGIC.length)).toString("latin1");
  if (begin !== MAGIC) {
    throw new InputError(`${path}: is no .npy array; begins with ${JSON.stringify(begin)}, expected "\\x93NUMPY"`);
  }
  const length = headerLength(bytes);
  if (length > MOST_HEADER) {
    throw new InputError(`${path}: has a header of ${length} characters; ${MOST_HEADER} are supported`);
  }
  try {
    return parse(bytes);
  } catch (error) {
    throw new InputError(
      `${path}: cannot be read as an .npy array (${(error as Error).message}); whole files of little-endian integers, floats and booleans are supported`,
      { cause: error },
    );
  }
}

function stridesOf(shape: readonly number[], fortranOrder: boolean): number[] {
  const strides = Array<number>(shape.length);
  let stride = 1;
  const order = shape.map((_, axis) => axis);
  for (const axis of fortranOrder ? order : order.reverse()) {
    strides[axis] = stride;
    stride *= shape[axis];
  }
  return strides;
}
