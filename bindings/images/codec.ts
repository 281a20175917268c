/** Instances of codecs, kept for the next image as long as they are sound and small. */

/** An instance of a codec. After it has thrown it must not be used again. */
export interface Codec<Args extends readonly unknown[], Result> {
  run(...args: Args): Result;
  /** Linear memory it holds, bytes; it never shrinks. */
  memory(): number;
}

/** Instances that have grown beyond this are given up, since they would hold their memory for ever. */
const MOST_KEPT = 2 ** 25;

/**
 * Works with one instance after another: a failure, or a large image, asks for a new one.
 * @param start starts an instance
 */
export function keeping<Args extends readonly unknown[], Result>(
  start: () => Promise<Codec<Args, Result>>,
): (...args: Args) => Promise<Result> {
  let kept: Codec<Args, Result> | undefined;
  return async (...args) => {
    const codec = kept ?? (await start());
    kept = undefined;
    const result = codec.run(...args);
    if (codec.memory() <= MOST_KEPT) kept = codec;
    return result;
  };
}
