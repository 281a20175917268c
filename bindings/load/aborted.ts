/** Waiting that a signal ends. */

import type { Signal } from "../types.ts";

/** What is waited for, or the signal's reason. What a signal of the caller's own throws is told like it. */
export async function unlessAborted<T>(waiting: Promise<T>, signal: Signal | undefined): Promise<T> {
  if (!signal) return waiting;
  waiting.catch(() => {});
  // A listener is not told of what came before it.
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([waiting, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
