/** Arrays in .npy files. */

import { halfToNumber } from "../../../convert/onnx/half.ts";
import { InputError } from "../report/failure.ts";
import { readInput } from "./file.ts";

export interface NumericArray {
  readonly path: string;
  readonly shape: readonly number[];
  /** How far apart in `data` neighbours along each axis lie. */
  readonly strides: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

/** What follows the header, by the name of its elements' type without the order of bytes. */
const TYPES: Readonly<Record<string, (bytes: ArrayBuffer) => ArrayLike<number | bigint>>> = {
  b1: (bytes) => new Uint8Array(bytes).map((byte) => (byte === 0 ? 0 : 1)),
  i1: (bytes) => new Int8Array(bytes),
  u1: (bytes) => new Uint8Array(bytes),
  i2: (bytes) => new Int16Array(bytes),
  u2: (bytes) => new Uint16Array(bytes),
  i4: (bytes) => new Int32Array(bytes),
  u4: (bytes) => new Uint32Array(bytes),
  i8: (bytes) => new BigInt64Array(bytes),
  u8: (bytes) => new BigUint64Array(bytes),
  f2: (bytes) => Float32Array.from(new Uint16Array(bytes), halfToNumber),
  f4: (bytes) => new Float32Array(bytes),
  f8: (bytes) => new Float64Array(bytes),
};

/**
 * Reads an array of numbers.
 * @throws InputError naming the file where it cannot be read or is no such array
 */
export async function readArray(path: string): Promise<NumericArray> {
  const file = await readInput(path);
  const { type, fortranOrder, shape, end } = readHeader(path, file);
  const size = shape.reduce((product, n) => product * n, 1);
  const bytes = file.length - end;
  const each = Number(type.slice(1));
  if (bytes % each !== 0) throw odd(path, "it is cut off");
  if (bytes !== size * each) {
    throw new InputError(
      `${path}: holds ${bytes / each} values, its header states ${shape.join("×") || "one"}; it may be cut off`,
    );
  }
  // A copy, since the header's length need not be a multiple of an element's.
  const data = TYPES[type](new Uint8Array(file.subarray(end)).buffer);
  return { path, shape, strides: stridesOf(shape, fortranOrder), data };
}

const MAGIC = "\x93NUMPY";

/** Characters of a header, which NumPy writes in some hundred. */
const MOST_HEADER = 2 ** 14;

/** What a header may be: a literal of Python with three entries in any order, and spaces. */
const ENTRY = /\s*'(descr|fortran_order|shape)'\s*:\s*(?:'([^']*)'|(True|False)|\(([^()]*)\)|(\[))\s*/y;

const odd = (path: string, what: string) =>
  new InputError(
    `${path}: cannot be read as an .npy array (${what}); whole files of little-endian integers, floats and booleans are supported`,
  );

interface Header {
  /** Without the order of bytes. */
  readonly type: string;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the elements begin. */
  readonly end: number;
}

function readHeader(path: string, file: Buffer): Header {
  const begin = file.toString("latin1", 0, MAGIC.length);
  if (begin !== MAGIC) {
    throw new InputError(`${path}: is no .npy array; begins with ${JSON.stringify(begin)}, expected "\\x93NUMPY"`);
  }
  const version = file[6];
  if (!(version >= 1 && version <= 3))
    throw odd(path, file.length < 7 ? "it is cut off" : `it is of version ${version}`);
  const start = version === 1 ? 10 : 12;
  if (file.length < start) throw odd(path, "it is cut off");
  const length = version === 1 ? file.readUInt16LE(8) : file.readUInt32LE(8);
  if (length > MOST_HEADER) {
    throw new InputError(`${path}: has a header of ${length} characters; ${MOST_HEADER} are supported`);
  }
  const end = start + length;
  if (file.length < end) throw odd(path, "it is cut off");
  const { descr, order, shape } = readEntries(file.toString("latin1", start, end), path);
  const [, bytes, type] = /^([<>=|]?)([a-zA-Z]\d+)$/.exec(descr) ?? [];
  // Of single bytes there is no order.
  if (type === undefined || (bytes === ">" && !type.endsWith("1"))) throw odd(path, `Unsupported dtype: ${descr}`);
  if (!(type in TYPES)) {
    throw new InputError(`${path}: holds elements of type ${type}; integers, floats and booleans are supported`);
  }
  return { type, fortranOrder: order === "True", shape, end };
}

/** The three entries of a header. */
function readEntries(text: string, path: string) {
  const found = new Map<string, string>();
  const literal = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (literal === undefined) throw odd(path, "its header is no dictionary");
  let at = 0;
  while (at < literal.length) {
    ENTRY.lastIndex = at;
    const entry = ENTRY.exec(literal);
    if (!entry) {
      if (/^\s*$/.test(literal.slice(at))) break;
      throw odd(path, "its header has an entry that is none of descr, fortran_order, shape");
    }
    const [all, name, ...values] = entry;
    const [descr, order, shape, structured] = values;
    if (structured && name === "descr") throw odd(path, "its elements have fields");
    const value = { descr, fortran_order: order, shape }[name];
    if (value === undefined || found.has(name))
      throw odd(path, `its header states ${name} in a way that is not supported`);
    found.set(name, value);
    at += all.length;
    if (literal[at] === ",") at++;
    else if (at < literal.length) throw odd(path, "its header is no dictionary");
  }
  const missing = ["descr", "fortran_order", "shape"].find((name) => !found.has(name));
  if (missing) throw odd(path, `its header states no ${missing}`);
  const stated = found.get("shape")!.trim();
  // A number in brackets is no tuple; Python 2 wrote long integers with an L.
  const sizes = stated === "" ? [] : stated.replace(/,$/, "").split(",");
  const isTuple = stated === "" || stated.includes(",");
  const isSize = (text: string) => /^\s*\d+L?\s*$/.test(text);
  const shape = sizes.map((text) => (isTuple && isSize(text) ? Number.parseInt(text, 10) : Number.NaN));
  if (!shape.every(Number.isSafeInteger)) throw odd(path, `its header states the shape (${stated})`);
  return { descr: found.get("descr")!, order: found.get("fortran_order")!, shape };
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
