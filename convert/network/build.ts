/** Builds the network of an ONNX graph: walks it, then arranges what was found by depth. */

import type { InputOptions } from "../form/input.ts";
import type { Model } from "../graph/model.ts";
import { walkGraph } from "../graph/walk.ts";
import { type Problem, unsupported } from "../refusal.ts";
import { mostInFile, type Wiring } from "../wiring.ts";
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
  const { populations, projections } = arrange(walked, seconds, mostInFile(model.read));
  const odd = [...numberProblems({ populations, projections }), ...windowProblems({ populations, projections })];
  if (odd.length > 0) throw unsupported(odd);
  const pairs = populations.filter(({ stagger = 0 }) => stagger > 0);
  const pairNotes = pairs.map(({ name }) => `'${name}' gets two neurons per channel, as first layer of few phases`);
  const split = populations.filter(({ above }) => above !== undefined).length;
  const splitNotes =
    split > 0 ? [`${split} populations get two neurons per channel, as first ones of depthwise convolutions`] : [];
  return { ...walked, populations, projections, notes: [...walked.notes, ...pairNotes, ...splitNotes] };
}

/** What windows of a file stay below, and how far from a map's corner they begin (docs/format.md). */
const MOST_WINDOW = 2 ** 15;

/** The problems of projections whose windows no file can state. */
function windowProblems({ populations, projections }: Wiring): Problem[] {
  return projections.flatMap(({ target, kernel, stride, dilation, offset, pool }) => {
    const sizes = {
      kernel,
      stride,
      dilation,
      ...(pool && { window: pool.kernel, step: pool.stride, spread: pool.dilation }),
    };
    const large = Object.entries(sizes).find(([, [rows, columns]]) => Math.max(rows, columns) >= MOST_WINDOW);
    const far = [offset, pool?.offset ?? [0, 0]].find((pair) => pair.some((n) => Math.abs(n) > MOST_WINDOW));
    if (!large && !far) return [];
    const [what, found, most] = large ? [large[0], large[1], MOST_WINDOW - 1] : ["offset", far!, MOST_WINDOW];
    const reason = `reads windows of the ${what} ${found.join("×")}; up to ${most} is supported`;
    return [{ node: `population '${populations[target].name}'`, op: "", reason }];
  });
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
