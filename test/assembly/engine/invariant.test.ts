/** The core's central invariant: both ways to run, every build and the independent reference give the same bits. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "uvu";
import { load } from "../../../bindings/node.ts";
import type { CoreBuild, Network } from "../../../bindings/types.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { evaluate } from "../../reference/period.ts";
import { type Model, readModel } from "../../reference/reader.ts";
import { deepestHidden, isHidden, presentedAt, type Run, type State, simulate } from "../../reference/simulator.ts";
import { wire } from "../../reference/wiring.ts";
import { availableBuilds } from "../../support/core/builds.ts";
import { cases } from "../../support/core/networks.ts";
import { runs } from "../../support/core/settings.ts";

const builds = await availableBuilds();
const registers = fc.constantFrom(1, 2);

/** Loads, uses and disposes of a network. */
async function using(bytes: Uint8Array, build: CoreBuild, use: (net: Network) => void): Promise<void> {
  const net = await load(bytes, { build });
  try {
    assert.equal(net.build, build);
    use(net);
  } finally {
    net.dispose();
  }
}

function same(found: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.equal(found.length, expected.length, `${what}: length`);
  for (let n = 0; n < expected.length; n++)
    if (found[n] !== expected[n]) assert.fail(`${what}: ${found[n]}, not ${expected[n]}, at ${n}`);
}

/** Checks everything that a network tells of its last run. */
function expectRun(net: Network, model: Model, run: Run, how: string): void {
  model.populations.forEach((population, i) => {
    const what = `${how}, population ${i} (${population.kind})`;
    if (isHidden(population)) same(net.levels(i), run.levels[i], `${what}: levels`);
    if (population.kind === "input" && model.coding === "phase") same(net.levels(i), run.levels[i], `${what}: levels`);
    if (population.kind === "bistable" || population.kind === "output")
      same(net.potentials(i), run.potentials[i], `${what}: potentials`);
  });
  const outputs = model.populations.flatMap(({ kind }, i) => (kind === "output" ? [i] : []));
  assert.equal(net.outputs().length, outputs.length, `${how}: number of outputs`);
  net.outputs().forEach((output, n) => {
    same(output.potentials, run.potentials[outputs[n]], `${how}, output ${n}`);
  });
  const { spikes, synapticOperations, inputOperations, spikesByPopulation } = net.activity();
  same(spikesByPopulation, run.spikes, `${how}: spikes by population`);
  assert.equal(
    spikes,
    run.spikes.reduce((total, count) => total + count, 0),
    `${how}: spikes`,
  );
  assert.equal(synapticOperations, run.synapticOperations, `${how}: synaptic operations`);
  assert.equal(inputOperations, run.inputOperations, `${how}: input operations`);
}

for (const build of builds) {
  test(`${build}: period by period and step by step, the core gives the reference's levels, potentials and counts`, () =>
    fc.assert(
      fc.asyncProperty(cases, async ({ network, samples, presentations, carry }) => {
        const bytes = writeModel(network);
        const model = readModel(bytes);
        await using(bytes, build, (net) => {
          for (const registers of [1, 2] as const) {
            const expected = evaluate(model, samples, { presentations, carry, registers });
            for (const mode of ["period", "step"] as const) {
              const how = `${mode}, ${registers} registers`;
              const result = net.run(samples, { mode, presentations, carry, registers });
              assert.equal(result.steps, expected.steps, `${how}: steps`);
              assert.equal(result.stepsPerAnswer, (3 - registers) * model.phases, `${how}: steps per answer`);
              assert.equal(result.steps, net.latency + (presentations - 1) * result.stepsPerAnswer, `${how}: steps`);
              expectRun(net, model, expected, how);
            }
          }
        });
      }),
      runs(200),
    ));
}

test("at every time step the core has the reference's spikes, potentials and inputs", () =>
  fc.assert(
    fc.asyncProperty(cases, registers, async ({ network, samples, presentations, carry }, registers) => {
      const bytes = writeModel(network);
      const model = readModel(bytes);
      const states: State[] = [];
      const options = { presentations, carry, registers };
      const expected = simulate(model, samples, options, (state) => {
        states.push(structuredClone(state));
      });
      await using(bytes, builds[0], (net) => {
        // Compared after the last step: what a step handed out must not change any more.
        const seen = Array.from(net.steps(samples, options), (step) => ({
          at: [step.t, step.period, step.phase],
          spikes: model.populations.map(({ kind }, i) => (kind === "output" ? [] : step.spikes(i))),
          potentials: model.populations.map(({ kind }, i) => (kind === "input" ? [] : step.potentials(i))),
          inputs: model.populations.map(({ kind }, i) => (kind === "input" ? [] : step.input(i))),
        }));
        assert.equal(seen.length, states.length);
        assert.equal(seen.length, expected.steps);
        seen.forEach(({ at, spikes, potentials, inputs }, t) => {
          const state = states[t];
          assert.deepEqual(at, [state.t, state.period, state.phase]);
          assert.equal(state.t, t);
          model.populations.forEach(({ kind }, i) => {
            const what = `step ${t}, population ${i} (${kind})`;
            same(spikes[i], state.spikes[i], `${what}: spikes`);
            same(potentials[i], state.potentials[i], `${what}: potentials`);
            same(inputs[i], state.inputs[i], `${what}: input`);
          });
        });
        expectRun(net, model, expected, "after the last step");
      });
    }),
    runs(80),
  ));

test("no neuron spikes whose v₀ + b + W·q stays below its threshold", () =>
  fc.assert(
    fc.asyncProperty(cases, async ({ network, samples }) => {
      const bytes = writeModel(network);
      const model = readModel(bytes);
      const { potentials } = evaluate(model, samples);
      await using(bytes, builds[0], (net) => {
        const inactive = model.populations.map(({ kind, shift, channels }, i) =>
          kind === "bistable" ? potentials[i].map((v, n) => v < 2 ** shift[n % channels]) : [],
        );
        for (const step of net.steps(samples))
          inactive.forEach((silent, i) => {
            if (silent.length === 0) return;
            for (const n of step.spikes(i)) assert.ok(!silent[n], `step ${step.t}, population ${i}, neuron ${n}`);
          });
        net.run(samples);
        inactive.forEach((silent, i) => {
          for (const [n, level] of silent.length > 0 ? net.levels(i).entries() : [])
            assert.ok(level === 0 || !silent[n]);
        });
      });
    }),
    runs(40),
  ));

test("a run leaves nothing behind, whatever ran before or was broken off", () =>
  fc.assert(
    fc.asyncProperty(cases, registers, fc.nat(40), async (drawn, registers, brokenOff) => {
      const { network, samples, presentations, carry } = drawn;
      const bytes = writeModel(network);
      const model = readModel(bytes);
      const other = samples.map((sample) => 255 - sample);
      const expected = evaluate(model, samples, { presentations, carry });
      await using(bytes, builds[0], (net) => {
        for (const mode of ["period", "step"] as const) {
          net.run(other, { presentations: 2, carry: true, mode: "period" });
          net.run(other, { presentations: 2, carry: true, mode: "step" });
          const otherwise = registers === 1 ? 2 : 1;
          net.run(other, { presentations: 3, carry: true, mode: "step", registers: otherwise });
          for (const { t } of net.steps(other, { presentations: 2, carry: true, registers: otherwise }))
            if (t === brokenOff) break;
          const { memory } = net;
          net.run(samples, { mode, presentations, carry, registers });
          expectRun(net, model, expected, mode);
          if (mode === "step") assert.equal(net.memory, memory, "memory grew");
        }
      });
    }),
    runs(40),
  ));

test("a network describes itself as the file does", () =>
  fc.assert(
    fc.asyncProperty(cases, async ({ network, samples, presentations }) => {
      const bytes = writeModel(network);
      const model = readModel(bytes);
      await using(bytes, builds[0], (net) => {
        assert.equal(net.name, network.name);
        assert.equal(net.phases, model.phases);
        assert.equal(net.latency, (deepestHidden(model) + 1) * model.phases - presentedAt(model));
        const [{ height, width, channels }] = model.populations;
        assert.deepEqual(
          [net.input.height, net.input.width, net.input.channels, net.input.coding],
          [height, width, channels, model.coding],
        );
        assert.equal(net.populations.length, model.populations.length);
        net.populations.forEach((info, i) => {
          const { name, kind, height, width, channels, depth } = model.populations[i];
          assert.deepEqual({ ...info }, { index: i, name, kind, height, width, channels, depth });
        });
        assert.equal(net.projections.length, model.projections.length);
        net.projections.forEach((info, j) => {
          const projection = model.projections[j];
          const { source, target, kernel, stride, groups, pool, weight } = projection;
          assert.deepEqual(
            [info.index, info.source, info.target, [...info.kernel], [...info.stride], info.groups, info.pool],
            [j, source, target, kernel, stride, groups, pool?.kind ?? "none"],
          );
          assert.equal(info.weights, weight?.length ?? 0);
          assert.equal(
            info.weightBits,
            weight === null ? 0 : network.projections[j].weight instanceof Int16Array ? 16 : 8,
          );
          if (pool === null) {
            const inside = wire(model, projection).synapses.filter(({ from }) => from >= 0);
            assert.equal(info.synapses, inside.length, `projection ${j}: synapses`);
          }
        });

        const { outputs, logits } = net.run(samples, { presentations });
        const first = model.populations.flatMap(({ kind }, i) => (kind === "output" ? [i] : []));
        outputs.forEach((output, n) => {
          const { unit, channels, name } = model.populations[first[n]];
          assert.equal(output.name, name);
          same(net.units(first[n]), unit, "units");
          output.values.forEach((value, k) => {
            const exact = (output.potentials[k] * unit[k % channels]) / presentations;
            assert.ok(Math.abs(value - exact) <= 2 ** -22 * Math.abs(exact), `value ${value}, not ${exact}`);
          });
        });
        same(logits, outputs[0].values, "logits");
        model.populations.forEach(({ kind, unit, shift }, i) => {
          if (kind !== "bistable") return;
          same(
            net.scales(i),
            unit.map((u, c) => Math.fround(u * 2 ** shift[c])),
            `scales of population ${i}`,
          );
        });
      });
    }),
    runs(30),
  ));

test.run();
