/** The text of the last error, composed piece by piece in UTF-8; the bindings read it through pointer and length. */

import { bytesOfText, sizeOfText, sizeOfWord, wordAt } from "./text";

const CAPACITY: i32 = 2048;
const NAME_LIMIT: i32 = 96;
/** Where the text begins, and its bytes. */
export const messageText: usize = memory.data(2048);
export let messageLength: i32 = 0;

function put(byte: u32): void {
  if (messageLength < CAPACITY) store<u8>(messageText + messageLength++, <u8>byte);
}

/** Starts a new message; false, which is what checks answer where they leave one. */
export function start(text: string): bool {
  messageLength = 0;
  return fail(text);
}

/** Appends text. */
export function say(text: string): void {
  sayBytes(bytesOfText(text), sizeOfText(text));
}

/** Appends bytes of UTF-8. */
function sayBytes(pointer: usize, size: u32): void {
  for (let i: u32 = 0; i < size; i++) put(load<u8>(pointer + i));
}

/** Appends a word of a list. */
export function sayWord(words: string, index: u32): void {
  const word = wordAt(words, index);
  sayBytes(word, sizeOfWord(word));
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

/** Appends text; false as well. */
export function fail(text: string): bool {
  say(text);
  return false;
}

/** Appends `, found N`; false as well. */
export function found(value: i64): bool {
  say(", found ");
  sayNumber(value);
  return false;
}

/** Appends three sizes. */
export function sayShape(a: u32, b: u32, c: u32): void {
  sayNumber(a);
  say("×");
  sayNumber(b);
  say("×");
  sayNumber(c);
}
