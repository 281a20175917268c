/** Whether an original seems to be given what it was trained on: by its own answers, and where these are not known by its first layer. */

import type { Preprocessing } from "../../../convert/preprocessing.ts";
import type { Original } from "../networks/original.ts";
import { argmax } from "../report/scores.ts";
import { percent } from "../report/terminal.ts";
import { looksLikeChance } from "./chance.ts";
import { LOOKED_AT, measureReach, reachFault } from "./reach.ts";
import { findBetter, type Judged } from "./trial.ts";

/** Labelled inputs that the original is asked for its answer to at most, and others tried on. */
export const MOST_JUDGED = 100;

/** The original's answers to labelled inputs. */
export interface Answers {
  /** `MOST_JUDGED` of them at most, to try others on. */
  readonly judged: readonly Judged[];
  /** Of all labelled inputs, how many there are and how many the original is right on. */
  readonly inputs: number;
  readonly right: number;
  /** Whether the original gives one and the same answer to all, though their classes differ. */
  readonly constant: boolean;
}

/** Asks an original for its answers to labelled inputs. */
export async function judge(
  original: Original,
  labelled: readonly { readonly samples: Uint8Array; readonly label: number }[],
  onProgress: (done: number, total: number) => void,
): Promise<Answers> {
  const judged: Judged[] = [];
  const given = new Set<number>();
  for (const { samples, label } of labelled) {
    const [values] = await original.answer(samples);
    const answer = argmax(values);
    given.add(answer);
    judged.push({ samples, label, right: answer === label });
    onProgress(judged.length, labelled.length);
  }
  const right = judged.filter((input) => input.right).length;
  const classes = new Set(labelled.map(({ label }) => label));
  return { judged, inputs: judged.length, right, constant: given.size === 1 && classes.size > 1 };
}

/**
 * What to warn of.
 * @param given preprocessing of images with one mean and std per channel, or null of other inputs
 * @param samples of some inputs, labelled or not
 * @param classes that the original tells apart
 */
export async function review(
  original: Original,
  given: Preprocessing | null,
  { judged, inputs, right, constant }: Answers,
  samples: readonly Uint8Array[],
  classes: number,
  onProgress: (done: number, total: number) => void,
): Promise<string[]> {
  if (inputs === 0) {
    const fault = reachFault(await measureReach(original, samples.slice(0, LOOKED_AT)));
    if (fault === null) return [];
    return [
      `the original's ${fault}; that is as it should be only where it was trained so. Labels would tell, or class folders`,
    ];
  }
  const guessing = looksLikeChance(right, inputs, classes);
  const chance = guessing ? `, which looks like chance among ${classes} classes` : "";
  const score = `the original is right on ${right} of ${inputs} labelled inputs (${percent(right / inputs)})${chance}`;
  const better = given && judged.length > 0 ? await findBetter(original, given, judged, onProgress) : null;
  if (better) {
    const share = `${better.right} of ${judged.length} (${percent(better.right / judged.length)})`;
    return [
      `${score}; with ${better.advice} (${better.what}) it is right on ${share}. Is that what it was trained with?`,
    ];
  }
  if (!guessing && !constant) return [];
  const same = constant ? ", and gives one answer to all" : "";
  const why = "its preprocessing may be another, or these classes not its own";
  const fault = reachFault(await measureReach(original, samples.slice(0, LOOKED_AT)));
  return [`${score}${same}: ${why}${fault ? `. The original's ${fault}` : ""}`];
}
