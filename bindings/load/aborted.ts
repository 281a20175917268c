/** Waiting that a signal ends. */

import type { Signal } from "../types.ts";

/** What is waited for, or the signal's reason. */
export function unlessAborted<T>(waiting: Promise<T>, signal: Signal | undefined): Promise<T> {
  if (!signal) return waiting;
  return new Promise((resolve, reject) => {
    // A listener is not told of what came before it.
    waiting.catch(() => {});
    signal.throwIfAborted();
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
    waiting.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
