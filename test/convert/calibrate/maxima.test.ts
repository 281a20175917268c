import assert from "node:assert/strict";
import { test } from "uvu";
import { load } from "../../../bindings/node.ts";
import { channelStatistics, withLargest } from "../../../convert/calibrate/statistics.ts";
import { annInput, convert } from "../../../convert/index.ts";
import { OnnxBuilder } from "../../support/convert/onnx-builder.ts";
import { random } from "../../support/random.ts";

test("statistics take in the largest values of further inputs, and keep what they counted", () => {
  const own = channelStatistics(Float32Array.of(1, -1, 2, 0.5), 1, Number.POSITIVE_INFINITY)[0];
  const more = withLargest(own, [0, 4, 3], 4);
  assert.equal(more.maximum, 4);
  assert.equal(
    more.histogram.reduce((sum, n) => sum + n, 0),
    5,
  );
  assert.equal(more.histogram[1023], 1);
  assert.equal(more.histogram[511], 1);
  assert.equal(more.active, 1);
  assert.equal(withLargest(own, [0, 0], 4), own);
});

test("a channel that is active only on inputs left out of fitting has their range", async () => {
  const next = random(3);
  const dark = () => Uint8Array.from({ length: 48 }, () => Math.floor(120 * next()));
  const bright = () => Uint8Array.from({ length: 48 }, () => 200 + Math.floor(55 * next()));
  // Every eighth input, of those that are left out.
  const inputs = Array.from({ length: 64 }, (_, k) => (k % 8 === 7 ? bright() : dark()));
  const g = new OnnxBuilder({ input: [1, 3, 4, 4] });
  // One channel is silent until samples are bright.
  const weight = g.floats([2, 3, 1, 1], [1, 1, 1, 10, 10, 10]);
  const x = g.relu(g.op("Conv", [g.input, weight, g.floats([2], [0, -20])]));
  const y = g.op("Conv", [x, g.floats([2, 2, 1, 1], [0.01, 1, 1, 0])]);
  g.output(y);
  const options = { calibration: async () => inputs };
  const all = await convert(g.encode(), options);
  const some = await convert(g.encode(), { ...options, fittedValues: 1 });
  assert.equal(all.fitted.length, 64);
  assert.deepEqual(all.notes, []);
  assert.deepEqual(
    some.fitted,
    Array.from({ length: 32 }, (_, k) => 2 * k),
  );
  assert.ok(some.fitted.every((k) => k % 8 !== 7));
  assert.match(some.notes.join(), /fitted to 32 of 64 calibration inputs; ranges are those of all/);
  const samples = bright();
  const [expected] = (await some.ann.run(annInput(some.unquantized.input, samples))).values();
  const network = await load(some.file);
  const { values } = network.run(samples).outputs[0];
  const most = expected.reduce((a, b) => Math.max(a, b), 0);
  values.forEach((value, k) => {
    assert.ok(Math.abs(value - expected[k]) < 0.03 * most, `${value} instead of ${expected[k]}`);
  });
  for (const { ann } of [all, some]) await ann.dispose();
  network.dispose();
});

test.run();
