/**
 * What a value is, whichever realm it comes from: a frame, a `vm` context and a test environment have constructors of their own, of
 * which `instanceof` here knows nothing.
 */

const typedArray = Object.getPrototypeOf(Uint8Array.prototype);
const typedArrayGetter = (key: PropertyKey) => Object.getOwnPropertyDescriptor(typedArray, key)!.get!;
const typedArrayName = typedArrayGetter(Symbol.toStringTag);
const typedArrayLength = typedArrayGetter("length");
const typedArrayBuffer = typedArrayGetter("buffer");
const typedArrayOffset = typedArrayGetter("byteOffset");

/** Name of a typed array's kind, which a value cannot feign; undefined for anything else. */
export const arrayKind = (value: unknown): string | undefined => typedArrayName.call(value);

/** Elements of a typed array, whatever its own properties say; 0 where its buffer has been transferred. */
export const arrayLength = (array: ArrayBufferView): number => typedArrayLength.call(array);

/** A plain view of a byte array's bytes, whatever its own properties and class are. */
export const bytesOf = (array: Uint8Array | Uint8ClampedArray): Uint8Array =>
  new Uint8Array(typedArrayBuffer.call(array), typedArrayOffset.call(array), arrayLength(array));

/** What the host calls an object: `ArrayBuffer`, `Response`, `URL`. */
export function tagOf(value: unknown): string {
  try {
    return Object.prototype.toString.call(value).slice("[object ".length, -1);
  } catch {
    return "Object"; // it would not say
  }
}

/** Text of whatever was thrown. */
export function reasonOf(thrown: unknown): string {
  try {
    const { message } = Object(thrown) as { message?: unknown };
    return typeof message === "string" ? message : String(thrown);
  } catch {
    return "a reason that cannot be read";
  }
}

/** Characters that a message shows of a value. */
const MOST_SHOWN = 80;

/** A value as a message shows it: short, and without a failure of its own, however the value was made. */
export function shown(value: unknown): string {
  try {
    if (typeof value === "function") return "a function";
    if (typeof value !== "object" || value === null) return cut(String(value));
    if (tagOf(value) === "URL") return cut(String((value as { href: unknown }).href));
    const { name } = value.constructor as { name?: unknown };
    return typeof name === "string" && name !== "Object" && name !== "" ? cut(name) : "an object";
  } catch {
    return "an object";
  }
}

const cut = (text: string): string => (text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN)}…`);
