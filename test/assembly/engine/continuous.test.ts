/** Comparison neurons in the core: the spikes, potentials and counts of the reference at every step. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "uvu";
import { load } from "../../../bindings/lab.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { type Comparison, type ContinuousState, simulateContinuously } from "../../reference/continuous.ts";
import { evaluate } from "../../reference/period.ts";
import { type Model, readModel } from "../../reference/reader.ts";
import { cases } from "../../support/core/networks.ts";
import { runs } from "../../support/core/settings.ts";

const seeds = fc.record({
  neuron: fc.constantFrom("phase", "alternating", "integrate-and-fire" as const),
  steps: fc.integer({ min: 1, max: 40 }),
  initial: fc.constantFrom(0 as const, 0.5 as const),
  thresholds: fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 5, maxLength: 5 }),
  given: fc.boolean(),
});

function comparisonFor(
  { populations }: Model,
  { neuron, steps, initial, thresholds, given }: typeof seeds extends fc.Arbitrary<infer T> ? T : never,
): Comparison {
  const levels = (i: number, channels: number) =>
    Array.from({ length: channels }, (_, c) => thresholds[(i + c) % thresholds.length]);
  return {
    neuron: neuron as Comparison["neuron"],
    steps,
    initial,
    ...(given ? { thresholds: populations.map(({ channels }, i) => levels(i, channels)) } : {}),
  };
}

test("at every time step the core has the reference's spikes, potentials and answers, and counts as many", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(cases, seeds, async ({ network, samples }, seed) => {
      const bytes = writeModel(network);
      const model = readModel(bytes);
      const options = comparisonFor(model, seed);
      const states: ContinuousState[] = [];
      const expected = simulateContinuously(model, samples, options, (state) => states.push(state));
      const net = await load(bytes);
      try {
        let t = 0;
        try {
          for (const step of net.continuous(samples, options)) {
            const state = states[t];
            assert.equal(step.t, t);
            const outputs = step.outputs();
            let o = 0;
            model.populations.forEach(({ kind, unit, channels }, i) => {
              const what = `step ${t}, population ${i}`;
              assert.deepEqual([...step.spikes(i)], state.spikes[i], `${what}: spikes`);
              if (kind === "input" || kind === "synchronous") return;
              assert.deepEqual([...step.potentials(i)], state.potentials[i], `${what}: potentials`);
              if (kind !== "output") return;
              const { potentials, values } = outputs[o++];
              assert.deepEqual([...potentials], state.potentials[i], `${what}: answer`);
              const expected = state.potentials[i].map((v, n) => Math.fround(v * unit[n % channels]));
              assert.deepEqual([...values], expected, `${what}: values`);
            });
            t++;
          }
        } catch (error) {
          // Thresholds that weights cannot bear are refused before the first step.
          if (t === 0 && /could overflow/.test(String(error)) && options.neuron === "integrate-and-fire") return;
          throw error;
        }
        compared++;
        assert.equal(t, options.steps);
        const { spikesByPopulation, synapticOperations } = net.activity();
        const sums = expected.spikes.map((counts) => counts.reduce((sum, count) => sum + count, 0));
        assert.deepEqual(spikesByPopulation, sums, "spikes");
        assert.equal(synapticOperations, expected.synapticOperations, "operations");
        const gated = evaluate(model, samples);
        for (const counts of net.inactivity()) {
          const { population: i } = counts;
          const silent = gated.levels[i].flatMap((level, n) => (level === 0 ? [expected.spikes[i][n]] : []));
          assert.deepEqual([...net.spikeCounts(i)], expected.spikes[i], `population ${i}: spikes of neurons`);
          assert.equal(counts.inactivated, silent.length);
          assert.equal(counts.spikingInactivated, silent.filter((spikes) => spikes > 0).length);
          assert.equal(
            counts.inactivatedSpikes,
            silent.reduce((sum, spikes) => sum + spikes, 0),
          );
          assert.equal(counts.spikes, sums[i]);
        }
      } finally {
        net.dispose();
      }
    }),
    runs(300),
  );
  assert.ok(compared >= 10, `only ${compared} networks were compared`);
});

test.run();
