/** What the lab page plays back is what the network did, in every way of running it. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "uvu";
import { load, type Schedule } from "../../../../bindings/lab.ts";
import {
  recordComparison,
  recordEarly,
  recordGated,
  traceOf,
} from "../../../../hosts/browser/lab/src/engine/record.ts";
import { readModel } from "../../../../hosts/browser/lab/src/model/model.ts";
import { pictureAt, spikesUntil } from "../../../../hosts/browser/lab/src/playback/recording.ts";
import { drawDigits } from "../../../../models/drawn/digits.ts";

const file = readFileSync(new URL("../../../../models/digits.bsnn.gguf", import.meta.url));
const model = readModel(file);
const digits = drawDigits(3, 11);

const open = () => load(file);

test("a gated recording ends in what period mode computes", async () => {
  const net = await open();
  for (const { pixels } of digits) {
    const recording = recordGated(net, model, pixels);
    const { outputs, steps } = net.run(pixels);
    assert.equal(recording.steps, steps);
    assert.deepEqual(
      [...recording.potentials],
      outputs.flatMap(({ potentials }) => [...potentials]),
    );
    assert.deepEqual([...recording.answers.slice(-10)], [...outputs[0].values]);
    assert.equal(recording.spikes, spikesUntil(recording, steps - 1));
    for (const { index, kind } of model.populations) {
      if (kind === "output") continue;
      assert.deepEqual([...recording.trains[index].levels], [...net.levels(index)]);
    }
  }
  net.dispose();
});

test("at every step the picture holds what steps() tells: spikes, and the levels that they add up to", async () => {
  const net = await open();
  const recording = recordGated(net, model, digits[0].pixels);
  for (const step of net.steps(digits[0].pixels)) {
    for (const { index, kind } of model.populations) {
      if (kind === "output" || kind === "input") continue;
      const { fresh, state } = pictureAt(recording, index, step.t);
      const spiked = [...fresh.keys()].filter((n) => fresh[n] !== 0);
      assert.deepEqual(spiked, [...step.spikes(index)], `population ${index} at ${step.t}`);
      assert.ok(spiked.length === 0 || state === "fires");
    }
  }
  net.dispose();
});

test("what forms ends in what is fired, and what is fired in the level", async () => {
  const net = await open();
  const recording = recordGated(net, model, digits[1].pixels);
  for (const { index, kind } of model.populations) {
    if (kind !== "bistable" && kind !== "synchronous") continue;
    const { heard, ends } = recording.windows[index];
    const { levels } = recording.trains[index];
    assert.deepEqual([...pictureAt(recording, index, heard - 1).values], [...levels], `formed, population ${index}`);
    assert.deepEqual([...pictureAt(recording, index, ends - 1).values], [...levels], `fired, population ${index}`);
  }
  net.dispose();
});

test("an early recording ends in what the network emitted, with signs, within the windows", async () => {
  const net = await open();
  const own: Schedule = { delays: Array(7).fill(2), shares: Array(7).fill(9), corrections: 0 };
  const schedules = [own, ...Object.values(net.schedules!)];
  for (const schedule of schedules) {
    const recording = recordEarly(net, model, digits[2].pixels, schedule);
    const { outputs, steps } = net.run(digits[2].pixels, { delay: schedule });
    assert.equal(recording.steps, steps);
    assert.deepEqual([...recording.potentials], [...outputs[0].potentials]);
    let negative = 0;
    for (const { index, kind } of model.populations) {
      if (kind !== "bistable") continue;
      const { starts, neurons, signs } = recording.trains[index];
      const { begins, ends } = recording.windows[index];
      assert.equal(starts[begins], 0, `population ${index} before it begins`);
      assert.equal(starts[Math.min(ends, steps)], neurons.length, `population ${index} after it ends`);
      assert.deepEqual([...pictureAt(recording, index, ends - 1).values], [...net.levels(index)]);
      negative += signs!.filter((sign) => sign < 0).length;
    }
    assert.ok(negative > 0);
  }
  net.dispose();
});

test("a neuron's trace ends at its potential, and its spikes add up to its level", async () => {
  const net = await open();
  const [population] = model.populations.filter(({ kind, depth }) => kind === "bistable" && depth === 4);
  net.run(digits[0].pixels);
  const levels = net.levels(population.index);
  const potentials = net.potentials(population.index);
  const neuron = levels.indexOf(Math.max(...levels));
  const recording = recordGated(net, model, digits[0].pixels);
  const { heard, begins } = recording.windows[population.index];
  const trace = traceOf(net, model, digits[0].pixels, "gated", null, population.index, neuron);
  assert.equal(trace.potentials[heard - 1], potentials[neuron]);
  const level = trace.spikes.reduce((sum, spike, t) => sum + (spike ? 2 ** (6 - (t - begins)) : 0), 0);
  assert.equal(level, levels[neuron]);
  const schedule = net.schedules!.exact;
  const early = traceOf(net, model, digits[0].pixels, "early", schedule, population.index, neuron);
  const [{ spikes }] = [early];
  assert.ok(spikes.some((spike) => spike !== 0));
  net.dispose();
});

test("recordings of comparison neurons hold their spikes and answers, and neurons that should be silent", async () => {
  const net = await open();
  const { pixels } = digits[1];
  const gated = recordGated(net, model, pixels);
  for (const way of ["phase", "alternating", "integrate-and-fire"] as const) {
    const recording = recordComparison(net, model, pixels, way);
    assert.equal(recording.steps, 105);
    const reference = [...net.continuous(pixels, { neuron: way, steps: recording.steps })];
    assert.equal(reference.length, recording.steps);
    for (const step of net.continuous(pixels, { neuron: way, steps: recording.steps })) {
      if (step.t % 13 !== 0) continue;
      for (const { index, kind } of model.populations) {
        if (kind !== "bistable") continue;
        const spiked = [...step.spikes(index)];
        const { starts, neurons } = recording.trains[index];
        assert.deepEqual([...neurons.subarray(starts[step.t], starts[step.t + 1])], spiked);
        const { fresh, state } = pictureAt(recording, index, step.t);
        assert.deepEqual(
          [...fresh.keys()].filter((n) => fresh[n] !== 0),
          spiked,
        );
        assert.ok(spiked.length === 0 || state === "fires" || state === "both", `${way} ${state} at ${step.t}`);
      }
      const { values } = step.outputs()[0];
      assert.deepEqual([...recording.answers.subarray(step.t * 10, step.t * 10 + 10)], [...values]);
    }
    assert.equal(recording.spikes, spikesUntil(recording, recording.steps - 1));
    let spikes = 0;
    recording.trains.forEach(({ neurons }, i) => {
      if (model.populations[i].kind === "bistable")
        spikes += neurons.filter((n) => gated.trains[i].levels[n] === 0).length;
    });
    for (const _ of net.continuous(pixels, { neuron: way, steps: recording.steps }));
    const counted = net.inactivity().reduce((sum, { inactivatedSpikes }) => sum + inactivatedSpikes, 0);
    assert.equal(spikes, counted);
    assert.ok(counted > 0);
  }
  net.dispose();
});

test("a comparison neuron's trace spikes where the network says", async () => {
  const net = await open();
  for (const way of ["phase", "alternating", "integrate-and-fire"] as const) {
    const recording = recordComparison(net, model, digits[0].pixels, way);
    const { neurons } = recording.trains[5];
    const trace = traceOf(net, model, digits[0].pixels, way, null, 5, neurons[0]);
    assert.equal(trace.spikes.filter((spike) => spike === 1).length, neurons.filter((n) => n === neurons[0]).length);
    assert.ok(trace.spikes.every((spike, t) => spike === 0 || Number.isFinite(trace.thresholds[t])));
  }
  net.dispose();
});

test.run();
