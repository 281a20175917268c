/** Runs many inputs of a network, in this thread or on several, and hands the answers back in order. */

import { loadPool } from "../../../bindings/node.ts";
import type { Activity, Network, Output, RunOptions } from "../../../bindings/types.ts";
import type { Item } from "../data/inputs.ts";

export interface Answer {
  readonly outputs: readonly Output[];
  readonly activity: Activity;
  /** Time steps from answer to answer, fed continuously. */
  readonly stepsPerAnswer: number;
  /** How long the run took, ms. */
  readonly milliseconds: number;
}

export interface Runner {
  /** Inputs that may be under way at once. */
  readonly most: number;
  run(samples: Uint8Array): Promise<Answer>;
  close(): Promise<void>;
}

/**
 * Opens a runner: with one worker the network itself, else a pool of its own with the same model and build.
 * @param model content of the file that the network was loaded from
 */
export async function openRunner(
  model: Uint8Array,
  network: Network,
  { mode = "period", registers = 1, workers }: RunOptions & { readonly workers: number },
): Promise<Runner> {
  const options = { mode, registers };
  if (workers === 1) {
    return { most: 1, run: async (samples) => runHere(network, samples, options), close: async () => {} };
  }
  const pool = await loadPool(model, { workers, build: network.build });
  return {
    // One for every worker and one more for each while answers are waited for in order.
    most: 2 * workers,
    run: async (samples) => {
      const { outputs, activity, stepsPerAnswer, milliseconds } = await pool.run(samples, {
        ...options,
        activity: true,
      });
      return { outputs, activity: activity!, stepsPerAnswer, milliseconds };
    },
    close: () => pool.dispose(),
  };
}

function runHere(network: Network, samples: Uint8Array, options: RunOptions): Answer {
  const begin = performance.now();
  const { outputs, stepsPerAnswer } = network.run(samples, options);
  const milliseconds = performance.now() - begin;
  return { outputs, activity: network.activity(), stepsPerAnswer, milliseconds };
}

export interface Answered {
  readonly item: Item;
  readonly samples: Uint8Array;
  readonly answer: Answer;
}

/** Reads and runs all items; answers come in the order of the items. */
export async function* runAll(runner: Runner, items: readonly Item[]): AsyncGenerator<Answered> {
  const underWay: Promise<Answered>[] = [];
  const begin = async (item: Item): Promise<Answered> => {
    const samples = await item.read();
    return { item, samples, answer: await runner.run(samples) };
  };
  for (const item of items) {
    const answered = begin(item);
    // A failure is told when its turn comes, or not at all if an earlier one ends everything.
    answered.catch(() => {});
    underWay.push(answered);
    if (underWay.length >= runner.most) yield await underWay.shift()!;
  }
  for (const answered of underWay) yield await answered;
}
