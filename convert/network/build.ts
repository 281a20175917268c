/** Builds the network of an ONNX graph: walks it, then arranges what was found by depth. */

import type { InputOptions } from "../form/input.ts";
import type { Model } from "../graph/model.ts";
import { walkGraph } from "../graph/walk.ts";
import { type Problem, unsupported } from "../refusal.ts";
import type { Wiring } from "../wiring.ts";
import { arrange, type SecondNeurons } from "./depths.ts";
import type { UnquantizedNetwork } from "./network.ts";

/**
 * The network that computes what a graph computes.
 * @param options what samples mean, of all inputs or of each: preprocessed images, or real values in a range
 * @param seconds which channels may get a second neuron; default none
 * @throws ConversionError (`unsupported`) that lists everything that cannot be expressed
 */
export function buildNetwork(
  model: Model,
  options: InputOptions | readonly InputOptions[],
  seconds: SecondNeurons = {},
): UnquantizedNetwork {
  const walked = walkGraph(model, Array.isArray(options) ? options : model.inputs.map(() => options as InputOptions));
  const { populations, projections } = arrange(walked, seconds);
  const numberless = numberProblems({ populations, projections });
  if (numberless.length > 0) throw unsupported(numberless);
  const pairs = populations.filter(({ stagger = 0 }) => stagger > 0);
  const pairNotes = pairs.map(({ name }) => `'${name}' gets two neurons per channel, as first layer of few phases`);
  const split = populations.filter(({ above }) => above !== undefined).length;
  const splitNotes =
    split > 0 ? [`${split} populations get two neurons per channel, as first ones of depthwise convolutions`] : [];
  return { ...walked, populations, projections, notes: [...walked.notes, ...pairNotes, ...splitNotes] };
}

/** The problems of populations with a weight or bias that is not finite, as overflow and division by zero leave it. */
function numberProblems({ populations, projections }: Wiring): Problem[] {
  const isOdd = (value: number) => !Number.isFinite(value);
  const weights = new Map<number, number>();
  for (const { target, weight } of projections) {
    const found = weights.has(target) ? undefined : weight.find(isOdd);
    if (found !== undefined) weights.set(target, found);
  }
  return populations.flatMap(({ name, bias }, k) => {
    const weight = weights.get(k);
    const [what, found] = weight === undefined ? ["bias", bias.find(isOdd)] : ["weight", weight];
    if (found === undefined) return [];
    return [{ node: `population '${name}'`, op: "", reason: `has the ${what} ${found}; finite numbers are supported` }];
  });
}
