/** The lab page reads weights and wiring as the network has them. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "uvu";
import { load } from "../../../../bindings/node.ts";
import { writeModel } from "../../../../convert/write/model.ts";
import { biasOf, neuronsOf, readModel, shortName } from "../../../../hosts/browser/lab/src/model/model.ts";
import { silence } from "../../../../hosts/browser/lab/src/model/silence.ts";
import { broughtBy, fieldsOf, synapsesOf } from "../../../../hosts/browser/lab/src/model/synapses.ts";
import { drawDigits } from "../../../../models/drawn/digits.ts";
import { network, population, repeat } from "../../../reference/build.ts";
import { convertSeveral } from "../../../support/convert/several.ts";

const file = readFileSync(new URL("../../../../models/digits.bsnn.gguf", import.meta.url));
const model = readModel(file);
const [, , , { pixels: three }] = drawDigits(4, 5);

test("the formula of a neuron gives the potential that the core has", async () => {
  const net = await load(file);
  net.run(three);
  const levels = model.populations.map(({ kind, index }) => (kind === "output" ? new Uint8Array() : net.levels(index)));
  for (const population of model.populations) {
    if (population.kind !== "bistable" && population.kind !== "output") continue;
    const potentials = net.potentials(population.index);
    const count = neuronsOf(population);
    for (let n = 0; n < count; n += Math.max(1, Math.floor(count / 40))) {
      const sum = synapsesOf(model, population.index, n).reduce((v, s) => v + broughtBy(model, s, levels), 0);
      const initial = population.initial[n % population.channels] ?? 0;
      assert.equal(initial + biasOf(population, n) + sum, potentials[n], `${population.name}, neuron ${n}`);
    }
  }
  net.dispose();
});

test("fields hold every neuron that synapses read, and no row or column more", () => {
  for (const { index, kind, ...population } of model.populations) {
    if (kind === "input") continue;
    const count = neuronsOf(population);
    for (let n = 0; n < count; n += Math.max(1, Math.floor(count / 15))) {
      const synapses = synapsesOf(model, index, n);
      for (const field of fieldsOf(model, index, n)) {
        const { width, channels } = model.populations[field.source];
        const places = synapses.filter((s) => s.projection === field.projection).flatMap((s) => s.from);
        const ys = places.map((m) => Math.floor(m / channels / width));
        const xs = places.map((m) => Math.floor(m / channels) % width);
        const box = [Math.min(...ys), Math.min(...xs), Math.max(...ys) + 1, Math.max(...xs) + 1];
        assert.deepEqual(box, [field.top, field.left, field.top + field.height, field.left + field.width]);
      }
    }
  }
});

test("a silenced channel fires nothing, the others of its population as before", async () => {
  const [net, broken] = await Promise.all([load(file), load(silence(file, [{ population: 5, channel: 3 }]))]);
  net.run(three);
  broken.run(three);
  const [before, after] = [net.levels(5), broken.levels(5)];
  assert.ok(before.some((level, n) => n % 24 === 3 && level > 0));
  after.forEach((level, n) => {
    assert.equal(level, n % 24 === 3 ? 0 : before[n]);
  });
  const whole = await load(silence(file, [{ population: 5, channel: null }]));
  whole.run(three);
  assert.ok(whole.levels(5).every((level) => level === 0));
});

test("a silenced file that states a checksum states the right one", async () => {
  const small = network(
    4,
    [
      population("input", [1, 1, 1], 0),
      population("bistable", [1, 1, 1], 1, { shift: [2], initial: [1] }),
      population("output", [1, 1, 1], 2),
    ],
    [repeat(0, 1, [1, 1, 1]), repeat(1, 2, [1, 1, 1])],
  );
  const net = await load(silence(writeModel(small), [{ population: 1, channel: 0 }]));
  assert.ok(net.verified);
  net.run(Uint8Array.of(60));
  assert.deepEqual([...net.levels(1)], [0]);
});

test("names of exporters become readable", () => {
  assert.equal(shortName("/stem/stem.2/Relu_output_0"), "stem.2");
  assert.equal(shortName("/r1/Relu_1_output_0"), "r1·1");
  assert.equal(shortName("/c2/c2.2/Relu_output_0@+1"), "c2.2 relay");
  assert.equal(shortName("logits"), "logits");
});

test("a model of several inputs is refused, by their names", async () => {
  const several = await convertSeveral();
  await several.ann.dispose();
  assert.throws(() => readModel(several.file), /has the inputs 'scene', 'detail', 'state'; here models of one/);
});

test.run();
