/** Standard input as samples for a network: raw ones, or a PPM (P6) or PGM (P5) image of the network's size. */
import { say, sayNumber, sayShape, start } from "../../../assembly/message/message";
import { equals, startsWith } from "../../../assembly/message/text";
import { Char, digitOf, isSpace } from "./ascii";

/** What a header may have beside its numbers: comments. */
export const MOST_HEADER: u32 = 65536;

let at: usize = 0;
let end: usize = 0;

let colour: bool = false;
let width: u32 = 0;
let height: u32 = 0;
let maximum: u32 = 0;

/** Whether the bytes begin as a file of the Netpbm family, P1…P7. */
function isNetpbm(bytes: usize, size: u32): bool {
  if (size <= 2 || load<u8>(bytes) != Char.P || digitOf(load<u8>(bytes, 1)) - 1 >= 7) return false;
  return isSpace(load<u8>(bytes, 2)) || load<u8>(bytes, 2) == Char.HASH;
}

/** Reads the next number of a header past space and comments; 0 where there is none below 10^9. */
function number(): u32 {
  let comment = false;
  for (; at < end; at++) {
    const byte = <u32>load<u8>(at);
    if (comment) comment = byte != Char.NEWLINE && byte != Char.RETURN;
    else if (byte == Char.HASH) comment = true;
    else if (!isSpace(byte)) break;
  }
  let value: u32 = 0;
  for (let digits = 0; at < end; at++, digits++) {
    const digit = digitOf(load<u8>(at));
    if (digit > 9) break;
    if (digits == 9) return 0;
    value = value * 10 + digit;
  }
  return value;
}

/** Reads magic and header of a PPM or PGM; afterwards `at` is its first sample. */
function readHeader(bytes: usize, size: u32): bool {
  const kind = digitOf(load<u8>(bytes, 1));
  if (kind != 5 && kind != 6) {
    start("is a Netpbm file of type P");
    sayNumber(kind);
    say("; P5 (PGM) and P6 (PPM) are supported");
    return false;
  }
  colour = kind == 6;
  at = bytes + 2;
  end = bytes + size;
  width = number();
  height = number();
  maximum = number();
  if (!width || !height || !maximum || at == end || !isSpace(load<u8>(at))) {
    start("is a ");
    say(colour ? "PPM" : "PGM");
    say(" image without a complete header: width, height and largest value, each at least 1");
    return false;
  }
  at++;
  if (maximum > 255) {
    start("is a ");
    say(colour ? "PPM" : "PGM");
    say(" image with samples up to ");
    sayNumber(maximum);
    say("; up to 255 are supported");
    return false;
  }
  return true;
}

/** Checks that input holds several raw images, one after another; false leaves the reason in message.ts. */
export function areSamples(size: u32, isAll: bool, images: u32, h: u32, w: u32, c: u32): bool {
  const expected = <u64>images * h * w * c;
  if (isAll && size == expected) return true;
  start("expected ");
  sayNumber(images);
  say(" images of ");
  sayShape(h, w, c);
  say(" = ");
  sayNumber(expected);
  say(" raw samples, found ");
  if (!isAll) say("more than ");
  sayNumber(isAll ? size : size - 1);
  say(" bytes");
  return false;
}

/** Bytes of a complete image of the header's size. */
function announced(): u64 {
  return <u64>width * height * (colour ? 3 : 1);
}

/** Appends what a network takes. */
function sayExpected(h: u32, w: u32, c: u32): void {
  say("expected ");
  sayShape(h, w, c);
  say(" = ");
  sayNumber(<u64>h * w * c);
  say(" raw samples");
  if (c != 1 && c != 3) return;
  say(", or a PPM or PGM image ");
  sayNumber(w);
  say(" wide and ");
  sayNumber(h);
  say(" high");
}

/** Names a format that a user might well try, for the message only. */
function sayFormat(bytes: usize, size: u32): void {
  if (startsWith(bytes, size, "GIF8")) say(" of a GIF image");
  else if (startsWith(bytes, size, "GGUF")) say(" of a GGUF file");
  else if (size > 4 && load<u32>(bytes) == 0x474e5089) say(" of a PNG image");
  else if (size > 3 && (load<u32>(bytes) & 0xffffff) == 0xffd8ff) say(" of a JPEG image");
  else if (size > 12 && startsWith(bytes, 4, "RIFF") && equals(bytes + 8, 4, "WEBP")) say(" of a WebP image");
}

/** Luma of ITU-R 601 in 16-bit fixed point, rounded to nearest. */
// @ts-ignore: decorator
@inline
function luma(red: u32, green: u32, blue: u32): u32 {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/** Brings a sample of 0…maximum to 0…255, rounded to nearest. */
function sample(pointer: usize): u32 {
  const value = <u32>load<u8>(pointer);
  return maximum == 255 ? value : (value * 255 + (maximum >> 1)) / maximum;
}

/** Checks a complete image's samples and writes them as `c` channels. */
function convert(target: usize, c: u32): bool {
  const pixels = width * height;
  const stride: u32 = colour ? 3 : 1;
  if (maximum < 255) {
    for (let i: u32 = 0; i < pixels * stride; i++) {
      if (<u32>load<u8>(at + i) <= maximum) continue;
      start("has a sample of ");
      sayNumber(load<u8>(at + i));
      say(" where its header allows up to ");
      sayNumber(maximum);
      return false;
    }
  }
  for (let i: u32 = 0; i < pixels; i++) {
    const from = at + i * stride;
    const to = target + i * c;
    const red = sample(from);
    if (!colour) {
      for (let j: u32 = 0; j < c; j++) store<u8>(to + j, <u8>red);
      continue;
    }
    const green = sample(from + 1);
    const blue = sample(from + 2);
    if (c == 1) store<u8>(to, <u8>luma(red, green, blue));
    else {
      store<u8>(to, <u8>red);
      store<u8>(to + 1, <u8>green);
      store<u8>(to + 2, <u8>blue);
    }
  }
  return true;
}

/**
 * Turns input into the h×w×c samples at `target`; false leaves the reason in message.ts. Bytes of exactly the raw samples'
 * count are samples whatever they begin with, unless they are a whole image of the right size.
 * @param isAll false where the input goes on after `size` bytes
 */
export function toSamples(bytes: usize, size: u32, isAll: bool, target: usize, h: u32, w: u32, c: u32): bool {
  const isImage = isNetpbm(bytes, size);
  const fits =
    isImage &&
    (c == 1 || c == 3) &&
    readHeader(bytes, size) &&
    width == w &&
    height == h &&
    <u64>(end - at) == announced();
  if (fits && isAll) return convert(target, c);
  if (<u64>size == <u64>h * w * c && isAll) {
    memory.copy(target, bytes, size);
    return true;
  }
  if (!isImage || (c != 1 && c != 3)) {
    start("");
    sayExpected(h, w, c);
    say(", found ");
    if (!isAll) say("more than ");
    sayNumber(isAll ? size : size - 1);
    say(" bytes");
    sayFormat(bytes, size);
    return false;
  }
  if (!readHeader(bytes, size)) return false;
  start("is a ");
  say(colour ? "PPM" : "PGM");
  say(" image ");
  if (width != w || height != h) {
    sayNumber(width);
    say(" wide and ");
    sayNumber(height);
    say(" high, ");
    sayExpected(h, w, c);
    return false;
  }
  say("of ");
  sayNumber(announced());
  say(" samples by its header, ");
  if (isAll) {
    say("found ");
    sayNumber(end - at);
  } else say("found more");
  return false;
}
