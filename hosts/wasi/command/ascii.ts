/** Characters by their codes, in ASCII. */

export namespace Char {
  export const BACKSPACE: u32 = 8;
  export const TAB: u32 = 9;
  export const NEWLINE: u32 = 10;
  export const FORM_FEED: u32 = 12;
  export const RETURN: u32 = 13;
  export const SPACE: u32 = 32;
  export const QUOTE: u32 = 34;
  export const HASH: u32 = 35;
  export const PLUS: u32 = 43;
  export const COMMA: u32 = 44;
  export const MINUS: u32 = 45;
  export const DOT: u32 = 46;
  export const SLASH: u32 = 47;
  export const ZERO: u32 = 48;
  export const EQUALS: u32 = 61;
  export const P: u32 = 80;
  export const OPEN_LIST: u32 = 91;
  export const BACKSLASH: u32 = 92;
  export const CLOSE_LIST: u32 = 93;
  export const A: u32 = 97;
  export const B: u32 = 98;
  export const E: u32 = 101;
  export const F: u32 = 102;
  export const N: u32 = 110;
  export const R: u32 = 114;
  export const T: u32 = 116;
  export const U: u32 = 117;
  export const OPEN_OBJECT: u32 = 123;
  export const CLOSE_OBJECT: u32 = 125;
}

/** The value of a decimal digit; more than 9 where the character is none. */
// @ts-ignore: decorator
@inline
export function digitOf(char: u32): u32 {
  return char - Char.ZERO;
}

/** White space: a blank, a tab or an end of line or page. */
// @ts-ignore: decorator
@inline
export function isSpace(char: u32): bool {
  return char == Char.SPACE || (char >= Char.TAB && char <= Char.RETURN);
}
