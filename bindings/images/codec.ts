/** Instances of codecs, kept for the next image as long as they are sound and small. */

import { BsnnError } from "../error.ts";
import { reasonOf } from "../kinds.ts";
import { type Codecs, noCodec } from "./codecs.ts";

/** Why a codec refuses a file that it has gone over to its end, so that it can be used again. */
export class FileFault extends Error {}

/** An instance of a codec. After it has thrown anything but a FileFault it must not be used again. */
export interface Codec<Args extends readonly unknown[], Result> {
  run(...args: Args): Result;
  /** Linear memory it holds, bytes; it never shrinks. */
  memory(): number;
}

/** Instances that have grown beyond this are given up, since they would hold their memory for ever. */
const MOST_KEPT = 2 ** 25;

/**
 * Works with one instance after another: a failure, or a large image, asks for a new one.
 * @param name of the codec
 * @param start starts an instance
 * @returns what works; rejects with what the codec throws, or with a BsnnError `unsupported` where it cannot be started
 */
export function keeping<Args extends readonly unknown[], Result>(
  name: keyof Codecs,
  start: () => Promise<Codec<Args, Result>>,
): (...args: Args) => Promise<Result> {
  let kept: Codec<Args, Result> | undefined;
  return async (...args) => {
    const codec = kept ?? (await started(name, start));
    kept = undefined;
    let isSound = true;
    try {
      return codec.run(...args);
    } catch (error) {
      isSound = error instanceof FileFault;
      throw error;
    } finally {
      if (isSound && codec.memory() <= MOST_KEPT) kept = codec;
    }
  };
}

async function started<C>(name: keyof Codecs, start: () => Promise<C>): Promise<C> {
  try {
    return await start();
  } catch (cause) {
    throw cause instanceof BsnnError ? cause : noCodec(name, reasonOf(cause), cause);
  }
}
