/** JSON, laid out as `JSON.stringify(document, null, 2)` does. */
import { Char } from "./ascii";
import { print, put, repeat, write } from "./output";
import { codeOf, isHidden, sequence } from "./plain";

/** Objects and lists that are open. */
let depth: i32 = 0;
/** Whether the innermost has nothing in it yet. */
let empty: bool = true;

function line(): void {
  put(Char.NEWLINE);
  repeat(Char.SPACE, depth * 2);
}

function open(bracket: u32): void {
  put(bracket);
  depth++;
  empty = true;
}

function close(bracket: u32): void {
  depth--;
  line();
  put(bracket);
  empty = false;
}

export function openObject(): void {
  open(Char.OPEN_OBJECT);
}

export function closeObject(): void {
  close(Char.CLOSE_OBJECT);
}

export function openList(): void {
  open(Char.OPEN_LIST);
}

/** Ends a list, which must not be empty. */
export function closeList(): void {
  close(Char.CLOSE_LIST);
}

/** Goes on to the next element of the list that is open. */
export function item(): void {
  if (!empty) put(Char.COMMA);
  empty = false;
  line();
}

/** Goes on to the value of the next key of the object that is open. */
export function key(name: string): void {
  item();
  put(Char.QUOTE);
  print(name);
  print('": ');
}

function hex(value: u32): u32 {
  return value < 10 ? Char.ZERO + value : Char.A + value - 10;
}

/** The letter that stands for a control character after a backslash; 0 where none does. */
function letterOf(control: u32): u32 {
  if (control == Char.BACKSPACE) return Char.B;
  if (control == Char.TAB) return Char.T;
  if (control == Char.NEWLINE) return Char.N;
  if (control == Char.FORM_FEED) return Char.F;
  return control == Char.RETURN ? Char.R : 0;
}

/** Prints bytes as a quoted JSON string; what is not UTF-8 becomes U+FFFD, and what a terminal would obey is escaped. */
export function printString(pointer: usize, size: u32): void {
  put(Char.QUOTE);
  let i: u32 = 0;
  while (i < size) {
    const length = sequence(pointer + i, size - i);
    const byte = <u32>load<u8>(pointer + i);
    if (!length) print("\ufffd");
    else if (byte == Char.QUOTE || byte == Char.BACKSLASH) {
      put(Char.BACKSLASH);
      put(byte);
    } else if (isHidden(codeOf(pointer + i, length))) {
      const code = codeOf(pointer + i, length);
      const letter = letterOf(code);
      put(Char.BACKSLASH);
      if (letter) {
        put(letter);
      } else {
        put(Char.U);
        for (let digit = 12; digit >= 0; digit -= 4) put(hex((code >> digit) & 15));
      }
    } else write(pointer + i, length);
    i += max<u32>(length, 1);
  }
  put(Char.QUOTE);
}

/** Prints text without anything to escape, quoted. */
export function printText(text: string): void {
  put(Char.QUOTE);
  print(text);
  put(Char.QUOTE);
}

/** Prints bytes in hexadecimal, quoted. */
export function printHex(pointer: usize, size: u32): void {
  put(Char.QUOTE);
  for (let i: u32 = 0; i < size; i++) {
    const byte = <u32>load<u8>(pointer + i);
    put(hex(byte >> 4));
    put(hex(byte & 15));
  }
  put(Char.QUOTE);
}
