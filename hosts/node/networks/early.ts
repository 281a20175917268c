/** Runs inputs by early firing, in this thread, and adds up what it comes to. */

import { uniform } from "../../../bindings/lab/schedule.ts";
import { type LabNetwork, load, type Schedule, type ScheduleName } from "../../../bindings/lab.ts";
import { readInput } from "../data/file.ts";
import { InputError } from "../report/failure.ts";
import { refusalOf } from "./refusal.ts";
import type { Runner } from "./runner.ts";

/** What early firing came to, over all inputs. */
export interface EarlyFigures {
  /** Steps that a neuron fires for one answer. */
  readonly stepsPerLayer: number;
  /** Time steps from the presentation to the answer. */
  readonly steps: number;
  /** What a neuron can say in one answer: the binary logarithm of its spike trains. */
  readonly bitsPerNeuron: number;
  /** Neurons that had not settled. */
  readonly unsettled: number;
  /** Share of spikes that were negative. */
  readonly negativeSpikes: number;
  /** Share of neurons that are silent in the gated network and spiked. */
  readonly sin: number;
}

export interface EarlyRunner extends Runner {
  readonly network: LabNetwork;
  figures(): EarlyFigures;
}

async function loadLab(path: string): Promise<LabNetwork> {
  const file = await readInput(path);
  return load(file).catch((error) => {
    throw refusalOf(path, file, error);
  });
}

/**
 * Loads a model and the schedule by which it is to fire; null is the gated network.
 * @param delay as for `openEarlyRunner`
 * @throws InputError as `openEarlyRunner` does
 */
export async function loadEarly(
  path: string,
  delay: string,
): Promise<{ readonly network: LabNetwork; readonly schedule: Schedule | null }> {
  const network = await loadLab(path);
  const found = delayOf(delay, path, network);
  if (typeof found === "string") return { network, schedule: network.schedules![found] };
  return { network, schedule: found === network.phases ? null : uniform(found, network.deepest) };
}

/**
 * Opens a runner.
 * @param delay a schedule of the file by name, or a number in 1…K as text
 * @throws InputError naming the file where it cannot be read, is no model or holds no such schedule
 */
export async function openEarlyRunner(path: string, delay: string, registers: 1 | 2): Promise<EarlyRunner> {
  const network = await loadLab(path);
  const options = { delay: delayOf(delay, path, network), registers, mode: "step" as const };
  const gated = options.delay === network.phases;
  const sums = { unsettled: 0, spikes: 0, negative: 0, inactivated: 0, spiking: 0 };
  let steps = 0;
  let stepsPerLayer = network.phases;
  return {
    network,
    most: 1,
    run: async (samples) => {
      const begin = performance.now();
      const result = network.run(samples, options);
      const milliseconds = performance.now() - begin;
      steps = result.steps;
      stepsPerLayer = result.stepsPerLayer;
      for (const figures of gated ? [] : network.settling()) {
        sums.unsettled += figures.unsettled;
        sums.spikes += figures.spikes;
        sums.negative += figures.negativeSpikes;
        sums.inactivated += figures.inactivated;
        sums.spiking += figures.spikingInactivated;
      }
      return {
        outputs: result.outputs,
        activity: network.activity(),
        stepsPerAnswer: result.stepsPerAnswer,
        milliseconds,
      };
    },
    figures: () => ({
      stepsPerLayer,
      steps,
      // Spikes with signs have three values at each step.
      bitsPerNeuron: gated ? network.phases : Number((stepsPerLayer * Math.log2(3)).toFixed(2)),
      unsettled: sums.unsettled,
      negativeSpikes: sums.spikes === 0 ? 0 : sums.negative / sums.spikes,
      sin: sums.inactivated === 0 ? 0 : sums.spiking / sums.inactivated,
    }),
    close: async () => network.dispose(),
  };
}

function delayOf(text: string, path: string, { phases, schedules }: LabNetwork): ScheduleName | number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= phases) return number;
  if (text === "exact" || text === "close" || text === "fast") {
    if (schedules) return text;
    throw new InputError(
      `${path}: holds no schedules of early firing; convert it with --early, or give --delay a number`,
    );
  }
  throw new InputError(`--delay: found '${text}'; exact, close, fast and 1 to ${phases} are supported`);
}
