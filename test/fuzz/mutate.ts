/** Makes new inputs of old ones: bits, bytes, numbers where arithmetic wraps, pieces cut, doubled, moved and taken from another. */

/** Whole numbers below a bound, from a seed. */
export class Dice {
  #state: number;
  constructor(seed: number) {
    this.#state = seed >>> 0 || 1;
  }
  below(bound: number): number {
    // xorshift32
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x >>> 0;
    return Math.floor((this.#state / 2 ** 32) * bound);
  }
  oneOf<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
}

const WORDS = [
  0, 1, 2, 7, 8, 15, 16, 31, 32, 64, 127, 128, 255, 256, 512, 1000, 1024, 4096, 32767, 32768, 65535, 65536, 0x00ffffff,
  0x3fffffff, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff,
] as const;

type Change = (input: Buffer, dice: Dice, others: readonly Uint8Array[], words: readonly Uint8Array[]) => Uint8Array;

function piece(input: Uint8Array, dice: Dice): [from: number, to: number] {
  const from = dice.below(input.length + 1);
  const length = dice.below(dice.oneOf([2, 5, 17, 65, 1 + input.length]));
  return [from, Math.min(input.length, from + length)];
}

const CHANGES: readonly Change[] = [
  (input, dice) => {
    input[dice.below(input.length)] ^= 1 << dice.below(8);
    return input;
  },
  (input, dice) => {
    input[dice.below(input.length)] = dice.below(256);
    return input;
  },
  (input, dice) => {
    input[dice.below(input.length)] += dice.below(2) ? 1 + dice.below(16) : -1 - dice.below(16);
    return input;
  },
  (input, dice) => {
    const size = dice.oneOf([1, 2, 4, 8]);
    if (input.length < size) return input;
    const at = dice.below(input.length - size + 1);
    const word = dice.oneOf(WORDS);
    const view = new DataView(input.buffer, input.byteOffset, input.length);
    const little = dice.below(2) === 0;
    if (size === 1) view.setUint8(at, word & 255);
    else if (size === 2) view.setUint16(at, word & 0xffff, little);
    else if (size === 4) view.setUint32(at, word, little);
    else view.setBigUint64(at, dice.below(2) ? BigInt(word) : BigInt.asUintN(64, BigInt(word | 0)), little);
    return input;
  },
  (input, dice) => {
    const [from, to] = piece(input, dice);
    return Buffer.concat([input.subarray(0, from), input.subarray(to)]);
  },
  (input, dice) => {
    const [from, to] = piece(input, dice);
    const at = dice.below(input.length + 1);
    return Buffer.concat([input.subarray(0, at), input.subarray(from, to), input.subarray(at)]);
  },
  (input, dice) => {
    const [from, to] = piece(input, dice);
    input.copy(input, dice.below(input.length), from, to);
    return input;
  },
  (input, dice) => input.subarray(0, dice.below(input.length + 1)),
  (input, dice, others) => {
    const other = dice.oneOf(others);
    const [from, to] = piece(other, dice);
    const at = dice.below(input.length + 1);
    const over = dice.below(2) ? to - from : 0;
    return Buffer.concat([input.subarray(0, at), other.subarray(from, to), input.subarray(at + over)]);
  },
  (input, dice, _, words) => {
    if (words.length === 0) return input;
    const word = dice.oneOf(words);
    const at = dice.below(input.length + 1);
    const over = dice.below(2) ? word.length : 0;
    return Buffer.concat([input.subarray(0, at), word, input.subarray(at + over)]);
  },
];

/**
 * @param others inputs that pieces may come from
 * @param words pieces that the format knows
 * @param longest bytes that a new input may have
 */
export function mutate(
  input: Uint8Array,
  dice: Dice,
  others: readonly Uint8Array[],
  words: readonly Uint8Array[],
  longest: number,
): Uint8Array {
  let made: Uint8Array = Buffer.from(input);
  // Mostly few: what has been found should not be lost again.
  for (let times = 1 << dice.below(1 + dice.below(6)); times > 0; times--) {
    const change = made.length === 0 ? CHANGES[8] : dice.oneOf(CHANGES);
    made = change(Buffer.from(made), dice, others, words);
  }
  return new Uint8Array(made.subarray(0, longest));
}
