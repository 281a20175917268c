/** Thresholds of integrate-and-fire neurons: what the levels of calibration inputs say. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "uvu";
import { load } from "../../../../bindings/lab.ts";
import { measure } from "../../../../hosts/node/compare/measure.ts";
import type { Run } from "../../../../hosts/node/compare/methods.ts";
import { isSettingOf } from "../../../../hosts/node/compare/settings.ts";
import { LevelCounts } from "../../../../hosts/node/compare/thresholds.ts";
import { drawDigits } from "../../../../models/drawn/digits.ts";

const bytes = readFileSync(new URL("../../../../models/digits.bsnn.gguf", import.meta.url));
const digits = drawDigits(3, 5);

test("the maximum of a channel is the greatest level that was called for, of a layer the greatest activation", async () => {
  const net = await load(bytes);
  const counts = new LevelCounts(net);
  const greatest = net.populations.map(({ channels }) => new Array<number>(channels).fill(0));
  for (const { pixels } of digits) {
    net.run(pixels);
    counts.add();
    for (const { index, kind, channels } of net.populations) {
      if (kind !== "bistable") continue;
      const [units, scales] = [net.units(index), net.scales(index)];
      net.potentials(index).forEach((potential, n) => {
        const c = n % channels;
        const level = Math.floor(potential / Math.round(scales[c] / units[c]));
        greatest[index][c] = Math.max(greatest[index][c], level);
      });
    }
  }
  const byChannel = counts.thresholds(1, "channel");
  const byLayer = counts.thresholds(1, "layer");
  for (const { index, kind } of net.populations) {
    if (kind !== "bistable") {
      assert.equal(byChannel[index], null);
      continue;
    }
    assert.deepEqual(
      byChannel[index],
      greatest[index].map((level) => Math.max(1, level)),
    );
    const scales = net.scales(index);
    const most = Math.max(...greatest[index].map((level, c) => level * scales[c]));
    byLayer[index]!.forEach((level, c) => {
      assert.equal(level, Math.max(1, Math.round(most / scales[c])), `channel ${c}`);
    });
    const lower = counts.thresholds(0.9, "channel")[index]!;
    assert.ok(lower.every((level, c) => level <= byChannel[index]![c]));
  }
  net.dispose();
});

test("a setting that was kept is taken if every neuron has its threshold, and no other", async () => {
  const net = await load(bytes);
  const counts = new LevelCounts(net);
  net.run(digits[0].pixels);
  counts.add();
  const thresholds = counts.thresholds(1, "channel");
  const setting = (other: unknown) =>
    JSON.parse(
      JSON.stringify({
        initial: 0,
        best: { thresholds, text: "one", error: null },
        other: { thresholds: other, text: "another", error: 1 },
        text: "both",
      }),
    );
  assert.ok(isSettingOf(net, setting(thresholds)));
  const bistable = thresholds.findIndex((own) => own !== null);
  const changed = (own: unknown) => thresholds.map((each, k) => (k === bistable ? own : each));
  for (const other of [
    thresholds.map(() => null),
    changed(null),
    changed([...thresholds[bistable]!.slice(1), null]),
    changed(thresholds[bistable]!.slice(1)),
    changed(thresholds[bistable]!.map(() => 0)),
    thresholds.slice(1),
    null,
    "1,2,3",
  ]) {
    assert.equal(isSettingOf(net, setting(other)), false, JSON.stringify(other));
  }
  assert.equal(isSettingOf(net, null), false);
  net.dispose();
});

test("the same input in the gated network, early, and step by step tells spikes and operations at every mark", async () => {
  const net = await load(bytes);
  const base = { id: "", network: "", label: "", stepsPerLayer: null, stepsPerAnswer: null, bits: 7 };
  const { pixels } = digits[0];
  const gated: Run = { ...base, spec: { kind: "gated" }, marks: [50, 64] };
  const reading = measure(net, gated, pixels);
  net.run(pixels, { mode: "step" });
  assert.equal(reading.spikes[0], net.activity().spikes);
  assert.ok(reading.spikes[1] > reading.spikes[0]);
  const presented = measure(net, { ...gated, marks: [50, 64, 78, 92] }, pixels);
  for (const n of [1, 2, 3, 4]) {
    const { logits } = net.run(pixels, { mode: "step", presentations: n, carry: true });
    const { spikes, synapticOperations } = net.activity();
    assert.deepEqual([presented.spikes[n - 1], presented.operations[n - 1]], [spikes, synapticOperations]);
    logits.forEach((value, k) => {
      assert.ok(Math.abs(presented.logits[n - 1][k] - value) <= 1e-6 * Math.abs(value), `${n} presentations`);
    });
  }
  assert.ok(presented.milliseconds.every((ms, n) => n === 0 || ms >= presented.milliseconds[n - 1]));
  const going: Run = { ...base, spec: { kind: "continuous", neuron: "integrate-and-fire" }, marks: [8, 40] };
  const rate = measure(net, going, pixels);
  assert.equal(rate.logits.length, 2);
  const steps = net.continuous(pixels, { neuron: "integrate-and-fire", steps: 40 });
  for (const step of steps) {
    if (step.t === 7) assert.deepEqual(step.outputs()[0].values, rate.logits[0]);
    if (step.t === 39) assert.equal(step.activity().synapticOperations, rate.operations[1]);
  }
  net.dispose();
});

test.run();
