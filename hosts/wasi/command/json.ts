/** Text as JSON strings. */
import { isUtf8 } from "../../../assembly/message/text";
import { print, put, write } from "./output";

/** Bytes of the UTF-8 sequence at the start of `left` bytes; 0 where there is none. */
function sequence(pointer: usize, left: u32): u32 {
  for (let size: u32 = 1; size <= min<u32>(left, 4); size++) if (isUtf8(pointer, size)) return size;
  return 0;
}

function hex(value: u32): u32 {
  return value < 10 ? 48 + value : 87 + value;
}

/** Prints bytes as a quoted JSON string; what is not UTF-8 becomes U+FFFD. */
export function printString(pointer: usize, size: u32): void {
  put(34);
  let i: u32 = 0;
  while (i < size) {
    const length = sequence(pointer + i, size - i);
    const byte = <u32>load<u8>(pointer + i);
    if (!length) {
      put(0xef);
      put(0xbf);
      put(0xbd);
    } else if (byte == 34 || byte == 92) {
      put(92);
      put(byte);
    } else if (byte < 32) {
      const short = byte == 8 ? 98 : byte == 9 ? 116 : byte == 10 ? 110 : byte == 12 ? 102 : byte == 13 ? 114 : 0;
      if (short) {
        put(92);
        put(short);
      } else {
        print("\\u00");
        put(hex(byte >> 4));
        put(hex(byte & 15));
      }
    } else write(pointer + i, length);
    i += max<u32>(length, 1);
  }
  put(34);
}

/** Prints bytes in hexadecimal, quoted. */
export function printHex(pointer: usize, size: u32): void {
  put(34);
  for (let i: u32 = 0; i < size; i++) {
    const byte = <u32>load<u8>(pointer + i);
    put(hex(byte >> 4));
    put(hex(byte & 15));
  }
  put(34);
}
