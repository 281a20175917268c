/** Runs one input in one way, and reads its answers. */
import type { LabNetwork } from "../../../bindings/lab.ts";
import type { Run } from "./methods.ts";

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
  const reading = {
    logits: [] as Float32Array[],
    spikes: [] as number[],
    operations: [] as number[],
    inputOperations: [] as number[],
    milliseconds: [] as number[],
  };
  let spent = 0;
  const read = (logits: Float32Array) => {
    const { spikes, synapticOperations, inputOperations } = network.activity();
    reading.logits.push(logits);
    reading.spikes.push(spikes);
    reading.operations.push(synapticOperations);
    reading.inputOperations.push(inputOperations);
    reading.milliseconds.push(spent);
  };
  const timed = <T>(run: () => T): T => {
    const begin = performance.now();
    const result = run();
    spent += performance.now() - begin;
    return result;
  };
  if (spec.kind === "continuous") {
    const { neuron, thresholds, initial } = spec;
    const steps = network.continuous(samples, {
      neuron,
      steps: marks.at(-1)!,
      ...(thresholds && { thresholds }),
      ...(initial && { initial }),
    });
    for (const mark of marks) {
      timed(() => {
        for (;;) {
          const { value } = steps.next();
          if (value.t + 1 === mark) break;
        }
      });
      read(network.outputs()[0].values);
    }
    return reading;
  }
  marks.forEach((_, n) => {
    spent = 0;
    const { logits } = timed(() => {
      if (spec.kind === "period") return network.run(samples);
      if (spec.kind === "early") return network.run(samples, { delay: spec.delay });
      return network.run(samples, { mode: "step", presentations: n + 1, carry: n > 0 });
    });
    read(logits);
  });
  if (spec.kind !== "period") return reading;
  // Nothing spikes: each level is multiplied.
  return { ...reading, spikes: [0], operations: [0], inputOperations: [network.macs ?? 0] };
}
