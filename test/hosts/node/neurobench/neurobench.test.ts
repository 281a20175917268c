/** NeuroBench's metrics are what its definitions give for the reference simulator, and what a mirror in torch gave under it. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { test } from "uvu";
import { load } from "../../../../bindings/node.ts";
import { writeModel } from "../../../../convert/write/model.ts";
import { type NeuroBench, NeuroBenchCounter } from "../../../../hosts/node/neurobench/neurobench.ts";
import { drawDigits } from "../../../../models/drawn/digits.ts";
import { readContainer } from "../../../reference/container.ts";
import { type Model, readModel } from "../../../reference/reader.ts";
import { type State, simulate } from "../../../reference/simulator.ts";
import { type Wiring, wire } from "../../../reference/wiring.ts";
import { convertSeveral, severalSamples } from "../../../support/convert/several.ts";
import { cases } from "../../../support/core/networks.ts";
import { runs } from "../../../support/core/settings.ts";

/** What the windows of a projection send to its kernel in each step. */
function signalsOf(
  model: Model,
  { projection, windows }: Wiring,
  states: readonly State[],
  samples: Uint8Array,
): number[][] {
  const graded = projection.source === 0 && model.coding === "current";
  let alive = windows.map((window) => [...window]);
  return states.map(({ t, phase, spikes }) => {
    if (graded) return windows.map(([n]) => (t === 0 ? samples[n] : 0));
    if (phase === 0) alive = windows.map((window) => [...window]);
    const spiking = new Set(spikes[projection.source]);
    if (projection.pool?.kind !== "max") return windows.map((window) => window.filter((n) => spiking.has(n)).length);
    return windows.map((_, k) => {
      const won = alive[k].filter((n) => spiking.has(n));
      if (won.length > 0) alive[k] = won;
      return Math.sign(won.length);
    });
  });
}

/** The definitions, word by word. */
function expected(file: Uint8Array, samples: Uint8Array): Omit<NeuroBench, "ClassificationAccuracy"> {
  const model = readModel(file);
  const states: State[] = [];
  simulate(model, samples, {}, (state) => states.push(structuredClone(state)));
  const operations = { Effective_MACs: 0, Effective_ACs: 0, Dense: 0 };
  for (const projection of model.projections) {
    if (!projection.weight) continue;
    const wiring = wire(model, projection);
    const inside = wiring.synapses.filter(({ from }) => from >= 0);
    for (const signals of signalsOf(model, wiring, states, samples)) {
      operations.Dense += inside.length;
      const kind = signals.some((signal) => signal > 1) ? "Effective_MACs" : "Effective_ACs";
      operations[kind] += inside.filter(({ from, weight }) => weight !== 0 && signals[from] !== 0).length;
    }
  }
  const weights = model.projections.flatMap(({ weight }) => weight ?? []);
  const neurons = model.populations.flatMap(({ kind, depth, height, width, channels }, i) =>
    kind === "input" ? [] : [{ i, depth, count: height * width * channels }],
  );
  let [updates, spikes, outputs] = [0, 0, 0];
  for (const { i, depth, count } of neurons) {
    let before: number[] | null = null;
    for (const { period, phase, potentials, inputs, spikes: spiking } of states) {
      const arriving = period === depth - 1 && phase < model.phases - 1;
      const worth = arriving ? 2 ** (model.phases - 1 - phase) : 0;
      const now = potentials[i].map((v, n) => v + inputs[i][n] * worth);
      updates += before === null ? count : now.filter((v, n) => v !== before![n]).length;
      before = now;
      spikes += spiking[i].length;
      outputs += count;
    }
  }
  return {
    Footprint: readContainer(file).tensors.reduce((sum, { data }) => sum + data.length, 0),
    ConnectionSparsity: Number(
      Math.fround(weights.filter((weight) => weight === 0).length / weights.length).toFixed(4),
    ),
    ActivationSparsity: (outputs - spikes) / outputs,
    SynapticOperations: operations,
    MembraneUpdates: updates,
  };
}

test("random networks: operations, sparsity and updates are those of the definitions", async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ network: parts, samples }) => {
      const file = writeModel(parts);
      const network = await load(file, { build: "baseline" });
      try {
        const counter = new NeuroBenchCounter(network, Buffer.from(file));
        counter.add(samples);
        const { ClassificationAccuracy, ...found } = counter.result(null);
        assert.equal(ClassificationAccuracy, null);
        assert.deepEqual(found, expected(file, samples));
      } finally {
        network.dispose();
      }
    }),
    runs(60),
  );
});

test("of several inputs operations and updates are means", async () => {
  const file = readFileSync(new URL("../../../../models/digits.bsnn.gguf", import.meta.url));
  const network = await load(file);
  const inputs = drawDigits(2, 5).map(({ pixels }) => pixels);
  const [a, b, both] = [[inputs[0]], [inputs[1]], inputs].map((some) => {
    const counter = new NeuroBenchCounter(network, file);
    for (const pixels of some) counter.add(pixels);
    return counter.result(1);
  });
  assert.equal(both.MembraneUpdates, (a.MembraneUpdates + b.MembraneUpdates) / 2);
  const acs = [a, b, both].map(({ SynapticOperations: { Effective_ACs } }) => Effective_ACs);
  assert.equal(acs[2], (acs[0] + acs[1]) / 2);
  assert.equal(both.SynapticOperations.Dense, a.SynapticOperations.Dense);
});

test("of a model of several inputs each ends where its own map does", async () => {
  const { file, ann } = await convertSeveral();
  await ann.dispose();
  const network = await load(file);
  const counter = new NeuroBenchCounter(network, file);
  const { scene, detail, state } = severalSamples(1);
  // No sample is zero but those of the vector's other signs.
  const samples = [scene.fill(200), detail.fill(9), network.encode(state.fill(1.5), "state")];
  counter.add(Uint8Array.from(samples.flatMap((own) => [...own])));
  const { SynapticOperations: found } = counter.result(null);
  // 3×3 taps of padded maps of 6×6 (3 channels to 4) and 4×3 (1 to 3) that lie inside.
  const scenes = 16 * 16 * 3 * 4;
  const details = 10 * 7 * 3;
  // The vector waits for the others in ten neurons, of an ON and an OFF sample each.
  const all = scenes + details + 10 * 2 + 10 * 8 + (4 + 3) * 8 + 8 * 3;
  assert.equal(found.Dense, all * network.latency);
  const graded = scenes + details + 10;
  const pooled = (4 + 3) * 8 * network.phases;
  const { Effective_MACs } = found;
  // Few weights are zero.
  assert.ok(Effective_MACs > 0.97 * graded && Effective_MACs <= graded + pooled, `${Effective_MACs} of ${graded}`);
  network.dispose();
});

test("docs/neurobench.md has what is counted, and what the neurobench package printed", async () => {
  const page = readFileSync(new URL("../../../../docs/neurobench.md", import.meta.url), "utf8");
  const [ours, theirs] = [...page.matchAll(/```json\n([^`]+)```/g)].map(([, text]) => JSON.parse(text));
  const [, count, seed] = page.match(/draw-digits\.ts (\d+) (\d+) /)!;
  const file = readFileSync(new URL("../../../../models/digits.bsnn.gguf", import.meta.url));
  const network = await load(file);
  const counter = new NeuroBenchCounter(network, file);
  const drawn = drawDigits(Number(count), Number(seed));
  let right = 0;
  for (const { pixels, digit } of drawn) {
    counter.add(pixels);
    if (network.classify(pixels, { top: 1 })[0].index === digit) right++;
  }
  const found = counter.result(right / drawn.length);
  assert.deepEqual(ours, found);
  // Means of single precision, taken batch by batch, end in other digits.
  const { ClassificationAccuracy, ActivationSparsity, ...exact } = theirs as NeuroBench;
  const { ClassificationAccuracy: accuracy, ActivationSparsity: sparsity, ...rest } = found;
  assert.deepEqual(exact, rest);
  assert.ok(Math.abs(ClassificationAccuracy! - accuracy!) < 1e-6);
  assert.ok(Math.abs(ActivationSparsity - sparsity) < 1e-9);
});

test.run();
