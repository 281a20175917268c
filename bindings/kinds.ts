/**
 * What a value is, whichever realm it comes from: a frame, a `vm` context and a test environment have constructors of their own, of
 * which `instanceof` here knows nothing.
 */

const typedArrayName = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)!
  .get!;

/** Name of a typed array's kind, which a value cannot feign; undefined for anything else. */
export const arrayKind = (value: unknown): string | undefined => typedArrayName.call(value);

/** What the host calls an object: `ArrayBuffer`, `Response`, `URL`. */
export const tagOf = (value: unknown): string => Object.prototype.toString.call(value).slice("[object ".length, -1);

/** Text of whatever was thrown. */
export function reasonOf(thrown: unknown): string {
  const { message } = Object(thrown) as { message?: unknown };
  return typeof message === "string" ? message : String(thrown);
}
