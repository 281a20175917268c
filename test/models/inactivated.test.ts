import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "uvu";
import { load as loadLab } from "../../bindings/lab.ts";
import { load } from "../../bindings/node.ts";
import { drawDigits } from "../../models/drawn/digits.ts";
import { readModel } from "../reference/reader.ts";

const bytes = readFileSync(new URL("../../models/digits.bsnn.gguf", import.meta.url));
const digits = drawDigits(10, 7);

test("no neuron whose total input is at most half a level ever spikes", async () => {
  const net = await load(bytes);
  const model = readModel(bytes);
  for (const { pixels } of digits) {
    const spiked = net.populations.map((p) => new Uint8Array(p.height * p.width * p.channels));
    for (const step of net.steps(pixels)) {
      for (const { index } of net.populations) for (const neuron of step.spikes(index)) spiked[index][neuron] = 1;
    }
    for (const { index, channels, kind } of net.populations) {
      if (kind !== "bistable") continue;
      const { initial, shift } = model.populations[index];
      let silent = 0;
      net.potentials(index).forEach((potential, neuron) => {
        const c = neuron % channels;
        const total = potential - initial[c];
        if (total > 2 ** (shift[c] - 1)) return;
        silent++;
        assert.equal(spiked[index][neuron], 0, `population ${index}, neuron ${neuron}, total input ${total}`);
      });
      assert.ok(silent > 0, `population ${index} has neurons that should stay silent`);
    }
  }
  net.dispose();
});

test("without bistable gating, neurons that should stay silent spike", async () => {
  const comparison = await loadLab(bytes);
  let [inactivated, spiking] = [0, 0];
  for (const { pixels } of digits) {
    const steps = comparison.phases * (comparison.deepest + 1);
    for (const step of comparison.continuous(pixels, { neuron: "phase", steps })) step.spikes(0);
    for (const counts of comparison.inactivity()) {
      inactivated += counts.inactivated;
      spiking += counts.spikingInactivated;
      assert.ok(counts.inactivatedSpikes >= counts.spikingInactivated);
      assert.ok(counts.spikes >= counts.inactivatedSpikes);
    }
  }
  assert.ok(spiking > 0.01 * inactivated, `${spiking} of ${inactivated} inactivated neurons spiked`);
  comparison.dispose();
});

test.run();
