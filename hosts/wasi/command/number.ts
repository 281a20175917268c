/** Prints a network's values. */
import { Char } from "./ascii";
import { digit, digitCount, point, rounded, shortest } from "./decimal";
import { print, printNumber, put, repeat } from "./output";

/** Digits `from`…`to`, zeros where there are none left. */
function digits(from: i32, to: i32): void {
  for (let i = from; i < to; i++) put(Char.ZERO + digit(i));
}

function exponent(): void {
  put(Char.E);
  put(point > 0 ? Char.PLUS : Char.MINUS);
  printNumber(abs(point - 1));
}

/** Prints a value as JavaScript's JSON.stringify prints it: shortest, read back as the same double; null where not finite. */
export function printExact(value: f32): void {
  if (!isFinite(value)) {
    print("null");
    return;
  }
  if (value == 0) {
    put(Char.ZERO);
    return;
  }
  if (value < 0) put(Char.MINUS);
  shortest(abs(<f64>value));
  if (point > 21 || point < -5) {
    digits(0, 1);
    if (digitCount > 1) put(Char.DOT);
    digits(1, digitCount);
    exponent();
  } else if (point <= 0) {
    print("0.");
    repeat(Char.ZERO, -point);
    digits(0, digitCount);
  } else {
    digits(0, point);
    if (digitCount > point) put(Char.DOT);
    digits(point, digitCount);
  }
}

/** Finds the digits for people: so many significant ones, but never fewer than a whole number has; returns their count. */
function round(value: f32, significant: i32): i32 {
  rounded(abs(<f64>value), significant);
  if (isLong() || point <= significant) return digitCount;
  rounded(abs(<f64>value), point);
  // The coarser rounding may have gone up to the next power of ten, where the value itself does not.
  if (point < digitCount) rounded(abs(<f64>value), point);
  return digitCount;
}

/** Whether the last rounded number takes an exponent. */
function isLong(): bool {
  return point > 9 || point < -4;
}

/** Characters that `printBrief` needs. */
export function briefLength(value: f32, significant: i32): i32 {
  if (value == 0) return 1;
  if (!isFinite(value)) return value < 0 ? 9 : 8;
  const sign = value < 0 ? 1 : 0;
  const count = round(value, significant);
  if (isLong()) return sign + count + (count > 1 ? 1 : 0) + (abs(point - 1) < 10 ? 3 : 4);
  if (point <= 0) return sign + 2 - point + count;
  return sign + max(point, count) + (count > point ? 1 : 0);
}

/** Prints a value for people: with so many significant digits, and no exponent for usual sizes. */
export function printBrief(value: f32, significant: i32): void {
  if (value < 0) put(Char.MINUS);
  if (value == 0 || !isFinite(value)) {
    print(value == 0 ? "0" : "Infinity");
    return;
  }
  const count = round(value, significant);
  if (isLong()) {
    digits(0, 1);
    if (count > 1) put(Char.DOT);
    digits(1, count);
    exponent();
  } else if (point <= 0) {
    print("0.");
    repeat(Char.ZERO, -point);
    digits(0, count);
  } else {
    digits(0, point);
    if (count > point) put(Char.DOT);
    digits(point, count);
  }
}
