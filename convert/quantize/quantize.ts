/** Turns a network's weights into integers, population by population from the input on. */

import type { Activations } from "../calibrate/activations.ts";
import { isDepthwise } from "../network/halves.ts";
import type { QuantizedPopulation, QuantizedProjection, UnquantizedNetwork } from "../network/network.ts";
import { Stages } from "../stages.ts";
import type { UnquantizedPopulation } from "../wiring.ts";
import { type FiredLevels, inputLevels } from "./levels.ts";
import { has, type QuantizeOptions } from "./options.ts";
import { quantizePopulation } from "./population.ts";
import { weightLimits } from "./weights.ts";

/** Of populations that have none. */
const NO_PARAMETERS = {
  bias: new Int32Array(0),
  initial: new Int32Array(0),
  shift: new Int8Array(0),
  unit: new Float32Array(0),
};

/**
 * Quantises a network. Each population is chosen, rounded and corrected against the ANN's values while it receives the levels
 * its sources really fire, so that errors made upstream are seen, and their mean mended, downstream.
 * @param images calibration images, 8-bit samples H×W×C
 * @param activations the ANN's values on the same images
 * @param onProgress is told how many populations are done, and of how many
 * @throws ConversionError (`unsupported`) where a potential could leave 32 bits
 */
export async function quantize(
  network: UnquantizedNetwork,
  images: readonly Uint8Array[],
  activations: Activations,
  given: QuantizeOptions & {
    readonly onProgress?: (done: number, total: number) => void;
    /** The ANN's largest activations on further inputs, by population. */
    readonly largest?: readonly (Float32Array | null)[];
    readonly stages?: Stages;
  },
): Promise<{
  populations: QuantizedPopulation[];
  projections: QuantizedProjection[];
  /** ‖found − ANN‖ / ‖ANN‖ over all outputs on the images judged; NaN where there are none. */
  error: number;
}> {
  const { stages = new Stages() } = given;
  const cautious = has(given, "evidence") && network.projections.some(isDepthwise);
  const options = { ...given, cautious };
  const fired: (FiredLevels | null)[] = [];
  const populations: QuantizedPopulation[] = [];
  const projections: QuantizedProjection[] = [];
  let [squared, reference] = [0, 0];
  const lastUse = network.populations.map((_, i) => i);
  for (const { source, target } of network.projections) lastUse[source] = Math.max(lastUse[source], target);
  const limits = weightLimits(network, options);
  const incomingOf = network.populations.map((): number[] => []);
  for (const [j, { target }] of network.projections.entries()) incomingOf[target].push(j);
  /** Of which each population is the last to read the levels. */
  const lastReadOf = network.populations.map((): number[] => []);
  for (const [k, last] of lastUse.entries()) lastReadOf[last].push(k);
  const seconds = new Map(network.populations.flatMap((p) => (p.above === undefined ? [] : [[p.above, p] as const])));
  const known = new Map<UnquantizedPopulation, Awaited<ReturnType<typeof quantizePopulation>>>();
  for (const [i, population] of network.populations.entries()) {
    options.onProgress?.(i, network.populations.length);
    const incoming = incomingOf[i].map((j) => [network.projections[j], j] as const);
    if (population.kind === "input") {
      fired.push(inputLevels(network, images, options));
      populations.push({ ...population, ...NO_PARAMETERS });
    } else if (population.kind === "synchronous") {
      const [[relay, j]] = incoming;
      fired.push(fired[relay.source]);
      populations.push({ ...population, ...NO_PARAMETERS });
      projections[j] = { ...relay, weight: new Int8Array(0) };
    } else if (known.has(population)) {
      const { upper, weights } = known.get(population)!;
      known.delete(population);
      populations.push(upper!.population);
      for (const [k, [q, j]] of incoming.entries()) projections[j] = { ...q, weight: weights[k] };
      fired.push(upper!.fired);
    } else {
      const second = seconds.get(population.name) ?? null;
      const done = await quantizePopulation(
        population,
        incoming.map(([q, j]) => ({ projection: q, limit: limits[j], source: fired[q.source]! })),
        await stages.time("original", () => activations.of(i)),
        options,
        stages,
        options.largest?.[i] ?? null,
        second,
      );
      if (second) known.set(second, done);
      populations.push(done.population);
      for (const [k, [q, j]] of incoming.entries()) projections[j] = { ...q, weight: done.weights[k] };
      fired.push(done.fired);
      squared += done.error?.[0] ?? 0;
      reference += done.error?.[1] ?? 0;
    }
    for (const k of lastReadOf[i]) fired[k] = null;
  }
  options.onProgress?.(network.populations.length, network.populations.length);
  return { populations, projections, error: Math.sqrt(squared / reference) };
}
