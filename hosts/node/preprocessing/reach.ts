/** Whether inputs, as they are preprocessed, lie where the original's first layer was trained. */

import { annInput } from "../../../convert/index.ts";
import type { Original } from "../networks/original.ts";

/** Inputs that are looked at. */
export const LOOKED_AT = 8;

/**
 * A layer's biases are there to be compared with what its weights make of the input: in trained networks the two are of one size. They
 * are far apart where one is so many times the other.
 */
const FAR_ABOVE = 50;
const FAR_BELOW = 20;

/** Inputs taken this much weaker change nothing but the size of the outputs, where no bias matters anywhere. */
const WEAKER = 1 / 64;
/** A relative change of the outputs that counts as one. */
const CHANGE = 0.25;

const rms = (sum: number, count: number): number => Math.sqrt(sum / count);

/** What the first layer was found to do: root mean squares over its neurons, and over inputs. */
export interface Reach {
  /** Of what the weights make of the inputs. */
  readonly driven: number;
  /** Of what is there without an input. */
  readonly bias: number;
  /** Relative change of the outputs, size aside, where inputs are weaker. */
  readonly change: number;
}

/** @param inputs H×W×C samples each, at least one */
export async function measureReach(original: Original, inputs: readonly Uint8Array[]): Promise<Reach> {
  const { coding, populations, outputs } = original;
  const first = populations.find(({ view, depth }) => view !== null && view !== undefined && depth === 1)!;
  const watched = [first, ...outputs];
  const size = coding.dims.reduce((product, n) => product * n, 1);
  const [bias] = await original.values(new Float32Array(size), watched);
  let [driven, count, changed, compared] = [0, 0, 0, 0];
  for (const samples of inputs) {
    const input = annInput(coding, samples);
    const [values, ...answers] = await original.values(input, watched);
    values.forEach((value, k) => {
      driven += (value - bias[k]) ** 2;
    });
    count += values.length;
    const [, ...weak] = await original.values(
      input.map((value) => value * WEAKER),
      watched,
    );
    answers.forEach((answer, i) => {
      answer.forEach((value, k) => {
        const scaled = weak[i][k] / WEAKER;
        changed += (scaled - value) ** 2;
        compared += Math.max(value ** 2, scaled ** 2);
      });
    });
  }
  return {
    driven: rms(driven, count),
    bias: rms(
      bias.reduce((sum, value) => sum + value ** 2, 0),
      bias.length,
    ),
    change: Math.sqrt(changed / compared),
  };
}

/** What to warn of, as it goes on after "the original's", or null. Where no bias matters to the answers, the size of inputs does not either. */
export function reachFault({ driven, bias, change }: Reach): string | null {
  if (!(bias > 0) || !(driven > 0)) return null;
  const ratio = driven / bias;
  const size = ratio < 1 ? `a ${Math.round(1 / ratio)}th of` : `${Math.round(ratio)} times`;
  const found = `first layer makes of preprocessed inputs ${size} what it adds by itself (biases)`;
  if (ratio > FAR_ABOVE && change > CHANGE) return `${found}; inputs may be far larger than those it was trained on`;
  if (ratio < 1 / FAR_BELOW) return `${found}; inputs may be far smaller than those it was trained on`;
  return null;
}
