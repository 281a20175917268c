import assert from "node:assert/strict";
import { test } from "uvu";
import { load } from "../../bindings/node.ts";
import { ConversionError, type ConvertOptions, convert, encodeValues } from "../../convert/index.ts";
import type { Pair } from "../../convert/wiring.ts";
import { OnnxBuilder } from "../support/convert/onnx-builder.ts";

/** Values within, at and beyond the ends of ranges, near ties, and two channels to tell apart. */
const VALUES = [-9, -1, -0.5, -1e-9, 0, 1e-9, 0.25, 0.5, 1 - 1 / 510, 1, 1.5, 9, 1 / 510, 3 / 510, Number.NaN, 0.1];

function model(): OnnxBuilder {
  const g = new OnnxBuilder({ input: ["N", 2, 8] });
  g.output(g.conv(g.relu(g.conv(g.input, 2, 3, [3])), 3, 2, [1]));
  return g;
}

const converted = (options: Partial<ConvertOptions>) =>
  convert(model().encode(), { calibration: async () => [Float64Array.from(VALUES, (x) => x || 0)], ...options });

for (const [range, signed] of [
  [[0, 1], false],
  [[-1, 1], true],
  [[-1, 1], false],
  [[-0.5, 1.5], true],
  [[0.25, 1.5], false],
] as [Pair, boolean][]) {
  test(`${range.join("…")}${signed ? ", signed" : ""}: values are encoded as the core encodes them`, async () => {
    const { file, network } = await converted({ range, signed });
    const loaded = await load(file);
    assert.deepEqual(loaded.input.range, range);
    assert.equal(loaded.input.signed, signed);
    assert.equal(loaded.preprocessing, null);
    assert.deepEqual(encodeValues(VALUES, 2, { range, signed }), loaded.encode(VALUES));
    assert.equal(network.populations[0].channels, signed ? 4 : 2);
    loaded.dispose();
  });
}

test("a range that spans zero is signed unless told otherwise, another is not", async () => {
  assert.equal((await converted({ range: [-1, 1] })).network.signed, true);
  assert.equal((await converted({ range: [0, 1] })).network.signed, false);
});

test("values and the samples they become calibrate alike", async () => {
  const range: Pair = [-1, 1];
  const samples = encodeValues(
    VALUES.map((x) => x || 0),
    2,
    { range, signed: true },
  );
  const { file } = await converted({ range, calibration: async () => [samples] });
  assert.deepEqual((await converted({ range })).file, file);
});

test("options that contradict each other or the model are refused", async () => {
  const refused = (options: Partial<ConvertOptions>, message: RegExp) => assert.rejects(converted(options), message);
  const preprocessing = { scale: 1, mean: [0], std: [1], channelOrder: "rgb" } as const;
  await refused({ range: [1, 1] }, /input range: found 1,1; two numbers lo < hi/);
  await refused({ range: [0, Number.POSITIVE_INFINITY] }, /input range: found 0,Infinity/);
  await refused({ range: [0, 1], preprocessing }, /both preprocessing and a range/);
  await refused({ signed: true }, /signed: found no range/);
  await refused({ range: [0, 1], calibration: async () => [new Uint8Array(5)] }, /an input of 5 samples.*1×8×2/);
  await refused({ range: [0, 1], calibration: async () => [] }, /found no inputs/);
  await refused({ range: [0, 1], labels: ["a"] }, /labels: found 1; the model's output '.*' has 12 values/);
});

test("options of values that their types exclude are refused by name", async () => {
  const g = new OnnxBuilder({ input: ["N", 3, 6, 6] });
  g.output(g.relu(g.conv(g.input, 3, 4, [3, 3])));
  const preprocessing = (part: object) => ({ preprocessing: { scale: 1, mean: [0], std: [1], ...part } });
  const cases: [object, RegExp][] = [
    [{ phases: "7" }, /^phases: found 7; 1 to 8/],
    [{ weightBits: 4 }, /^weight bits: found 4; 8 and 16/],
    [{ coding: "rate" }, /^coding: found rate; 'current' and 'phase'/],
    [{ range: 1 }, /^input range: found 1; two numbers/],
    [{ range: [-1, 1], signed: "yes" }, /^signed: found yes; true and false/],
    [{ without: ["biases"] }, /^without: found biases; channels, search, room, /],
    [{ without: "bias" }, /^without: found bias; a list of strings/],
    [{ name: 5 }, /^name: found 5; a string/],
    [{ labels: [1, 2] }, /^labels: found 1,2; a list of strings/],
    [{ outputs: "prob" }, /^outputs: found prob; a list of strings/],
    [{ inputShape: "1,3,6,6" }, /^input shape: found 1,3,6,6; a list of sizes/],
    [{ calibration: undefined }, /^calibration: found undefined; a function/],
    [preprocessing({ channelOrder: "BGR" }), /^channel order: found BGR; 'rgb' and 'bgr'/],
    [preprocessing({ mean: 0.5 }), /^mean: found 0.5; a list of finite numbers/],
    [preprocessing({ std: [] }), /^std: found ; a list of finite numbers/],
    [preprocessing({ scale: "1" }), /^scale: found 1; a finite number/],
  ];
  for (const [options, message] of cases) {
    const given = { calibration: async () => [new Uint8Array(108)], ...options } as ConvertOptions;
    await assert.rejects(convert(g.encode(), given), (error) => {
      assert.ok(error instanceof ConversionError, String(error));
      assert.equal(error.code, "bad-input");
      assert.match(error.message, message);
      return true;
    });
  }
});

test("preprocessing that does not fit is told after everything that the model is refused for", async () => {
  const g = new OnnxBuilder({ input: ["N", 3, 6, 6] });
  g.output(g.op("Elu", [g.conv(g.input, 3, 4, [3, 3])], {}, { name: "odd" }));
  const preprocessing = { scale: 1, mean: [1, 2], std: [1], channelOrder: "rgb" } as const;
  const calibration = async () => [new Uint8Array(108)];
  await assert.rejects(convert(g.encode(), { preprocessing, calibration }), /Elu 'odd': is not piecewise linear/);
  const h = new OnnxBuilder({ input: ["N", 3, 6, 6] });
  h.output(h.relu(h.conv(h.input, 3, 4, [3, 3])));
  await assert.rejects(convert(h.encode(), { preprocessing, calibration }), /mean: found 2 values; .* 1 or 3/);
});

test("real values are no calibration for a model of images", async () => {
  const g = new OnnxBuilder({ input: ["N", 3, 6, 6] });
  g.output(g.relu(g.conv(g.input, 3, 4, [3, 3])));
  const calibration = async () => [new Float32Array(108)];
  await assert.rejects(convert(g.encode(), { calibration }), /found real values; the model takes images/);
});

test.run();
