/** Runs one input in one way, and reads its answers. */
import type { LabNetwork } from "../../../bindings/lab.ts";
import type { Run, Spec } from "./methods.ts";

/** What one input came to, at each mark. */
export interface Reading {
  readonly logits: readonly Float32Array[];
  /** Sums of the run so far. */
  readonly spikes: readonly number[];
  readonly operations: readonly number[];
  /** Multiply-accumulates of graded input. */
  readonly inputOperations: readonly number[];
  readonly milliseconds: readonly number[];
}

/** Runs one input. */
export function measure(network: LabNetwork, { spec, marks }: Run, samples: Uint8Array): Reading {
  const readings = new Readings(network);
  if (spec.kind === "continuous") {
    for (const { logits, spent } of answersOf(network, spec, marks, samples)) readings.add(logits, spent);
    return readings;
  }
  if (spec.kind === "gated" && marks.length > 1) return measurePresentations(network, marks, samples);
  const begin = performance.now();
  const { logits } =
    spec.kind === "period"
      ? network.run(samples)
      : network.run(samples, spec.kind === "early" ? { delay: spec.delay } : { mode: "step" });
  readings.add(logits, performance.now() - begin);
  if (spec.kind !== "period") return readings;
  // Nothing spikes: each level is multiplied.
  return { ...readings, spikes: [0], operations: [0], inputOperations: [network.macs ?? 0] };
}

type Continuous = Extract<Spec, { readonly kind: "continuous" }>;

/** The answers of a run that goes on, at its marks, with the ms spent until then; what is done between them costs nothing. */
export function* answersOf(
  network: LabNetwork,
  { neuron, thresholds, initial }: Continuous,
  marks: readonly number[],
  samples: Uint8Array,
): Generator<{ readonly logits: Float32Array; readonly spent: number }> {
  const steps = network.continuous(samples, {
    neuron,
    steps: marks.at(-1)!,
    ...(thresholds && { thresholds }),
    ...(initial && { initial }),
  });
  let spent = 0;
  for (const mark of marks) {
    const begin = performance.now();
    while (steps.next().value.t + 1 < mark);
    spent += performance.now() - begin;
    yield { logits: network.outputs()[0].values, spent };
  }
}

/** Several presentations with carry, step by step and read at the end of each; spikes are those of the same levels in period mode. */
function measurePresentations(network: LabNetwork, marks: readonly number[], samples: Uint8Array): Reading {
  const presentations = marks.length;
  const answers: { logits: Float32Array; spent: number }[] = [];
  const begin = performance.now();
  for (const { t } of network.steps(samples, { presentations, carry: true })) {
    if (t + 1 !== marks[answers.length]) continue;
    // Outputs are sums, which the network takes for those of all presentations.
    const share = presentations / (answers.length + 1);
    const logits = network.outputs()[0].values.map((value) => value * share);
    answers.push({ logits, spent: performance.now() - begin });
  }
  const readings = new Readings(network);
  answers.forEach(({ logits, spent }, n) => {
    network.run(samples, { presentations: n + 1, carry: true });
    readings.add(logits, spent);
  });
  return readings;
}

/** Readings as they come. */
class Readings implements Reading {
  readonly logits: Float32Array[] = [];
  readonly spikes: number[] = [];
  readonly operations: number[] = [];
  readonly inputOperations: number[] = [];
  readonly milliseconds: number[] = [];
  readonly #network: LabNetwork;

  constructor(network: LabNetwork) {
    this.#network = network;
  }

  /** Adds an answer, with what the network's last run has cost. */
  add(logits: Float32Array, milliseconds: number): void {
    const { spikes, synapticOperations, inputOperations } = this.#network.activity();
    this.logits.push(logits);
    this.spikes.push(spikes);
    this.operations.push(synapticOperations);
    this.inputOperations.push(inputOperations);
    this.milliseconds.push(milliseconds);
  }
}
