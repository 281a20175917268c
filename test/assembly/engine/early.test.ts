/** Early firing in the core: the spikes of the reference at every step, and where all have settled, the answers of the gated network. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "uvu";
import { type LabNetwork, load, type Schedule } from "../../../bindings/lab.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { type EarlyState, simulateEarly } from "../../reference/early.ts";
import { evaluate } from "../../reference/period.ts";
import { type Model, readModel } from "../../reference/reader.ts";
import { deepestHidden, isHidden } from "../../reference/simulator.ts";
import { cases } from "../../support/core/networks.ts";
import { runs } from "../../support/core/settings.ts";

/** Numbers from which a schedule for any network is made. */
const seeds = fc.record({
  delays: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
  shares: fc.array(fc.integer({ min: 8, max: 16 }), { minLength: 8, maxLength: 8 }),
  corrections: fc.constantFrom(0 as const, 1 as const),
  slow: fc.boolean(),
});

type Seeds = typeof seeds extends fc.Arbitrary<infer T> ? T : never;

function scheduleFor(model: Model, { delays, shares, corrections, slow }: Seeds): Schedule {
  const depths = Array.from({ length: deepestHidden(model) }, (_, d) => d);
  return {
    delays: depths.map((d) => (slow ? model.phases : 1 + (delays[d % delays.length] % model.phases))),
    shares: depths.map((d) => shares[d % shares.length]),
    corrections,
  };
}

async function using(bytes: Uint8Array, use: (net: LabNetwork) => void): Promise<void> {
  const net = await load(bytes);
  try {
    use(net);
  } finally {
    net.dispose();
  }
}

const bistable = (model: Model) => model.populations.flatMap(({ kind }, i) => (kind === "bistable" ? [i] : []));

test("at every time step the core has the reference's spikes, signs and potentials, and counts as many", () =>
  fc.assert(
    fc.asyncProperty(cases, seeds, async ({ network, samples }, seed) => {
      const bytes = writeModel(network);
      const model = readModel(bytes);
      const delay = scheduleFor(model, seed);
      const states: EarlyState[] = [];
      const expected = simulateEarly(model, samples, delay, (state) => states.push(structuredClone(state)));
      await using(bytes, (net) => {
        const seen = Array.from(net.steps(samples, { delay }), (step) =>
          model.populations.map(({ kind }, i) => ({
            spikes: kind === "output" ? [] : step.spikes(i),
            signs: kind === "output" ? [] : step.signs(i),
            potentials: kind === "input" || kind === "synchronous" ? [] : step.potentials(i),
          })),
        );
        assert.equal(seen.length, states.length, "steps");
        seen.forEach((populations, t) => {
          populations.forEach(({ spikes, signs, potentials }, i) => {
            const what = `step ${t}, population ${i}`;
            assert.deepEqual(
              [...spikes],
              states[t].spikes[i].map(([n]) => n),
              `${what}: spikes`,
            );
            assert.deepEqual(
              [...signs],
              states[t].spikes[i].map(([, sign]) => sign),
              `${what}: signs`,
            );
            assert.deepEqual([...potentials], states[t].potentials[i], `${what}: potentials`);
          });
        });
        const settling = net.settling();
        assert.deepEqual(
          settling.map(({ population }) => population),
          bistable(model),
        );
        for (const { population: i, unsettled, spikes, negativeSpikes } of settling) {
          assert.equal(unsettled, expected.unsettled[i], `population ${i}: unsettled`);
          assert.equal(spikes, expected.spikes[i], `population ${i}: spikes`);
          assert.equal(negativeSpikes, expected.negativeSpikes[i], `population ${i}: negative spikes`);
          assert.deepEqual([...net.potentials(i)], expected.potentials[i], `population ${i}: potentials`);
          const most = 2 ** model.phases - 1;
          const levels = expected.emitted[i].map((level) => Math.min(Math.max(level, 0), most));
          assert.deepEqual([...net.levels(i)], levels, `population ${i}: levels`);
        }
        assert.equal(net.activity().synapticOperations, expected.synapticOperations, "synaptic operations");
      });
    }),
    runs(200),
  ));

test("where every neuron has settled, levels, potentials and outputs are the gated network's", async () => {
  let settled = 0;
  await fc.assert(
    fc.asyncProperty(cases, seeds, async ({ network, samples }, seed) => {
      const bytes = writeModel(network);
      const model = readModel(bytes);
      const expected = evaluate(model, samples);
      await using(bytes, (net) => {
        net.run(samples, { delay: scheduleFor(model, seed) });
        const unsettled = net.settling().reduce((sum, population) => sum + population.unsettled, 0);
        if (unsettled > 0) return;
        settled++;
        model.populations.forEach((population, i) => {
          if (isHidden(population)) assert.deepEqual([...net.levels(i)], expected.levels[i], `levels ${i}`);
          if (population.kind !== "bistable" && population.kind !== "output") return;
          assert.deepEqual([...net.potentials(i)], expected.potentials[i], `potentials ${i}`);
        });
      });
    }),
    runs(200),
  );
  assert.ok(settled >= 10, `only ${settled} networks had settled`);
});

test("with the slowest delays every neuron settles", () =>
  fc.assert(
    fc.asyncProperty(cases, seeds, async ({ network, samples }, seed) => {
      const bytes = writeModel(network);
      const model = readModel(bytes);
      // Half of a spike's worth leaves room for what is mended: all that has arrived is known at the first spike.
      const delay = scheduleFor(model, { ...seed, shares: new Array(8).fill(8), slow: true });
      await using(bytes, (net) => {
        net.run(samples, { delay });
        for (const { unsettled, population } of net.settling()) assert.equal(unsettled, 0, `population ${population}`);
      });
    }),
    runs(100),
  ));

test("presentations that follow each other, with one register or two, are as one alone", () =>
  fc.assert(
    fc.asyncProperty(
      cases,
      seeds,
      fc.integer({ min: 2, max: 4 }),
      async ({ network, samples }, seed, presentations) => {
        const bytes = writeModel(network);
        const model = readModel(bytes);
        const delay = scheduleFor(model, seed);
        await using(bytes, (net) => {
          const alone = net.run(samples, { delay });
          const settling = net.settling();
          const activity = net.activity();
          const levels = bistable(model).map((i) => net.levels(i));
          for (const registers of [1, 2] as const) {
            const many = net.run(samples, { delay, presentations, registers });
            assert.equal(many.steps, alone.steps + (presentations - 1) * many.stepsPerAnswer);
            many.outputs.forEach(({ potentials }, o) => {
              const expected = Array.from(alone.outputs[o].potentials, (v) => v * presentations);
              if (expected.every((v) => v === (v | 0))) assert.deepEqual([...potentials], expected);
            });
            assert.deepEqual(
              net.settling().map(({ unsettled }) => unsettled),
              settling.map(({ unsettled }) => unsettled),
            );
            assert.equal(net.activity().spikes, activity.spikes * presentations);
            assert.equal(net.activity().synapticOperations, activity.synapticOperations * presentations);
            bistable(model).forEach((i, k) => {
              assert.deepEqual(net.levels(i), levels[k]);
            });
          }
          const [one, two] = ([1, 2] as const).map(
            (registers) => net.run(samples, { delay, registers }).stepsPerAnswer,
          );
          assert.ok(two <= one && two >= model.phases + delay.corrections);
        });
      },
    ),
    runs(60),
  ));

test.run();
