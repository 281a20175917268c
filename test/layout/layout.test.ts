/** The layout written down for TypeScript is the one that the compiled core has, and that docs/format.md describes. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "uvu";
import { Core } from "../../bindings/network/core.ts";
import { Key, KeyName, KINDS, POOLS, PopulationField, ProjectionField } from "../../layout/layout.ts";

const file = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url));
const core = Core.instantiate(await WebAssembly.compile(file("dist/core.wasm")));
core.load(new Uint8Array(file("models/digits.bsnn.gguf")));
const format = file("docs/format.md").toString();

test("fields of populations lie where the core has them, those after a bool too", () => {
  const count = core.exports.populationCount.value;
  for (let i = 0; i < count; i++) {
    const field = (which: PopulationField) => core.populationField(i, which);
    assert.equal(field(PopulationField.index), i);
    const { height, width, channels } = PopulationField;
    assert.equal(field(PopulationField.neurons), field(height) * field(width) * field(channels));
    const kind = KINDS[field(PopulationField.kind)];
    assert.equal(kind === "input", i === 0);
    assert.equal(kind === "output", i === count - 1);
    if (kind !== "bistable") continue;
    // A tile is at most the map, and not empty.
    assert.ok(field(PopulationField.tileWidth) >= 1 && field(PopulationField.tileWidth) <= field(width));
    assert.ok(field(PopulationField.tileHeight) >= 1 && field(PopulationField.tileHeight) <= field(height));
  }
});

test("fields of projections lie where the core has them, those after a bool too", () => {
  for (let j = 0; j < core.exports.projectionCount.value; j++) {
    const field = (which: ProjectionField) => core.projectionField(j, which);
    assert.equal(field(ProjectionField.index), j);
    assert.ok(POOLS[field(ProjectionField.pool)]);
    const target = core.populationField(field(ProjectionField.target), PopulationField.kind);
    if (KINDS[target] === "synchronous") {
      assert.equal(field(ProjectionField.weightBits), 0);
      continue;
    }
    assert.ok([8, 16].includes(field(ProjectionField.weightBits)));
    assert.ok([1, 2, 4].includes(field(ProjectionField.valueSize)));
    const source = core.populationField(field(ProjectionField.source), PopulationField.index);
    assert.equal(source, field(ProjectionField.source));
    const strips = field(ProjectionField.stripsH) * field(ProjectionField.stripsW) * field(ProjectionField.stripLength);
    const { kernelH, kernelW, sourceCount, groups } = ProjectionField;
    assert.equal(strips, (field(kernelH) * field(kernelW) * field(sourceCount)) / field(groups));
  }
});

test("keys have the numbers that the core knows them by", () => {
  const name = core.text(core.exports.keyPointer(Key.architecture), core.exports.keyCount(Key.architecture));
  assert.equal(name, "bsnn");
  assert.equal(core.exports.keyCount(Key.kind), core.exports.populationCount.value);
  assert.equal(core.exports.keyCount(Key.groups), core.exports.projectionCount.value);
});

test("docs/format.md has every key, neuron model and pooling", () => {
  for (const key of Object.values(KeyName)) {
    const short = key.slice(key.lastIndexOf("."));
    assert.ok(format.includes(`\`${key}\``) || format.includes(`\`${short}\``), `${key} is not described`);
  }
  const listed = (words: readonly string[]) => words.map((word, number) => `${number} ${word}`).join(", ");
  assert.ok(format.includes(`| ${listed(KINDS)} |`));
  assert.ok(format.includes(`| ${listed(POOLS)} |`));
});

test.run();
