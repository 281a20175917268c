/** The reference against networks worked out by hand, and against itself. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "uvu";
import type { QuantizedNetwork } from "../../convert/network/network.ts";
import { writeModel } from "../../convert/write/model.ts";
import { cases } from "../support/core/networks.ts";
import { runs } from "../support/core/settings.ts";
import { network, population, projection } from "./build.ts";
import { evaluate } from "./period.ts";
import { readModel } from "./reader.ts";
import { type Presentation, type Run, type State, simulate } from "./simulator.ts";
import { wire } from "./wiring.ts";

const file = (parts: QuantizedNetwork) => readModel(writeModel(parts));

function trace(parts: QuantizedNetwork, samples: number[], options: Presentation = {}): Run & { states: State[] } {
  const states: State[] = [];
  const run = simulate(file(parts), samples, options, (state) => states.push(structuredClone(state)));
  return { ...run, states };
}

test("a bistable neuron integrates one period, most significant phase first, and fires in the next", () => {
  const parts = network(
    3,
    [
      population("input", [1, 1, 2], 0),
      population("bistable", [1, 1, 1], 1, { bias: [1], initial: [2], shift: [2] }),
      population("output", [1, 1, 1], 2, { bias: [-1] }),
    ],
    [
      projection({
        source: 0,
        target: 1,
        sourceChannels: [0, 2],
        targetChannels: [0, 1],
        region: [0, 0, 1, 1],
        weight: Int8Array.of(2, -1),
      }),
      projection({
        source: 1,
        target: 2,
        sourceChannels: [0, 1],
        targetChannels: [0, 1],
        region: [0, 0, 1, 1],
        weight: Int8Array.of(3),
      }),
    ],
  );
  // Levels 5 = 101 and 3 = 011: u is 2, then 2·2 − 1, then 2·3 + 2 − 1; v = 2 + 7 + 1 fires 2 = 010 at threshold 8.
  const run = trace(parts, [160, 96]);
  assert.deepEqual(
    run.states.map(({ inputs }) => inputs[1][0]),
    [2, 3, 7, 0, 0, 0],
  );
  assert.deepEqual(
    run.states.map(({ potentials }) => potentials[1][0]),
    [2, 2, 10, 10, 2, 2],
  );
  assert.deepEqual(
    run.states.map(({ spikes }) => spikes[0]),
    [[0], [1], [0, 1], [], [], []],
  );
  assert.deepEqual(
    run.states.map(({ spikes }) => spikes[1]),
    [[], [], [], [], [0], []],
  );
  assert.deepEqual(run.levels, [[5, 3], [2], []]);
  assert.deepEqual(run.potentials, [[], [10], [5]]);
  assert.deepEqual(run.residuals, [[], [2], []]);
  assert.deepEqual(run.spikes, [4, 1, 0]);
  assert.equal(run.synapticOperations, 5);
  assert.equal(run.steps, 6);
});

/** An input of two neurons into one bistable neuron of threshold 1, which an output reads. */
const pair = (phases: number, weight: number[]) =>
  network(
    phases,
    [population("input", [1, 1, 2], 0), population("bistable", [1, 1, 1], 1), population("output", [1, 1, 1], 2)],
    [
      projection({
        source: 0,
        target: 1,
        sourceChannels: [0, 2],
        targetChannels: [0, 1],
        region: [0, 0, 1, 1],
        weight: Int8Array.from(weight),
      }),
      projection({
        source: 1,
        target: 2,
        sourceChannels: [0, 1],
        targetChannels: [0, 1],
        region: [0, 0, 1, 1],
        weight: Int8Array.of(1),
      }),
    ],
  );

test("excitation that leads inhibition causes no spike", () => {
  // Levels 2 = 10 and 1 = 01: after the first step u is above the threshold, after the second it is 2·1 − 2 = 0.
  const run = trace(pair(2, [1, -2]), [128, 64]);
  assert.deepEqual(
    run.states.map(({ inputs }) => inputs[1][0]),
    [1, 0, 0, 0],
  );
  assert.deepEqual(run.spikes, [2, 0, 0]);
});

test("a level saturates at 2^K − 1 and leaves the rest behind", () => {
  const run = trace(pair(2, [3, 0]), [192, 0]);
  assert.deepEqual(run.potentials[1], [9]);
  assert.deepEqual(run.levels[1], [3]);
  assert.deepEqual(run.residuals[1], [6]);
});

test("max pooling is a tournament: 100 beats 011 and is not joined with it", () => {
  const parts = network(
    3,
    [population("input", [1, 2, 1], 0), population("bistable", [1, 2, 1], 1), population("output", [1, 1, 1], 2)],
    [
      projection({
        source: 0,
        target: 1,
        sourceChannels: [0, 1],
        targetChannels: [0, 1],
        region: [0, 0, 1, 2],
        weight: Int8Array.of(1),
      }),
      projection({
        source: 1,
        target: 2,
        sourceChannels: [0, 1],
        targetChannels: [0, 1],
        region: [0, 0, 1, 1],
        pool: { kind: "max", size: [1, 1], kernel: [1, 2], stride: [1, 1], dilation: [1, 1], offset: [0, 0] },
        weight: Int8Array.of(1),
      }),
    ],
  );
  const run = trace(parts, [4 * 32, 3 * 32]);
  assert.deepEqual(run.potentials[2], [4]);
  // Input 1 + 2 spikes, and one pooled spike.
  assert.equal(run.synapticOperations, 4);
});

test("taps outside the image read the zero point, and are no operations", () => {
  const parts = network(
    7,
    [population("input", [1, 1, 1], 0), population("output", [1, 1, 1], 1, { bias: [-1] })],
    [
      projection({
        source: 0,
        target: 1,
        sourceChannels: [0, 1],
        targetChannels: [0, 1],
        region: [0, 0, 1, 1],
        kernel: [3, 3],
        offset: [1, 1],
        weight: new Int8Array(9).fill(1),
      }),
    ],
    { coding: "current", zeroPoint: Uint8Array.of(10) },
  );
  const run = trace(parts, [7]);
  assert.deepEqual(run.potentials[1], [7 + 8 * 10 - 1]);
  assert.equal(run.inputOperations, 1);
  assert.equal(run.synapticOperations, 0);
  assert.equal(run.steps, 1);
});

test("a presentation carries on from what the last one left, if told to", () => {
  const parts = network(
    1,
    [
      population("input", [1, 1, 1], 0),
      population("bistable", [1, 1, 1], 1, { shift: [3], initial: [2] }),
      population("output", [1, 1, 1], 2),
    ],
    [
      projection({
        source: 0,
        target: 1,
        sourceChannels: [0, 1],
        targetChannels: [0, 1],
        region: [0, 0, 1, 1],
        weight: Int8Array.of(1),
      }),
      projection({
        source: 1,
        target: 2,
        sourceChannels: [0, 1],
        targetChannels: [0, 1],
        region: [0, 0, 1, 1],
        weight: Int8Array.of(1),
      }),
    ],
    { coding: "current" },
  );
  // 2 + 5 stays below 8, 7 + 5 = 12 fires and leaves 4, 4 + 5 = 9 fires and leaves 1.
  const carrying = trace(parts, [5], { presentations: 3, carry: true });
  assert.deepEqual(carrying.potentials[2], [2]);
  assert.deepEqual(carrying.residuals[1], [1]);
  assert.deepEqual(
    carrying.states.map(({ potentials }) => potentials[1][0]),
    [7, 7, 12, 4, 9, 1],
  );
  assert.deepEqual(trace(parts, [5], { presentations: 3 }).potentials[2], [0]);
  // With a second register nothing waits: at the end of every step v holds what fires next.
  const continuous = trace(parts, [5], { presentations: 3, carry: true, registers: 2 });
  assert.deepEqual(
    continuous.states.map(({ potentials }) => potentials[1][0]),
    [7, 12, 9, 1],
  );
  assert.deepEqual(
    continuous.states.map(({ spikes }) => spikes[1]),
    [[], [], [0], [0]],
  );
  assert.deepEqual([continuous.steps, continuous.potentials[2], continuous.residuals[1]], [4, [2], [1]]);
});

test("kernels slide, dilate, crop and group as the format says", () => {
  const parts = network(
    8,
    [population("input", [1, 4, 4], 0), population("output", [1, 3, 5], 1)],
    [
      projection({
        source: 0,
        target: 1,
        sourceChannels: [2, 2],
        targetChannels: [1, 4],
        region: [0, 1, 1, 2],
        kernel: [1, 2],
        dilation: [1, 2],
        offset: [0, -1],
        stride: [1, 1],
        groups: 2,
        weight: Int8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
      }),
    ],
    { coding: "current", zeroPoint: Uint8Array.of(0, 0, 9, 0) },
  );
  const model = file(parts);
  const [{ synapses }] = model.projections.map((q) => wire(model, q));
  const into = (target: number) =>
    synapses.filter((s) => s.target === target).map((s) => [s.from, s.channel, s.weight]);
  // Neuron (0, 1, 1) is region column 0, o = 0, group 0: columns 1 and 3 of channel 2, which is 0 of the 2 read.
  assert.deepEqual(into(1 * 5 + 1), [
    [1 * 2, 2, 1],
    [3 * 2, 2, 2],
  ]);
  // Neuron (0, 2, 4) is region column 1, o = 3, group 1: column 2 of channel 3, and column 4, which is outside.
  assert.deepEqual(into(2 * 5 + 4), [
    [2 * 2 + 1, 3, 7],
    [-1, 3, 8],
  ]);
  assert.equal(synapses.length, 2 * 4 * 2);
});

test("a file says what the network said", () => {
  fc.assert(
    fc.property(cases, ({ network: parts }) => {
      const model = file(parts);
      assert.equal(model.phases, parts.phases);
      assert.equal(model.coding, parts.coding);
      assert.deepEqual(model.zeroPoint, [...parts.zeroPoint]);
      model.populations.forEach((read, i) => {
        const given = parts.populations[i];
        for (const key of ["name", "kind", "height", "width", "channels", "depth"] as const)
          assert.equal(read[key], given[key]);
        if (given.bias.length === read.bias.length) assert.deepEqual(read.bias, [...given.bias]);
        if (given.kind === "bistable")
          assert.deepEqual([read.initial, read.shift], [[...given.initial], [...given.shift]]);
        assert.deepEqual(read.unit, [...given.unit]);
      });
      model.projections.forEach((read, j) => {
        const { weight, region, ...given } = parts.projections[j];
        const [top, left, height, width] = region;
        assert.deepEqual(read, {
          ...given,
          region: { top, left, height, width },
          weight: parts.populations[given.target].kind === "synchronous" ? null : [...weight],
        });
      });
    }),
    runs(40),
  );
});

test("a header beyond the writer's first buffer is written whole", () => {
  const labels = Array.from({ length: 9000 }, (_, i) => `class ${i}`);
  const plain = pair(2, [1, -2]);
  assert.deepEqual(file({ ...plain, labels }), file(plain));
});

test("time step by time step and in closed form, the reference gives the same run", () => {
  fc.assert(
    fc.property(cases, ({ network: parts, samples, presentations, carry }) => {
      const model = file(parts);
      for (const registers of [1, 2] as const) {
        const options = { presentations, carry, registers };
        assert.deepEqual(simulate(model, samples, options), evaluate(model, samples, options));
      }
    }),
    runs(100),
  );
});

test.run();
