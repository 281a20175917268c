/** Checks a freshly converted model: how far the spiking activations of each population are from the ANN's. */

import { load } from "../../../bindings/node.ts";
import type { PopulationKind } from "../../../bindings/types.ts";
import type { Conversion } from "../../../convert/index.ts";
import { outputTensors } from "../../../convert/wiring.ts";
import { type OutputError, OutputErrors } from "../report/output-errors.ts";
import { allFinite, DifferenceError, median, RelativeError } from "../report/scores.ts";
import { Original } from "./original.ts";

export interface PopulationReport {
  readonly index: number;
  readonly name: string;
  readonly kind: PopulationKind;
  /** Height, width, channels. */
  readonly shape: readonly [number, number, number];
  readonly depth: number;
  /**
   * ‖spiking − ANN‖ / ‖ANN‖ over all images, of rectified activations (of values as they are for an output); null for
   * the input, which is exact, for synchronous populations, which repeat another, and for second neurons, which count with the first.
   */
  readonly relativeError: number | null;
}

export interface Verification {
  readonly populations: readonly PopulationReport[];
  /** The original's output tensors. */
  readonly outputs: readonly OutputError[];
  /** One sentence for every population that stands out. */
  readonly warnings: readonly string[];
  /** Time steps to the answer. */
  readonly steps: number;
}

/**
 * An output is far off where its error is above this; a population stands out where its error is, and more than `OUTSTANDING`
 * times the median.
 */
const NOTABLE = 0.1;
const OUTSTANDING = 3;

/** A share of answers that are the original's, below which it is told, and the inputs from which it is one. */
const AGREEING = 0.95;
const FEWEST_JUDGED = 4;

/** A part of what an output differs by from input to input, above which its error is told. */
const OF_DIFFERENCES = 0.3;

const REMEDY = "more calibration images, more phases or 16-bit weights may help";

type Populations = Conversion["unquantized"]["populations"];

function warningsFor(reports: readonly PopulationReport[]): string[] {
  const errors = reports.flatMap(({ relativeError }) => (relativeError === null ? [] : [relativeError]));
  const limit = Math.max(NOTABLE, OUTSTANDING * median(errors));
  return reports.flatMap(({ name, kind, relativeError }) => {
    if (relativeError === null) return [];
    const found = relativeError.toFixed(3);
    if (!(relativeError <= limit)) {
      return [
        `population '${name}' stands out: its relative error is ${found}, the median ${median(errors).toFixed(3)}; ${REMEDY}`,
      ];
    }
    if (kind === "output" && !(relativeError <= NOTABLE)) {
      return [`output '${name}' is far from the original's: its relative error is ${found}; ${REMEDY}`];
    }
    return [];
  });
}

/** Told where the largest output of both networks is too rarely the same. */
function warningsOfAgreement(same: number, images: number): string[] {
  // One more may differ by chance.
  if (images < FEWEST_JUDGED || same + 1 >= AGREEING * images) return [];
  return [`the answer is that of the original for ${same} of ${images} inputs; ${REMEDY}`];
}

/** Told where the original's outputs are always the same, or differ by little more than the error: a small error then says little. */
function warningsOfDifferences(
  outputs: readonly OutputError[],
  differences: readonly DifferenceError[],
  images: number,
) {
  if (images < FEWEST_JUDGED) return [];
  return outputs.flatMap(({ name, relativeError }, k) => {
    const { constant, value } = differences[k];
    if (constant)
      return [`the original's output '${name}' is the same for all ${images} inputs, so that errors say nothing`];
    if (value <= OF_DIFFERENCES || relativeError > NOTABLE) return [];
    return [`output '${name}' differs little from input to input: its error is ${value.toFixed(2)} of that; ${REMEDY}`];
  });
}

/** Rectifies an ANN's values as the neuron does: none below zero or above the ceiling. */
function rectify(values: Float32Array, ceiling: number): Float32Array {
  return values.map((value) => Math.min(Math.max(value, 0), ceiling));
}

/** Index of the largest value. */
const largest = (values: Float32Array): number =>
  values.reduce((best, value, k) => (value > values[best] ? k : best), 0);

/** Levels, those of second neurons added, times scales: a population's activation in the ANN's units. */
function activation([first, above]: readonly Uint8Array[], scales: Float32Array): Float32Array {
  return Float32Array.from(first, (level, i) => (level + (above?.[i] ?? 0)) * scales[i % scales.length]);
}

/**
 * Loads the file in the core and runs both networks on the images.
 * @param images H×W×C samples each, at least one
 * @param onProgress told after each image
 */
export async function verify(
  conversion: Conversion,
  images: readonly Uint8Array[],
  onProgress: (done: number, total: number) => void,
): Promise<Verification> {
  const populations: Populations = conversion.unquantized.populations;
  const compared = populations.flatMap(({ kind, above }, i) =>
    (kind === "bistable" && above === undefined) || kind === "output" ? [i] : [],
  );
  const seconds = new Map(populations.flatMap(({ above }, i) => (above === undefined ? [] : [[above, i] as const])));
  const errors = new Map(compared.map((i) => [i, new RelativeError()]));
  const outputErrors = new OutputErrors();
  const differences: DifferenceError[] = [];
  const notFinite = new Map<number, number>();
  const original = new Original(conversion.unquantized, conversion.ann);
  const network = await load(conversion.file);
  const [first] = populations.filter(({ kind }) => kind === "output");
  const classifies = first.height * first.width === 1 && first.tensor!.shape.filter((size) => size > 1).length === 1;
  let judged = 0;
  let same = 0;
  try {
    for (const [n, samples] of images.entries()) {
      const values = await original.run(
        samples,
        compared.map((i) => populations[i]),
      );
      const { outputs } = network.run(samples);
      const ends = compared.flatMap((i, k) =>
        populations[i].kind === "output" ? [[populations[i], values[k]] as const] : [],
      );
      const expected = outputTensors(
        ends.map(([population]) => population),
        ends.map(([, own]) => own),
      );
      outputErrors.add(outputs, expected);
      for (const [k, { values: found }] of outputs.entries()) {
        differences[k] ??= new DifferenceError();
        if (expected.every(allFinite)) differences[k].add(found, expected[k]);
      }
      compared.forEach((i, k) => {
        if (!allFinite(values[k])) {
          notFinite.set(i, (notFinite.get(i) ?? 0) + 1);
        } else if (populations[i].kind === "output") {
          const units = network.units(i);
          const found = Float32Array.from(network.potentials(i), (v, k) => v * units[k % units.length]);
          errors.get(i)!.add(found, values[k]);
          if (populations[i] === first) {
            judged++;
            if (largest(found) === largest(values[k])) same++;
          }
        } else {
          const { name, ceiling } = populations[i];
          const above = seconds.get(name);
          const levels = [network.levels(i), ...(above === undefined ? [] : [network.levels(above)])];
          errors.get(i)!.add(activation(levels, network.scales(i)), rectify(values[k], ceiling));
        }
      });
      onProgress(n + 1, images.length);
    }
    const reports = populations.map(({ name, kind, height, width, channels, depth }, i): PopulationReport => {
      const relativeError = errors.get(i)?.value ?? null;
      return { index: i, name, kind, shape: [height, width, channels], depth, relativeError };
    });
    const notFiniteWarnings = [...notFinite].map(
      ([i, count]) =>
        `population '${populations[i].name}': the original gives values that are not finite on ${count} of ${images.length} inputs, ` +
        "which its error leaves out",
    );
    const disagreement = classifies ? warningsOfAgreement(same, judged) : [];
    const { results } = outputErrors;
    const flat = notFinite.size > 0 ? [] : warningsOfDifferences(results, differences, images.length);
    const warnings = [...warningsFor(reports), ...disagreement, ...flat, ...notFiniteWarnings];
    return { populations: reports, outputs: results, warnings, steps: network.latency };
  } finally {
    network.dispose();
  }
}
