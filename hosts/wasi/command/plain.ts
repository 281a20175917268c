/** Text from files and arguments, made harmless for a terminal. */
import { isUtf8 } from "../../../assembly/message/text";

/** Bytes of the UTF-8 sequence at the start of `left` bytes; 0 where there is none. */
export function sequence(pointer: usize, left: u32): u32 {
  for (let size: u32 = 1; size <= min<u32>(left, 4); size++) if (isUtf8(pointer, size)) return size;
  return 0;
}

/** The character that a sequence of so many bytes stands for. */
export function codeOf(pointer: usize, size: u32): u32 {
  let code = <u32>load<u8>(pointer);
  if (size > 1) code &= 0x7f >> size;
  for (let i: u32 = 1; i < size; i++) code = (code << 6) | (load<u8>(pointer + i) & 63);
  return code;
}

/** Whether a terminal would obey a character instead of showing it: controls, ends of lines, marks that turn text around. */
export function isHidden(code: u32): bool {
  return (
    code < 0x20 ||
    (code >= 0x7f && code < 0xa0) ||
    code == 0x61c ||
    code == 0x200e ||
    code == 0x200f ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069) ||
    code == 0xfeff
  );
}
