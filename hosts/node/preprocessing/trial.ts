/** Tries other preprocessing on labelled inputs: is there one that the original is more often right with? */

import { recoded } from "../../../convert/form/recode.ts";
import type { Preprocessing } from "../../../convert/preprocessing.ts";
import type { Original } from "../networks/original.ts";
import { argmax } from "../report/scores.ts";
import { FEWEST_ERRORS, isBetter } from "./chance.ts";
import { mistakes, momentsOf, optionsFor } from "./mistakes.ts";

/** An input whose class is known, and whether the original is right on it as preprocessing was given. */
export interface Judged {
  readonly samples: Uint8Array;
  readonly label: number;
  readonly right: boolean;
}

/** A preprocessing that does better. */
export interface Finding {
  /** Inputs that the original is right on with it. */
  readonly right: number;
  /** The options to give, or what to do to the inputs. */
  readonly advice: string;
  readonly what: string;
}

/** Wrong inputs that everything is tried on first, the share of them that must then be right, and how many readings go on. */
const SCREENED = 8;
const PROMISING = 0.3;
const KEPT = 4;

interface Candidate {
  readonly what: string;
  readonly advice: string;
  isRight(input: Judged): Promise<boolean>;
}

interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Which sample stands where another is expected, as in arrays whose axes were not moved but renamed. */
const ORDERS: readonly { what: string; from: (k: number, shape: Shape) => number }[] = [
  {
    what: "rows and columns exchanged",
    from: (k, { height, width, channels }) => {
      const [row, column] = [Math.floor(k / channels / width), Math.floor(k / channels) % width];
      return height === width ? (column * width + row) * channels + (k % channels) : k;
    },
  },
  {
    what: "samples that lie channel by channel",
    from: (k, { height, width, channels }) => (k % channels) * height * width + Math.floor(k / channels),
  },
  {
    what: "samples that lie pixel by pixel",
    from: (k, { height, width, channels }) => {
      const size = height * width;
      return (k % size) * channels + Math.floor(k / size);
    },
  },
];

function candidates(original: Original, given: Preprocessing, inputs: readonly Judged[]): Candidate[] {
  const { coding, input } = original;
  const data = momentsOf(
    inputs.map(({ samples }) => samples),
    input.channels,
  );
  const readings = mistakes(given, data).map(({ what, preprocessing }): Candidate => {
    const other = recoded(coding, given, preprocessing);
    return {
      what,
      advice: optionsFor(given, preprocessing),
      isRight: async ({ samples, label }) => argmax((await original.answer(samples, other))[0]) === label,
    };
  });
  const orders = ORDERS.map(({ what, from }) => ({ what, index: indices(from, input) }))
    .filter(({ index }) => index.some((at, k) => at !== k))
    .map(
      ({ what, index }): Candidate => ({
        what,
        advice: "the inputs put in order",
        isRight: async ({ samples, label }) =>
          argmax((await original.answer(Uint8Array.from(index, (at) => samples[at])))[0]) === label,
      }),
    );
  return [...readings, ...orders];
}

function indices(from: (k: number, shape: Shape) => number, shape: Shape): number[] {
  const size = shape.height * shape.width * shape.channels;
  return Array.from({ length: size }, (_, k) => from(k, shape));
}

const count = (right: readonly boolean[]): number => right.filter(Boolean).length;

async function answersOf(candidate: Candidate, inputs: readonly Judged[]): Promise<boolean[]> {
  const right: boolean[] = [];
  for (const input of inputs) right.push(await candidate.isRight(input));
  return right;
}

function isClearlyBetter(one: readonly boolean[], other: readonly boolean[]): boolean {
  const gained = one.filter((right, k) => right && !other[k]).length;
  const lost = one.filter((right, k) => !right && other[k]).length;
  return isBetter(gained, lost);
}

/**
 * The preprocessing, of those that may have been meant, with which the original is right clearly more often; null where there is
 * none, or where so few errors are left that none could be shown to be better.
 * @param given one mean and std per channel
 */
export async function findBetter(
  original: Original,
  given: Preprocessing,
  inputs: readonly Judged[],
  onProgress: (done: number, total: number) => void,
): Promise<Finding | null> {
  const wrong = inputs.filter(({ right }) => !right);
  if (wrong.length < FEWEST_ERRORS) return null;
  const screen = wrong.slice(0, SCREENED);
  const rest = inputs.filter((input) => !screen.includes(input));
  const all = candidates(original, given, inputs);
  const screened: { candidate: Candidate; right: boolean[] }[] = [];
  for (const candidate of all) {
    screened.push({ candidate, right: await answersOf(candidate, screen) });
    onProgress(screened.length, all.length);
  }
  const promising = screened
    .filter(({ right }) => count(right) >= PROMISING * screen.length)
    .sort((a, b) => count(b.right) - count(a.right))
    .slice(0, KEPT)
    .sort((a, b) => all.indexOf(a.candidate) - all.indexOf(b.candidate)); // the likeliest first
  const before = [...screen, ...rest].map(({ right }) => right);
  let best = before;
  let found: Finding | null = null;
  for (const { candidate, right: screenRight } of promising) {
    const right = [...screenRight, ...(await answersOf(candidate, rest))];
    if (!isClearlyBetter(right, before) || (found && !isClearlyBetter(right, best))) continue;
    best = right;
    found = { right: count(right), advice: candidate.advice, what: candidate.what };
  }
  return found;
}
