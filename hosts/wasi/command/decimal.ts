/** Decimal digits of numbers, exactly: Steele and White's free-format algorithm over whole numbers of 320 bits. */

/** 32-bit limbs: enough for every value of f32, the smallest times 10^45 included, with a double's 53 bits. */
const LIMBS: i32 = 10;

// The value is numerator / denominator; half the gap to the next doubles, above and below, is a share of it likewise.
const numerator: usize = memory.data(40, 8);
const denominator: usize = memory.data(40, 8);
const gapAbove: usize = memory.data(40, 8);
const gapBelow: usize = memory.data(40, 8);
const sum: usize = memory.data(40, 8);

const digits: usize = memory.data(24);

/** Digits found by `shortest` or `rounded`. */
export let digitCount: i32 = 0;
/** The value is 0.d₁d₂d₃… × 10^point. */
export let point: i32 = 0;

/** The i-th digit, 0…9; zeros follow the last. */
export function digit(i: i32): u32 {
  return i < digitCount ? <u32>load<u8>(digits + i) : 0;
}

// @ts-ignore: decorator
@inline
function limb(number: usize, i: i32): u32 {
  return load<u32>(number + ((<usize>i) << 2));
}

function set(number: usize, value: u64, shift: i32): void {
  memory.fill(number, 0, LIMBS << 2);
  store<u64>(number, value);
  multiply(number, 1 << (shift & 15));
  for (let left = shift >> 4; left > 0; left--) multiply(number, 65536);
}

function multiply(number: usize, factor: u32): void {
  let carry: u64 = 0;
  for (let i = 0; i < LIMBS; i++) {
    carry += <u64>limb(number, i) * factor;
    store<u32>(number + ((<usize>i) << 2), <u32>carry);
    carry >>= 32;
  }
}

function subtract(number: usize, other: usize): void {
  let carry: i64 = 0;
  for (let i = 0; i < LIMBS; i++) {
    carry += <i64>limb(number, i) - <i64>limb(other, i);
    store<u32>(number + ((<usize>i) << 2), <u32>carry);
    carry >>= 32;
  }
}

/** −1, 0 or 1. */
function compare(number: usize, other: usize): i32 {
  for (let i = LIMBS - 1; i >= 0; i--) {
    if (limb(number, i) != limb(other, i)) return limb(number, i) < limb(other, i) ? -1 : 1;
  }
  return 0;
}

/** Compares number + addend with other. */
function compareSum(number: usize, addend: usize, other: usize): i32 {
  let carry: u64 = 0;
  for (let i = 0; i < LIMBS; i++) {
    carry += <u64>limb(number, i) + limb(addend, i);
    store<u32>(sum + ((<usize>i) << 2), <u32>carry);
    carry >>= 32;
  }
  return compare(sum, other);
}

/** Whether the gap's end belongs to the value: it rounds to even. */
let even: bool = false;

/** Sets the fractions for a value, so that it is 0.d₁d₂… × 10^point; `exact` leaves no gap around it. */
function begin(value: f64, exact: bool): void {
  const bits = reinterpret<u64>(value);
  const biased = <i32>((bits >> 52) & 0x7ff);
  const fraction = bits & 0xfffffffffffff;
  const mantissa = fraction | ((<u64>1) << 52);
  const exponent = biased - 1075;
  even = (mantissa & 1) == 0;
  // Below a power of two the doubles lie twice as close.
  const close = fraction == 0;
  set(numerator, mantissa, max(exponent, 0) + (close ? 2 : 1));
  set(denominator, 1, max(-exponent, 0) + (close ? 2 : 1));
  set(gapBelow, exact ? 0 : 1, max(exponent, 0));
  set(gapAbove, exact ? 0 : 1, max(exponent, 0) + (close ? 1 : 0));
  // At most one too small, never too large.
  point = <i32>Math.ceil(<f64>(exponent + 52) * 0.3010299956639812 - 1e-9);
  for (let i = 0; i < point; i++) multiply(denominator, 10);
  for (let i = point; i < 0; i++) {
    multiply(numerator, 10);
    multiply(gapBelow, 10);
    multiply(gapAbove, 10);
  }
  const reach = compareSum(numerator, gapAbove, denominator);
  if (reach < 0 || (reach == 0 && !even && !exact)) return;
  multiply(denominator, 10);
  point++;
}

/** Next digit of the fraction. */
function next(): u32 {
  multiply(numerator, 10);
  let value: u32 = 0;
  while (compare(numerator, denominator) >= 0) {
    subtract(numerator, denominator);
    value++;
  }
  return value;
}

/**
 * Finds the fewest digits that a reader turns back into the same double, the nearest of them: what JavaScript prints.
 * @param value positive and finite, of the range of f32
 */
export function shortest(value: f64): void {
  begin(value, false);
  digitCount = 0;
  while (true) {
    multiply(gapBelow, 10);
    multiply(gapAbove, 10);
    let last = next();
    const below = compare(numerator, gapBelow);
    const above = compareSum(numerator, gapAbove, denominator);
    const low = even ? below <= 0 : below < 0;
    const high = even ? above >= 0 : above > 0;
    // Both ends in reach: the nearer one, the even digit of two as near.
    const half = compareSum(numerator, numerator, denominator);
    if (high && (!low || half > 0 || (half == 0 && last & 1))) last++;
    store<u8>(digits + digitCount++, <u8>last);
    if (low || high) return;
  }
}

/**
 * Finds the first `count` digits of a value, rounded to nearest, ties up.
 * @param value positive and finite, of the range of f32
 * @param count 1…20
 */
export function rounded(value: f64, count: i32): void {
  begin(value, true);
  for (let i = 0; i < count; i++) store<u8>(digits + i, <u8>next());
  digitCount = count;
  if (compareSum(numerator, numerator, denominator) < 0) return;
  let i = count - 1;
  for (; i >= 0 && load<u8>(digits + i) == 9; i--) store<u8>(digits + i, 0);
  if (i >= 0) store<u8>(digits + i, load<u8>(digits + i) + 1);
  else {
    store<u8>(digits, 1);
    point++;
  }
}
