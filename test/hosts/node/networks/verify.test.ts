/** What is warned of after a conversion: errors for themselves, and errors beside what outputs differ by. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { convert } from "../../../../convert/index.ts";
import { verify } from "../../../../hosts/node/networks/verify.ts";
import { OnnxBuilder } from "../../../support/convert/onnx-builder.ts";
import { random } from "../../../support/random.ts";

const next = random(11);
const images = Array.from({ length: 8 }, () => Uint8Array.from({ length: 84 }, () => Math.floor(256 * next())));

type Build = (g: OnnxBuilder, x: string) => string;

const warningsOf = async (build: Build, inputs = images, phases = 7) =>
  (await verificationOf(build, inputs, phases)).warnings;

async function verificationOf(build: Build, inputs = images, phases = 7) {
  const g = new OnnxBuilder();
  g.output(build(g, g.relu(g.conv(g.input, 2, 3, [3, 3]))));
  const conversion = await convert(g.encode(), {
    phases,
    range: [0, 1],
    signed: false,
    calibration: async () => inputs,
  });
  try {
    return await verify(conversion, inputs, () => {});
  } finally {
    await conversion.ann.dispose();
  }
}

/** The sum over all positions, which every input has nearly the same of, and a map. */
const sums = (g: OnnxBuilder, x: string) => g.op("GlobalAveragePool", [g.conv(x, 3, 4, [1, 1])]);
const plain = (g: OnnxBuilder, x: string) => g.conv(x, 3, 2, [2, 2]);

test("a conversion that is near its original is warned of in no way", async () => {
  assert.deepEqual(await warningsOf(plain), []);
  assert.deepEqual(await warningsOf(sums), []);
});

test("neurons of a channel that are one above the other are compared together", async () => {
  const { populations, warnings } = await verificationOf((g, x) => {
    const y = g.relu(g.conv(x, 3, 3, [3, 3], { group: 3, pads: [1, 1, 1, 1] }));
    return g.conv(g.relu(g.conv(y, 3, 40, [3, 3], { pads: [1, 1, 1, 1] })), 40, 4, [5, 4]);
  });
  const seconds = populations.filter(({ name }) => name.endsWith("@above"));
  assert.ok(seconds.length > 0);
  for (const { name, relativeError } of seconds) {
    assert.equal(relativeError, null);
    const first = populations.find((one) => `${one.name}@above` === name)!;
    assert.ok(first.relativeError! < 0.02, `${first.name}: ${first.relativeError}`);
  }
  assert.deepEqual(warnings, []);
});

test("an output that never changes is told: its error says nothing", async () => {
  for (const build of [
    (g: OnnxBuilder, x: string) => g.relu(g.op("Sub", [plain(g, x), g.floats([], [1e4])])),
    (g: OnnxBuilder, x: string) => g.op("Add", [g.op("Mul", [plain(g, x), g.floats([], [0])]), g.floats([], [1])]),
  ]) {
    const [warning, ...others] = await warningsOf(build);
    assert.match(warning, /the original's output '\w+' is the same for all 8 inputs, so that errors say nothing/);
    assert.deepEqual(others, []);
  }
});

test("an error that is small beside what all outputs have in common is told by what they differ by", async () => {
  const build = (g: OnnxBuilder, x: string) => g.op("Add", [sums(g, x), g.floats([], [50])]);
  const [warning] = await warningsOf(build, images, 2);
  assert.match(warning, /output '\w+' differs little from input to input: its error is \d\.\d\d of that/);
});

test.run();
