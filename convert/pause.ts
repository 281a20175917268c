/** How a conversion can be stopped: it lets its host do other things now and then, and looks whether a signal says so. */

import type { Schedule, Simulator } from "./simulator.ts";

/** An `AbortSignal`, told by what is used of it. */
export interface Signal {
  readonly reason: unknown;
  throwIfAborted(): void;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** Longest time without a pause, ms, where the work allows it. */
const BETWEEN_PAUSES = 100;

/** Time that a search is at work before it pauses, ms: begun again, it has to catch up. */
const TURN = 400;

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

/** Thrown out of a search whose turn is over. */
const TURN_OVER = new Error("the search pauses");

/**
 * Lets a search that knows no pauses run in turns. What the simulator has answered is kept, so that the search, begun again, soon stands
 * where it stood.
 * @param search must do the same whenever it gets the same answers
 */
export async function inTurns<T>(
  simulator: Simulator,
  signal: Signal | undefined,
  search: (simulator: Simulator) => T,
): Promise<T> {
  const answers = new Map<Uint8Array, Map<string, unknown>>();
  let end = 0;
  const answer = <A>(samples: Uint8Array, key: string, ask: () => A): A => {
    let known = answers.get(samples);
    if (!known) {
      known = new Map();
      answers.set(samples, known);
    }
    if (!known.has(key)) {
      if (performance.now() > end) throw TURN_OVER;
      known.set(key, ask());
    }
    return known.get(key) as A;
  };
  const { phases, deepest, neurons } = simulator;
  const remembering: Simulator = {
    phases,
    deepest,
    neurons,
    gated: (samples) => answer(samples, "", () => simulator.gated(samples)),
    early: (samples, schedule: Schedule) =>
      answer(samples, JSON.stringify(schedule), () => simulator.early(samples, schedule)),
    dispose: () => {},
  };
  for (;;) {
    signal?.throwIfAborted();
    end = performance.now() + TURN;
    try {
      return search(remembering);
    } catch (error) {
      if (error !== TURN_OVER) throw error;
    }
    await pause();
  }
}
