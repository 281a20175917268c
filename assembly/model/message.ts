/** The text of the last error, composed piece by piece in UTF-8; the bindings read it through pointer and length. */

import { bytesOfText, sizeOfText } from "./text";

const CAPACITY: i32 = 2048;
const NAME_LIMIT: i32 = 96;
const buffer: usize = memory.data(2048);
let length: i32 = 0;

/** Where the text begins. */
export function messagePointer(): usize {
  return buffer;
}

/** Bytes of the text. */
export function messageLength(): i32 {
  return length;
}

function put(byte: u32): void {
  if (length < CAPACITY) store<u8>(buffer + length++, <u8>byte);
}

/** Starts a new message. */
export function start(text: string): void {
  length = 0;
  say(text);
}

/** Appends text. */
export function say(text: string): void {
  sayBytes(bytesOfText(text), sizeOfText(text));
}

/** Appends bytes of UTF-8. */
export function sayBytes(pointer: usize, size: u32): void {
  for (let i: u32 = 0; i < size; i++) put(load<u8>(pointer + i));
}

/** Appends a decimal number. */
export function sayNumber(value: i64): void {
  if (value < 0) {
    put(45);
    value = -value;
  }
  let divisor: u64 = 1;
  while (<u64>value / divisor >= 10) divisor *= 10;
  for (; divisor > 0; divisor /= 10) put(48 + <u32>((<u64>value / divisor) % 10));
}

/** Appends a name from the file in quotes, shortened where it is long. */
export function sayName(pointer: usize, size: u32): void {
  put(39);
  let end = <i32>min<u32>(size, NAME_LIMIT);
  // A name is cut between characters, never inside one.
  if (<u32>end < size) while (end > 0 && (load<u8>(pointer + end) & 0xc0) == 0x80) end--;
  sayBytes(pointer, end);
  if (<u32>end < size) say("…");
  put(39);
}

/** Appends `, found N`. */
export function found(value: i64): void {
  say(", found ");
  sayNumber(value);
}

/** Appends three sizes. */
export function sayShape(a: u32, b: u32, c: u32): void {
  sayNumber(a);
  say("×");
  sayNumber(b);
  say("×");
  sayNumber(c);
}
