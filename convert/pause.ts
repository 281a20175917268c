/** How a conversion can be stopped: it lets its host do other things now and then, and looks whether a signal says so. */

/** An `AbortSignal`, told by what is used of it. */
export interface Signal {
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Longest time without a pause, ms, where the work allows it. */
const BETWEEN_PAUSES = 100;

let last = 0;

/** Lets the host do what waits, if the last pause is some time ago. What runs without one hears no signal, and shows no progress. */
export async function pause(): Promise<void> {
  if (performance.now() - last < BETWEEN_PAUSES) return;
  await new Promise<void>((resolve) => setTimeout(resolve, 0));
  last = performance.now();
}

/**
 * What comes of some work, or the signal's reason as soon as it says so; the work then ends at its own next look at the signal, and what
 * becomes of it does not matter.
 */
export async function unlessAborted<T>(signal: Signal | undefined, work: () => Promise<T>): Promise<T> {
  if (!signal) return work();
  signal.throwIfAborted();
  let abort = () => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort);
  });
  try {
    return await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
