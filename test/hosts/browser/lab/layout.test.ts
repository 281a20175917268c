/** The lab page's network finds room for every population, and points lead back to neurons. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "uvu";
import { neuronsOf, readModel } from "../../../../hosts/browser/lab/src/model/model.ts";
import { inColumns, inRows, neuronAt } from "../../../../hosts/browser/lab/src/view/layout.ts";

const model = readModel(readFileSync(new URL("../../../../models/digits.bsnn.gguf", import.meta.url)));

test("columns fill a laptop's width exactly, and lie apart", () => {
  for (const [width, height] of [
    [722, 420],
    [760, 300],
    [1900, 900],
  ]) {
    const { width: used, blocks } = inColumns(model, width, height, 1);
    assert.equal(Math.round(used), width);
    for (const a of blocks) {
      assert.ok(a.box.y + a.box.height <= height + 0.5, `population ${a.population} at ${width}×${height}`);
      for (const b of blocks) {
        if (a === b) continue;
        const apart =
          a.box.x + a.box.width <= b.box.x ||
          b.box.x + b.box.width <= a.box.x ||
          a.box.y + a.box.height <= b.box.y ||
          b.box.y + b.box.height <= a.box.y;
        assert.ok(apart, `${a.population} and ${b.population}`);
      }
    }
  }
});

test("the middle of every shown neuron leads back to it", () => {
  for (const arrangement of [inColumns(model, 722, 420, 1), inRows(model, 330, 1)]) {
    for (const block of arrangement.blocks) {
      const info = model.populations[block.population];
      for (let n = 0; n < neuronsOf(info); n += 97) {
        const c = n % info.channels;
        if (c >= block.shown) continue;
        const position = (n - c) / info.channels;
        const x =
          block.x + (c % block.columns) * block.stepX + ((position % info.width) + 0.5) * (block.mapWidth / info.width);
        const y =
          block.y +
          Math.floor(c / block.columns) * block.stepY +
          (Math.floor(position / info.width) + 0.5) * (block.mapHeight / info.height);
        assert.deepEqual(neuronAt(model, arrangement, x, y), { population: block.population, neuron: n });
      }
    }
  }
});

test("wide populations show some of their channels, and deep networks grow in width", () => {
  const wide = {
    ...model,
    populations: model.populations.map((p) => (p.index === 5 ? { ...p, channels: 5000 } : p)),
  };
  const { blocks } = inColumns(wide, 722, 420, 1);
  const shown = blocks.find(({ population }) => population === 5)!.shown;
  assert.ok(shown > 50 && shown < 1000, `${shown} channels`);
  const deep = {
    ...model,
    populations: Array.from({ length: 60 }, (_, i) => ({ ...model.populations[1], index: i, depth: i })),
  };
  assert.ok(inColumns(deep, 722, 420, 1).width > 2000);
});

test.run();
