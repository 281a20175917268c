/** The keys of a model file: their names and types, and where their values lie. */
import { position, remaining, take } from "./cursor";
import { firstOf, pair, secondOf } from "../network/pair";
import { fail, found, say, sayNumber, sayWord, start } from "../message/message";
import { indexOfWord, isUtf8 } from "../message/text";

const U32: u8 = 4;
const I32: u8 = 5;
const BOOL: u8 = 7;
const STRING: u8 = 8;
const ARRAY: u8 = 9;
const U64: u8 = 10;
const F64: u8 = 12;

/** An array's type is its element's plus ARRAY_OF. */
const ARRAY_OF: u8 = 0x80;
const NESTING: i32 = 4;

export namespace Key {
  export const ARCHITECTURE: i32 = 0;
  export const NAME: i32 = 1;
  export const ALIGNMENT: i32 = 2;
  export const VERSION: i32 = 3;
  export const PHASES: i32 = 4;
  export const CODING: i32 = 5;
  export const ZERO_POINT: i32 = 6;
  export const RANGE: i32 = 7;
  export const SIGNED: i32 = 8;
  export const SCALE: i32 = 9;
  export const MEAN: i32 = 10;
  export const STD: i32 = 11;
  export const CHANNEL_ORDER: i32 = 12;
  export const LABELS: i32 = 13;
  export const MACS: i32 = 14;
  export const EARLY_CORRECTIONS: i32 = 15;
  export const EARLY_DELAYS: i32 = 16;
  export const EARLY_SHARES: i32 = 17;
  export const POPULATION_NAME: i32 = 18;
  export const KIND: i32 = 19;
  export const HEIGHT: i32 = 20;
  export const WIDTH: i32 = 21;
  export const CHANNELS: i32 = 22;
  export const DEPTH: i32 = 23;
  export const SOURCE: i32 = 24;
  export const TARGET: i32 = 25;
  export const SOURCE_CHANNELS: i32 = 26;
  export const TARGET_CHANNELS: i32 = 27;
  export const REGION: i32 = 28;
  export const POOL: i32 = 29;
  export const POOL_SIZE: i32 = 30;
  export const POOL_KERNEL: i32 = 31;
  export const POOL_STRIDE: i32 = 32;
  export const POOL_DILATION: i32 = 33;
  export const POOL_OFFSET: i32 = 34;
  export const KERNEL: i32 = 35;
  export const STRIDE: i32 = 36;
  export const DILATION: i32 = 37;
  export const OFFSET: i32 = 38;
  export const GROUPS: i32 = 39;
  export const CHECKSUM: i32 = 40;
  export const OUTPUT_SHAPE: i32 = 41;
  export const OUTPUT_PLACE: i32 = 42;
  export const FIT: i32 = 43;
  export const INPUTS_NAME: i32 = 44;
  export const INPUTS_PLACE: i32 = 45;
  export const INPUTS_RANGE: i32 = 46;
  export const COUNT: i32 = 47;
}

/** Keys that stand together in `Key`, in the order in which loops go over them: the first, and where they end. */
export namespace Columns {
  /** Height, width and channels of populations. */
  export const SHAPE: i32 = Key.HEIGHT;
  export const SHAPE_END: i32 = Key.CHANNELS + 1;
  /** All of projections; their records begin with the same numbers in the same order (network/projection.ts). */
  export const PROJECTION: i32 = Key.SOURCE;
  export const PROJECTION_END: i32 = Key.GROUPS + 1;
  /** Those of pooling that a projection without it leaves plain. */
  export const POOLING: i32 = Key.POOL_SIZE;
  export const POOLING_END: i32 = Key.POOL_OFFSET + 1;
  /** Those of a convolution's windows. */
  export const CONVOLUTION: i32 = Key.KERNEL;
  export const CONVOLUTION_END: i32 = Key.OFFSET + 1;
}

/** What a convolution's, or a pooling's, windows are described by: four keys that follow each other, counted from the first. */
export namespace Window {
  export const KERNEL: i32 = 0;
  export const STRIDE: i32 = 1;
  export const DILATION: i32 = 2;
  export const OFFSET: i32 = 3;
}

/** Every key's type, one byte each, in the order of `Key`. */
const types: usize = memory.data<u8>([
  STRING,
  STRING,
  U32,
  U32,
  U32,
  STRING,
  ARRAY_OF + U32,
  ARRAY_OF + F64,
  BOOL,
  F64,
  ARRAY_OF + F64,
  ARRAY_OF + F64,
  STRING,
  ARRAY_OF + STRING,
  U64,
  ARRAY_OF + U32,
  ARRAY_OF + U32,
  ARRAY_OF + U32,
  ARRAY_OF + STRING,
  ARRAY_OF + U32,
  ARRAY_OF + U32,
  ARRAY_OF + U32,
  ARRAY_OF + U32,
  ARRAY_OF + U32,
  ARRAY_OF + U32,
  ARRAY_OF + U32,
  ARRAY_OF + U32,
  ARRAY_OF + U32,
  ARRAY_OF + U32,
  ARRAY_OF + U32,
  ARRAY_OF + U32,
  ARRAY_OF + U32,
  ARRAY_OF + U32,
  ARRAY_OF + U32,
  ARRAY_OF + I32,
  ARRAY_OF + U32,
  ARRAY_OF + U32,
  ARRAY_OF + U32,
  ARRAY_OF + I32,
  ARRAY_OF + U32,
  U64,
  ARRAY_OF + U32,
  ARRAY_OF + U32,
  STRING,
  ARRAY_OF + STRING,
  ARRAY_OF + U32,
  ARRAY_OF + F64,
]);

/** Per key: pointer to the value (0 when absent) and, for arrays and strings, the count of elements or bytes. */
const values: usize = memory.data(Key.COUNT * 8);

function value(key: i32): usize {
  return values + ((<usize>key) << 3);
}

/** Whether the file has a key. */
export function has(key: i32): bool {
  return load<u32>(value(key)) != 0;
}

/** Pointer to a key's value: the scalar, the string's bytes, or the array's first element. */
export function pointerOf(key: i32): usize {
  return load<u32>(value(key));
}

/** Bytes of a string, elements of an array. */
export function countOf(key: i32): u32 {
  return load<u32>(value(key), 4);
}

/** Value of a u32 key that is there. */
export function numberOf(key: i32): u32 {
  return load<u32>(pointerOf(key));
}

/** Element of an integer column. */
export function at(key: i32, index: u32): u32 {
  return load<u32>(pointerOf(key) + ((<usize>index) << 2));
}

function typeOf(key: i32): u32 {
  return load<u8>(types + key);
}

/** All keys, in the order of `Key`, each ended by a blank. */
const NAMES: string =
  "general.architecture general.name general.alignment bsnn.version bsnn.phases bsnn.input.coding " +
  "bsnn.input.zero_point bsnn.input.range bsnn.input.signed bsnn.preprocess.scale bsnn.preprocess.mean " +
  "bsnn.preprocess.std bsnn.preprocess.channel_order bsnn.labels bsnn.ann.macs bsnn.early.corrections " +
  "bsnn.early.delays bsnn.early.shares bsnn.population.name " +
  "bsnn.population.kind bsnn.population.height bsnn.population.width bsnn.population.channels " +
  "bsnn.population.depth bsnn.projection.source bsnn.projection.target bsnn.projection.source_channels " +
  "bsnn.projection.target_channels bsnn.projection.region bsnn.projection.pool bsnn.projection.pool_size " +
  "bsnn.projection.pool_kernel bsnn.projection.pool_stride bsnn.projection.pool_dilation " +
  "bsnn.projection.pool_offset bsnn.projection.kernel bsnn.projection.stride bsnn.projection.dilation " +
  "bsnn.projection.offset bsnn.projection.groups bsnn.checksum bsnn.output.shape bsnn.output.place " +
  "bsnn.input.fit bsnn.inputs.name bsnn.inputs.place bsnn.inputs.range ";

/** Appends a key's name. */
export function sayKeyName(key: i32): void {
  sayWord(NAMES, key);
}

/** GGUF's types, in its order. */
const TYPES: string = "u8 i8 u16 i16 u32 i32 f32 bool string array u64 i64 f64 ";

function sayType(type: u32): void {
  if (type >= ARRAY_OF) say("array of ");
  type &= ARRAY_OF - 1;
  if (type <= F64) {
    sayWord(TYPES, type);
  } else {
    say("GGUF type ");
    sayNumber(type);
  }
}

/** Sizes of GGUF's types, in its order: 0 for strings and arrays. */
const sizes: usize = memory.data<u8>([1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8]);

/** Size of a fixed-size GGUF type, 0 for strings, arrays and unknown types. */
function sizeOf(type: u32): u32 {
  return type <= F64 ? load<u8>(sizes + type) : 0;
}

/** Reads a string: where its bytes lie and how many there are, as a pair; 0 where it does not fit or is no UTF-8. */
function readText(): u64 {
  const length = take(8);
  if (!length) return 0;
  const size = load<u64>(length);
  const bytes = take(size);
  if (!bytes) return 0;
  if (!isUtf8(bytes, <u32>size)) {
    start("text at byte ");
    sayNumber(position() - size);
    say(" is not UTF-8");
    return 0;
  }
  // What fits is below 2^32.
  return pair(<u32>bytes, <u32>size);
}

/** Skips `count` values of a type; each takes at least a byte of the file, so this ends. */
function skip(type: u32, count: u64, depth: i32): bool {
  const size = sizeOf(type);
  if (size) {
    // More elements than bytes are left cannot fit; refused before the product could overflow.
    if (count > remaining()) return take(count) != 0;
    return take(count * size) != 0;
  }
  if (type != STRING && type != ARRAY) {
    start("unknown GGUF value type ");
    sayNumber(type);
    return false;
  }
  if (type == ARRAY && depth == NESTING) return start("arrays nested too deeply");
  for (let i: u64 = 0; i < count; i++) {
    if (type == STRING) {
      if (!readText()) return false;
      continue;
    }
    const header = take(12);
    if (!header) return false;
    if (!skip(load<u32>(header), load<u64>(header, 4), depth + 1)) return false;
  }
  return true;
}

/** Reads `count` key/value pairs and remembers where the known ones lie. */
export function readKeys(count: u64): bool {
  memory.fill(values, 0, (<usize>Key.COUNT) << 3);
  for (let i: u64 = 0; i < count; i++) {
    const name = readText();
    if (!name) return false;
    const key = indexOfWord(NAMES, firstOf(name), secondOf(name));
    const tag = take(4);
    if (!tag) return false;
    let type = load<u32>(tag);
    let elements: u64 = 1;
    let pointer: usize;
    if (type == ARRAY) {
      const header = take(12);
      if (!header) return false;
      type = ARRAY_OF + min(load<u32>(header), 0x7f);
      elements = load<u64>(header, 4);
      pointer = take(0);
      if (!skip(load<u32>(header), elements, 1)) return false;
    } else if (type == STRING) {
      const text = readText();
      if (!text) return false;
      pointer = firstOf(text);
      elements = secondOf(text);
    } else {
      pointer = take(0);
      if (!skip(type, 1, 1)) return false;
    }
    if (key < 0) continue;
    if (has(key)) return aboutKey(key, "occurs twice");
    if (type != typeOf(key)) {
      aboutKey(key, "must be ");
      sayType(typeOf(key));
      say(", found ");
      sayType(type);
      return false;
    }
    if (type == BOOL && load<u8>(pointer) > 1) {
      aboutKey(key, "must be true or false, found byte ");
      sayNumber(load<u8>(pointer));
      return false;
    }
    store<u32>(value(key), <u32>pointer);
    store<u32>(value(key), <u32>elements, 4);
  }
  return true;
}

/** Checks that a key is there. */
export function requireKey(key: i32): bool {
  return has(key) || aboutKey(key, "is missing");
}

/** Checks that an array is there and has `count` elements; `counted` is the key that says how many. */
export function requireCount(key: i32, count: u32, counted: i32): bool {
  if (!requireKey(key)) return false;
  if (countOf(key) == count) return true;
  aboutKey(key, "must have ");
  sayNumber(count);
  say(" elements to go with '");
  sayKeyName(counted);
  say("'");
  return found(countOf(key));
}

/** Appends a key's name and a space. */
export function sayKey(key: i32): void {
  sayKeyName(key);
  say(" ");
}

/** Starts a message about a key's value; false. */
export function aboutKey(key: i32, text: string): bool {
  start("key '");
  sayKeyName(key);
  say("' ");
  return fail(text);
}
