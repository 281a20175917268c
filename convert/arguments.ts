/** Reads what a caller hands over, whatever it is: types hold in TypeScript only, and a getter may throw. */
import { ConversionError } from "./errors.ts";

/** Characters that a message shows of a value, and elements of a list. */
const MOST_SHOWN = 80;
const MOST_LISTED = 16;
/** Longest list that is looked at: a model has no more channels or values. */
const MOST_ITEMS = 2 ** 24;

/** The error for an argument: what was found, and what is supported. */
export const refusal = (name: string, found: unknown, supported: string, cause?: unknown): ConversionError =>
  new ConversionError("bad-input", `${name}: found ${shown(found)}; ${supported}`, { cause });

/** Text of whatever was thrown. */
export function reasonOf(thrown: unknown): string {
  try {
    const { message } = Object(thrown) as { message?: unknown };
    return typeof message === "string" ? message : String(thrown);
  } catch {
    return "a reason that cannot be read";
  }
}

const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
const typedArrayGetter = (key: PropertyKey) => Object.getOwnPropertyDescriptor(typedArray, key)!.get!;
const typedArrayName = typedArrayGetter(Symbol.toStringTag);
const typedArrayBuffer = typedArrayGetter("buffer");
const typedArrayOffset = typedArrayGetter("byteOffset");
const typedArrayLength = typedArrayGetter("length");

const KINDS = { Uint8Array, Float32Array, Float64Array } as const;
type Arrays = { readonly [Kind in keyof typeof KINDS]: InstanceType<(typeof KINDS)[Kind]> };

/** Name of a typed array's kind, whichever realm it comes from, which a value cannot feign; undefined for anything else. */
export const arrayKind = (value: unknown): string | undefined => typedArrayName.call(value);

/**
 * A plain view of a typed array's elements, whatever its own properties and class are.
 * @throws ConversionError (`bad-input`) where a value is none of the kinds that are supported
 */
export function readArray<Kind extends keyof Arrays>(
  name: string,
  given: unknown,
  kinds: readonly Kind[],
  supported: string,
): Arrays[Kind] {
  const kind = kinds.find((one) => one === arrayKind(given));
  if (!kind) throw refusal(name, given, supported);
  return reading(name, () => {
    const buffer = typedArrayBuffer.call(given);
    return new KINDS[kind](buffer, typedArrayOffset.call(given), typedArrayLength.call(given)) as Arrays[Kind];
  });
}

/** A value as a message shows it: short, and without a failure of its own, however the value was made. */
export function shown(value: unknown): string {
  try {
    if (typeof value === "function") return "a function";
    if (typeof value !== "object" || value === null) return cut(String(value));
    if (Array.isArray(value)) {
      return value.length <= MOST_LISTED ? cut(value.map((item) => shown(item)).join(",")) : `${value.length} items`;
    }
    const { name } = value.constructor as { name?: unknown };
    return typeof name === "string" && name !== "Object" && name !== "" ? cut(name) : "an object";
  } catch {
    return "an object";
  }
}

const cut = (text: string): string => (text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}…`);

/**
 * Does what may run a caller's own code: reads a property that may be a getter, or that of a proxy.
 * @throws ConversionError (`bad-input`) where that throws
 */
export function reading<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new ConversionError("bad-input", `${name}: cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Reads fields of an object once, so that what is checked is what is used.
 * @returns those that are stated, none of them checked; null states nothing
 * @throws ConversionError (`bad-input`) where there is no object to read
 */
export function readFields<T extends object>(
  name: string,
  given: T | null | undefined,
  fields: readonly (keyof T & string)[],
): { -readonly [Field in keyof T]?: Exclude<T[Field], null> } {
  const read: { [field: string]: unknown } = {};
  if (given === null || given === undefined) return read as T;
  if (typeof given !== "object") throw refusal(name, given, "an object is supported");
  for (const field of fields) {
    const value = reading(`${name}: ${field}`, () => given[field]);
    if (value !== undefined && value !== null) read[field] = value;
  }
  return read as T;
}

/**
 * Reads options as `readFields` does; a name that is none of theirs, which is mistyped, is refused.
 * @throws ConversionError (`bad-input`) where there is no object to read, or it has others than these
 */
export function readStrictly<T extends object>(
  name: string,
  given: T | null | undefined,
  fields: readonly (keyof T & string)[],
): ReturnType<typeof readFields<T>> {
  const read = readFields(name, given, fields);
  const others = reading(name, () => Object.keys(given ?? {})).filter((field) => !fields.includes(field as never));
  if (others.length === 0) return read;
  throw refusal(name, others[0], `${fields.join(", ")} are supported`);
}

/**
 * Copies a list.
 * @param is tells an item that is supported
 * @param supported says what such a list is
 * @throws ConversionError (`bad-input`)
 */
export function readList<T>(
  name: string,
  given: unknown,
  is: (item: unknown) => item is T,
  supported: string,
): readonly T[] {
  const list = reading(name, () => {
    if (typeof given !== "object" || given === null) return null;
    const { length } = given as ArrayLike<unknown>;
    if (!(Number.isInteger(length) && length >= 0 && length <= MOST_ITEMS)) return null;
    return Array.from({ length }, (_, i) => (given as ArrayLike<unknown>)[i]);
  });
  if (list?.every(is)) return list;
  throw refusal(name, given, supported);
}

export const isString = (value: unknown): value is string => typeof value === "string";
export const isNumber = (value: unknown): value is number => typeof value === "number";
export const isFiniteNumber = (value: unknown): value is number => Number.isFinite(value);
