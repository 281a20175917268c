/** Turns one population and the projections into it into integers. */

import { levelVariance } from "../calibrate/levels.ts";
import type { QuantizedPopulation } from "../network/network.ts";
import type { Stages } from "../stages.ts";
import type { UnquantizedPopulation } from "../wiring.ts";
import { BiasCorrection, roundedBias } from "./bias.ts";
import { provePotentials } from "./bounds.ts";
import { chooseScales, type Incoming } from "./channels.ts";
import { type FiredLevels, fireLevels, fittedScale } from "./levels.ts";
import { has, type QuantizeOptions } from "./options.ts";
import { ReceivedSums } from "./sums.ts";
import { type IntegerWeights, roundWeights } from "./weights.ts";

/** A population in integers. */
interface Done {
  readonly population: QuantizedPopulation;
  /** Of each incoming projection. */
  readonly weights: readonly IntegerWeights[];
  /** Null for an output, which fires nothing. */
  readonly fired: FiredLevels | null;
  /** Of channels that have two neurons: the second ones. */
  readonly upper?: { readonly population: QuantizedPopulation; readonly fired: FiredLevels };
  /** Of an output, on the images judged: Σ(found − ANN)² and ΣANN². */
  readonly error?: readonly [squared: number, reference: number];
}

/**
 * Chooses the integers of a bistable or output population: scales, weights, then the bias against what the rounded weights
 * deliver, then what a level is worth.
 * @param incoming in the order of the network's projections
 * @param target the ANN's pre-activations, `[n][H][W][C]`
 * @param stages told how long each part takes
 * @param largest the ANN's largest activations on further inputs, `[m][C]`; null for none
 * @param above the second neurons of its channels, where they have two
 * @throws ConversionError (`unsupported`) where a potential could leave 32 bits
 */
export async function quantizePopulation(
  population: UnquantizedPopulation,
  incoming: readonly Incoming[],
  target: Float32Array,
  options: QuantizeOptions,
  stages: Stages,
  largest: Float32Array | null = null,
  above: UnquantizedPopulation | null = null,
): Promise<Done> {
  const { height, width, channels, stagger = 0 } = population;
  const { images } = incoming[0].source.maps;
  const fittedImages = images - (options.judged ?? 0);
  const fitted = target.subarray(0, fittedImages * height * width * channels);
  const scales = await stages.time("scales", () =>
    chooseScales(population, incoming, fitted, options, largest, above !== null),
  );
  const unit = Float64Array.from(scales, (s) => s.unit);
  const shift = Int8Array.from(scales, (s) => s.shift);

  const weights: IntegerWeights[] = [];
  const together = has(options, "rounding");
  for (const one of incoming) {
    const source = { ...one.source, maps: { ...one.source.maps, images: fittedImages } };
    weights.push(await stages.time("weights", () => roundWeights({ ...one, source, unit, together })));
  }
  const received = new ReceivedSums(population, incoming, weights, stages);
  let whole = roundedBias(population, unit);
  if (has(options, "bias")) {
    const correction = new BiasCorrection(population, unit, options.cautious);
    await received.visit((sums, at) => correction.add(sums, fitted.subarray(at, at + sums.length)));
    whole = correction.bias;
  }
  const half = has(options, "nearest") ? 0.5 : 0;
  const initial = Int32Array.from(shift, (s) => Math.max(0, Math.round(2 ** s * (half + stagger)) - 1));
  const projections = incoming.map(({ projection }) => projection);
  provePotentials({ population, projections, weights, bias: whole, initial, shift }, options);
  const bias = Int32Array.from(whole);
  const quantized = { ...population, bias, initial, shift, unit: Float32Array.from(unit) };
  let upper: QuantizedPopulation | null = null;
  if (above) {
    const lower = goingOn(whole, shift, options);
    provePotentials({ population: above, projections, weights, bias: lower, initial, shift }, options);
    upper = { ...quantized, ...above, bias: Int32Array.from(lower) };
  }
  if (population.kind === "output") {
    if (!options.judged) return { population: quantized, weights, fired: null };
    const error: [number, number] = [0, 0];
    await received.visit((sums, at) => {
      for (let k = Math.max(0, fitted.length - at); k < sums.length; k++) {
        const found = (sums[k] + bias[k % bias.length]) * unit[k % channels];
        error[0] += (found - target[at + k]) ** 2;
        error[1] += target[at + k] ** 2;
      }
    });
    return { population: quantized, weights, fired: null, error };
  }

  const chosen = unit.map((u, c) => u * 2 ** shift[c]);
  const neurons = upper ? [quantized, upper] : [quantized];
  const levels = neurons.map(() => new Uint8Array(target.length));
  await received.visit(async (sums, at) => {
    for (const [k, own] of neurons.entries()) {
      const into = levels[k].subarray(at, at + sums.length);
      await stages.time("levels", () => fireLevels(own, sums, options.phases, into));
    }
  });
  const seen = levels.map((own) => own.subarray(0, fitted.length));
  const scale = has(options, "fit")
    ? await stages.time("levels", () => fittedScale(population, seen, fitted, chosen, options.cautious))
    : chosen;
  const fitting = Float32Array.from(scale, (s, c) => s / 2 ** shift[c]);
  const [first, second] = neurons.map((own, k) => ({
    population: { ...own, unit: fitting },
    fired: {
      maps: { images, height, width, channels, levels: levels[k], zeroPoint: null },
      scale,
      variance: levelVariance(seen[k], channels),
    },
  }));
  return { ...first, weights, ...(second && { upper: second }) };
}

/** Biases of second neurons, which receive what the first ones do and begin to fire where those fire their highest level. */
function goingOn(first: Float64Array, shift: Int8Array, { phases }: QuantizeOptions): Float64Array {
  const top = 2 ** phases - 1;
  return first.map((b, at) => b - top * 2 ** shift[at % shift.length]);
}
