/** Single populations beside the original's, also where channels of the network have a second neuron and the original's have none. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { load } from "../../../../bindings/lab.ts";
import { readModel } from "../../../../convert/graph/model.ts";
import { convert } from "../../../../convert/index.ts";
import { buildNetwork } from "../../../../convert/network/build.ts";
import { lookAtLayers } from "../../../../hosts/node/compare/run.ts";
import { Original } from "../../../../hosts/node/networks/original.ts";
import { OnnxBuilder } from "../../../support/convert/onnx-builder.ts";
import { random } from "../../../support/random.ts";

const MEANING = { range: [0, 1], signed: false } as const;
const PADDED = { pads: [1, 1, 1, 1] };
const next = random(11);
const images = Array.from({ length: 8 }, () => Uint8Array.from({ length: 84 }, () => Math.floor(256 * next())));

for (const [phases, ending] of [
  [7, "@above"],
  [4, "@pair"],
] as const) {
  test(`populations are compared with the original's of the same name (${phases} phases, names with ${ending})`, async () => {
    const g = new OnnxBuilder();
    const x = g.relu(g.conv(g.input, 2, 3, [3, 3], PADDED));
    const y = g.relu(g.conv(x, 3, 3, [3, 3], { group: 3, ...PADDED }));
    g.output(g.conv(g.relu(g.conv(y, 3, 40, [3, 3], PADDED)), 40, 4, [7, 6]));
    const model = g.encode();
    const { file, ann } = await convert(model, { ...MEANING, phases, calibration: async () => images });
    await ann.dispose();
    const network = await load(file);
    const read = await readModel(model);
    const original = new Original(buildNetwork(read, MEANING), read.ann);
    assert.ok(network.populations.some(({ name }) => name.endsWith(ending)));
    assert.ok(network.populations.length > original.populations.length);
    const run = { network: "own", label: "exact", spec: { kind: "gated" }, marks: [network.latency] };
    const items = images.map((samples) => ({ read: async () => samples }));
    const found = await lookAtLayers(
      [{ name: "bistable", runs: [run] }] as never,
      items as never,
      original,
      network,
      { own: "own" } as never,
      () => {},
    );
    const [{ figures }] = found.values();
    assert.ok(figures.length >= 3 && figures.every(({ population }) => !population.endsWith("@above")));
    for (const { population, relativeError } of figures) {
      assert.ok(relativeError! < (phases === 7 ? 0.03 : 0.15), `${population}: ${relativeError}`);
    }
    network.dispose();
    await read.ann.dispose();
  });
}

test.run();
