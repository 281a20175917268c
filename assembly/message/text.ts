/** Comparing and checking the file's byte strings; lists of words, each ended by a blank. */

/** All string literals of the program, filled in by the build (scripts/utf8-text.mjs): UTF-8, each up to a zero. */
// @ts-ignore: decorator
@global
const TEXTS: usize = memory.data<u8>([0]);

/** Bytes of a literal. */
export function sizeOfText(text: string): u32 {
  let size: u32 = 0;
  while (load<u8>(bytesOfText(text) + size)) size++;
  return size;
}

/** Where the bytes of a literal begin. */
export function bytesOfText(text: string): usize {
  return changetype<usize>(text);
}

/** Whether `size` bytes spell the text. */
export function equals(pointer: usize, size: u64, text: string): bool {
  return size == sizeOfText(text) && startsWith(pointer, size, text);
}

/** Whether the first of `size` bytes spell the text. */
export function startsWith(pointer: usize, size: u64, text: string): bool {
  const n = sizeOfText(text);
  return size >= n && memory.compare(pointer, bytesOfText(text), n) == 0;
}

/** Bytes of a word: up to the blank that ends it, 0 where the list ends. */
export function sizeOfWord(at: usize): u32 {
  let size: u32 = 0;
  while (load<u8>(at + size) > 32) size++;
  return size;
}

/** Where the word at `index` of a list begins. */
export function wordAt(words: string, index: u32): usize {
  let at = bytesOfText(words);
  for (; index; index--) at += sizeOfWord(at) + 1;
  return at;
}

/** Which word of a list the bytes are, −1 if none. */
export function indexOfWord(words: string, pointer: usize, size: u64): i32 {
  let at = bytesOfText(words);
  for (let i = 0; load<u8>(at); i++) {
    const length = sizeOfWord(at);
    if (length == size && memory.compare(pointer, at, length) == 0) return i;
    at += length + 1;
  }
  return -1;
}

/** Whether the bytes are UTF-8: no stray, overlong, surrogate or out-of-range sequence. */
export function isUtf8(pointer: usize, size: u32): bool {
  let i: u32 = 0;
  while (i < size) {
    const lead = <u32>load<u8>(pointer + i++);
    if (lead < 0x80) continue;
    if (lead < 0xc0 || lead >= 0xf8) return false;
    let more: u32 = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    let code = lead & (0x3f >> more);
    // 2^7, 2^11 or 2^16: less would have had a shorter sequence.
    const least: u32 = 1 << (more == 1 ? 7 : more * 5 + 1);
    if (more > size - i) return false;
    for (; more > 0; more--) {
      const next = <u32>load<u8>(pointer + i++);
      if ((next & 0xc0) != 0x80) return false;
      code = (code << 6) | (next & 63);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
  }
  return true;
}
