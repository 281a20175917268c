/** The loop of a fuzzer: an input that reaches something new is kept, and new inputs are made of those. */

import { lookAtJavaScript, lookAtWasm, type Reached, reached } from "./coverage.ts";
import { Dice, mutate } from "./mutate.ts";
import type { Target } from "./target.ts";

/** Longest that an input may take unless its target says otherwise, ms of processor time. */
const SLOW_MS = 1000;
/** Inputs between two looks at JavaScript's coverage, which cost milliseconds. */
const BATCH = 500;

export interface Bounds {
  readonly runs: number;
  readonly seconds: number;
  readonly seed: number;
}

export interface Outcome extends Reached {
  readonly executions: number;
  readonly seconds: number;
  /** Inputs kept, with those it began with. */
  readonly corpus: number;
  readonly slowestMs: number;
  /** Of the process after garbage is collected, bytes: early, and in the end. */
  readonly memory: readonly [early: number, late: number];
  /** An input that is a fault, and what it did; null where none was found. */
  readonly fault: { readonly input: Uint8Array; readonly error: unknown } | null;
}

function memoryNow(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

/**
 * Gives one input to a target.
 * @returns how long that took, ms
 * @throws what is a fault, slowness too
 */
export async function attempt(target: Target, input: Uint8Array): Promise<number> {
  const before = process.cpuUsage();
  const start = performance.now();
  await target.run(input.slice());
  const passed = performance.now() - start;
  const { user, system } = process.cpuUsage(before);
  // Waiting for the processor is no fault of the input's.
  const took = Math.min(passed, (user + system) / 1000);
  if (took > (target.slowMs ?? SLOW_MS)) throw new Error(`took ${took.toFixed()} ms`);
  return took;
}

/**
 * Tries inputs until the first fault.
 * @param about told of every input before it runs, so that one that never ends can be known
 */
export async function fuzz(
  target: Target,
  { runs, seconds, seed }: Bounds,
  about: (input: Uint8Array) => void,
): Promise<Outcome> {
  const dice = new Dice(seed);
  const corpus: Uint8Array[] = [];
  let executions = 0;
  let slowestMs = 0;
  let early = 0;
  let fault: Outcome["fault"] = null;
  const begin = performance.now();

  /** @returns true where the input reached new WebAssembly */
  async function execute(input: Uint8Array): Promise<boolean> {
    about(input);
    executions++;
    try {
      slowestMs = Math.max(slowestMs, await attempt(target, input));
    } catch (error) {
      fault = { input, error };
    }
    return lookAtWasm();
  }

  for (const input of await target.seeds()) {
    // Once more, when everything has been compiled.
    for (let i = 0; i < 2; i++) {
      slowestMs = 0;
      await execute(input);
    }
    corpus.push(input);
  }
  lookAtJavaScript().note();
  const going = () => fault === null && executions < runs && performance.now() - begin < 1000 * seconds;
  while (going()) {
    const batch: Uint8Array[] = [];
    while (batch.length < BATCH && going()) {
      const made = mutate(dice.oneOf(corpus), dice, corpus, target.words ?? [], target.longest);
      const input = target.mend && dice.below(4) > 0 ? target.mend(made) : made;
      batch.push(input);
      if (await execute(input)) corpus.push(input);
    }
    if (early === 0 && (executions > runs / 4 || performance.now() - begin > 250 * seconds)) early = memoryNow();
    const look = lookAtJavaScript();
    if (!look.isNew()) continue;
    // Which of them it was is told by running them once more, one by one.
    for (const input of batch) {
      if (!going()) break;
      await execute(input);
      const single = lookAtJavaScript();
      if (!single.isNew()) continue;
      single.note();
      corpus.push(input);
    }
    look.note(); // what happens once only
  }
  const late = memoryNow();
  return {
    ...reached(),
    executions,
    seconds: (performance.now() - begin) / 1000,
    corpus: corpus.length,
    slowestMs,
    memory: [early || late, late],
    fault,
  };
}
