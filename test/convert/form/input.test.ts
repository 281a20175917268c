import assert from "node:assert/strict";
import { test } from "uvu";
import { readModel } from "../../../convert/graph/model.ts";
import { buildNetwork } from "../../../convert/network/build.ts";
import { runtime } from "../../../convert/onnx/runtime.ts";
import { assertComputesAs, assertSame } from "../../support/convert/compare.ts";
import { OnnxBuilder } from "../../support/convert/onnx-builder.ts";
import { refusal } from "../../support/convert/refusal.ts";

const preprocessing = (channelOrder: "rgb" | "bgr") => ({
  preprocessing: { scale: 1 / 255, mean: [0.5, 0.4, 0.3], std: [0.2, 0.25, 0.3], channelOrder },
});

function colour(): OnnxBuilder {
  const g = new OnnxBuilder({ input: ["N", 3, 6, 5] });
  g.output(g.conv(g.relu(g.conv(g.input, 3, 4, [3, 3])), 4, 2, [1, 1]));
  return g;
}

test("preprocessing is folded into the first weights, in the model's channel order", async () => {
  await assertSame(colour(), preprocessing("rgb"));
  const { input } = await assertSame(colour(), preprocessing("bgr"));
  assert.deepEqual(
    [...input.gain].map((g) => Number((1 / g / 255).toFixed(6))),
    [0.3, 0.25, 0.2],
    "the file's channels are RGB, the statistics are given as BGR",
  );
  assert.deepEqual([...input.zeroPoint], [77, 102, 128]);
  assert.deepEqual([...input.index.slice(0, 3)], [60, 30, 0]);
});

test("one mean and std serve all channels", async () => {
  const { input } = await assertSame(colour(), {
    preprocessing: { scale: 2, mean: [10], std: [4], channelOrder: "rgb" },
  });
  assert.deepEqual([...input.gain], [0.5, 0.5, 0.5]);
  assert.deepEqual([...input.shift], [-2.5, -2.5, -2.5]);
});

test("padding reads the sample nearest to the ANN's zero", async () => {
  const g = new OnnxBuilder({ input: ["N", 3, 6, 5] });
  g.output(g.conv(g.input, 3, 4, [3, 3], { pads: [1, 1, 1, 1] }));
  const model = await readModel(g.encode());
  const options = preprocessing("rgb");
  const network = buildNetwork(model, options);
  assert.deepEqual([...network.input.zeroPoint], [128, 102, 77]);
  assert.equal(network.populations[1].bias.length, 4, "half a sample's step is not worth a bias per position");
  // Half a step of every channel at each of up to five padded taps.
  await assertComputesAs(model, network, 0.02);
});

test("a range whose zero no sample stands for: padding is made up for by a bias per position", async () => {
  const g = new OnnxBuilder();
  g.output(g.conv(g.input, 2, 4, [3, 3], { pads: [1, 1, 1, 1] }));
  const { populations, input } = await assertSame(g, { range: [1, 3] });
  assert.deepEqual([...input.zeroPoint], [0, 0]);
  assert.equal(populations[1].bias.length, 7 * 6 * 4);
});

test("a signed range: ON and OFF channels, exact under padding", async () => {
  const g = new OnnxBuilder();
  const hidden = g.relu(g.conv(g.input, 2, 4, [3, 3], { pads: [1, 1, 1, 1] }));
  const depthwise = g.relu(g.conv(g.input, 2, 4, [3, 3], { group: 2, pads: [1, 1, 1, 1] }));
  g.output(g.conv(g.op("Concat", [hidden, depthwise], { axis: 1 }), 8, 2, [1, 1]));
  const { populations, projections, input } = await assertSame(g, { range: [-1, 2], signed: true });
  assert.equal(populations[0].channels, 4);
  assert.deepEqual([...input.gain], [2 / 255, 2 / 255, -2 / 255, -2 / 255]);
  assert.deepEqual([...input.zeroPoint], [0, 0, 0, 0]);
  assert.deepEqual(projections[0].sourceChannels, [0, 4], "one projection reads both halves");
});

test("symbolic sizes are fixed by the given shape, with or without the batch", async () => {
  for (const inputShape of [
    [1, 2, 8, 9],
    [2, 8, 9],
  ]) {
    const g = new OnnxBuilder({ input: ["N", 2, "H", "W"] });
    g.output(g.op("GlobalAveragePool", [g.relu(g.conv(g.input, 2, 3, [3, 3]))]));
    const { populations } = await assertSame(g, undefined, { inputShape });
    assert.deepEqual([populations[0].height, populations[0].width], [8, 9]);
  }
});

test("a fixed batch becomes one", async () => {
  const g = new OnnxBuilder({ input: [16, 2, 6, 6] });
  g.output(g.op("GlobalAveragePool", [g.relu(g.conv(g.input, 2, 3, [3, 3]))]));
  const { input } = await assertSame(g);
  assert.deepEqual(input.dims, [1, 2, 6, 6]);
});

test("a given shape that contradicts the model is named", async () => {
  const g = new OnnxBuilder({ input: ["N", 2, "H", "W"] });
  g.output(g.relu(g.conv(g.input, 2, 3, [3, 3])));
  await assert.rejects(
    readModel(g.encode(), { inputShape: [1, 3, 8, 8] }),
    /found 1×3×8×8; input 'input' is \?×2×\?×\?/,
  );
  await assert.rejects(readModel(g.encode(), { inputShape: [4, 2, 8, 8] }), /a batch of 1 is supported/);
  const fixed = new OnnxBuilder({ input: [4, 2, 8, 8] });
  fixed.output(fixed.relu(fixed.input));
  await assert.rejects(
    readModel(fixed.encode(), { inputShape: [4, 2, 8, 8] }),
    /batch of 4; a batch of 1 is supported/,
  );
  await assert.rejects(readModel(g.encode(), { inputShape: [1, 2, 0, 8] }), /input shape: found 1×2×0×8/);
});

for (const [dims, batched] of [
  [[3, 8, 8], (g: OnnxBuilder) => g.op("Unsqueeze", [g.input, g.ints([0])])],
  [[9, 8], (g: OnnxBuilder) => g.op("Reshape", [g.input, g.ints([1, 1, 9, 8])])],
  [[8, 7, 3], (g: OnnxBuilder) => g.op("Unsqueeze", [g.op("Transpose", [g.input], { perm: [2, 0, 1] }), g.ints([0])])],
] as const) {
  test(`an input [${dims}] without a batch`, async () => {
    const g = new OnnxBuilder({ input: [...dims] });
    const x = g.relu(g.conv(batched(g), dims.length === 2 ? 1 : 3, 4, [3, 3]));
    const flat = g.op("Flatten", [g.op("GlobalAveragePool", [x])]);
    g.output(g.op("Squeeze", [g.op("Gemm", [flat, g.random([4, 5])]), g.ints([0])]));
    await assertSame(g);
  });
}

/** A graph for a batch of eight. */
function ofEight(shape: readonly number[], transposed: boolean): OnnxBuilder {
  const g = new OnnxBuilder({ input: [8, 2, 7, 6] });
  let x = g.relu(g.conv(g.input, 2, 6, [3, 3]));
  if (transposed) x = g.op("Transpose", [x], { perm: [1, 0, 2, 3] });
  const flat = g.op("Reshape", [x, g.ints(shape)], {}, { name: "flat" });
  g.output(g.op("MatMul", [flat, g.random([120, 3])]));
  return g;
}

for (const shape of [
  [8, -1],
  [8, 120],
]) {
  test(`a batch of eight that a Reshape to [${shape}] fixes is what it does to each input`, async () => {
    const g = ofEight(shape, false);
    await assertSame(g);
    const { ann } = await readModel(g.encode());
    const { InferenceSession, Tensor } = await runtime();
    const session = await InferenceSession.create(g.encode());
    const all = Float32Array.from({ length: 8 * 84 }, (_, k) => Math.sin(k));
    const [name] = session.outputNames;
    const together = (await session.run({ [g.input]: new Tensor("float32", all, [8, 2, 7, 6]) }))[name].data;
    for (let n = 0; n < 8; n++) {
      const own = (await ann.run(all.slice(n * 84, (n + 1) * 84))).get(name)!;
      for (let k = 0; k < 3; k++) assert.ok(Math.abs(own[k] - Number(together[3 * n + k])) < 1e-4, `${n}, ${k}`);
    }
    await session.release();
    await ann.dispose();
  });

  test(`a Reshape to [${shape}] that mixes a batch of eight is refused by its name`, async () => {
    assert.match(await refusal(ofEight(shape, true)), /Reshape 'flat': is fixed to a batch of 8/);
  });
}

test("a shape that is none is refused with a reason where a batch is fixed", async () => {
  for (const value of [2.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    const g = new OnnxBuilder({ input: [8, 2, 7, 6] });
    g.output(g.op("Reshape", [g.relu(g.input), g.floats([2], [8, value])]));
    assert.ok(await refusal(g));
  }
});

test.run();
