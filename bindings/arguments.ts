/** Reads what a caller hands over, whatever it is: types hold in TypeScript only, and a getter may throw. */
import { BsnnError } from "./error.ts";
import { arrayKind, arrayLength, reasonOf, shown } from "./kinds.ts";

/** The error for an argument: what it must be, and what was found. */
export function mustBe(what: string, supported: string, found: unknown): BsnnError {
  const text = typeof found === "string" ? `'${shown(found)}'` : shown(found);
  return new BsnnError("bad-input", `${what} must be ${supported}, found ${text}`);
}

/** What was read of an object: what was stated, none of it checked. */
type Fields<T> = { -readonly [Name in keyof T]?: T[Name] };

/**
 * Reads properties of an object once, so that what is checked is what is used.
 * @param given null and undefined state nothing
 * @param names of the properties; others are not looked at
 * @throws BsnnError `bad-input` where there is no object to read
 */
export function readFields<T extends object>(
  given: T | null | undefined,
  names: readonly (keyof T & string)[],
  what: string,
): Fields<T> {
  const read: Fields<T> = {};
  if (given === null || given === undefined) return read;
  if (typeof given !== "object") throw mustBe(what, "an object", given);
  for (const name of names) {
    const value = reading(`${name} of ${what}`, () => given[name]);
    if (value !== undefined) read[name] = value;
  }
  return read;
}

/**
 * Reads options, as `readFields` does; a name that is none of theirs, which is mistyped, is refused.
 * @throws BsnnError `bad-input` where there are no options to read, or others than these
 */
export function readOptions<Options extends object>(
  given: Options | null | undefined,
  names: readonly (keyof Options & string)[],
  what = "options",
): Fields<Options> {
  const read = readFields(given, names, what);
  const others = reading(what, () => Object.keys(given ?? {})).filter((name) => !names.includes(name as never));
  if (others.length === 0) return read;
  throw mustBe(`a key of ${what}`, `one of ${names.join(", ")}`, others[0]);
}

/**
 * Copies a list of so many numbers.
 * @throws BsnnError `bad-input` where it is none, or has another length
 */
export function readNumbers(what: string, given: unknown, count: number): Float64Array {
  const list = given as ArrayLike<unknown> | null | undefined;
  const length = reading(what, () => (arrayKind(given) ? arrayLength(given as Uint8Array) : list?.length));
  if (length !== count) {
    const found = typeof length === "number" ? length : given;
    throw mustBe(what, `${count} numbers`, found);
  }
  const numbers = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const value = reading(what, () => list![i]);
    if (typeof value !== "number") throw mustBe(what, `${count} numbers`, value);
    numbers[i] = value;
  }
  return numbers;
}

/**
 * Does what may run a caller's own code: reads a property that may be a getter, or that of a proxy.
 * @throws BsnnError `bad-input` where that throws
 */
export function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new BsnnError("bad-input", `${what} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}
