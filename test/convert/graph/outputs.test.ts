import assert from "node:assert/strict";
import { test } from "uvu";
import { readModel } from "../../../convert/graph/model.ts";
import { assertSame } from "../../support/convert/compare.ts";
import { OnnxBuilder } from "../../support/convert/onnx-builder.ts";

function hidden(g: OnnxBuilder): string {
  return g.relu(g.conv(g.input, 2, 4, [3, 3], { pads: [1, 1, 1, 1] }));
}

const outputsOf = (network: Awaited<ReturnType<typeof assertSame>>) =>
  network.populations.filter((p) => p.kind === "output");

test("several outputs of different depth and shape, in the graph's order and under its names", async () => {
  const g = new OnnxBuilder();
  const x = hidden(g);
  const deep = g.relu(g.conv(x, 4, 4, [3, 3]));
  const map = g.op("Conv", [deep, g.random([2, 4, 1, 1])], {}, { outputs: ["map"] });
  const early = g.op("Conv", [x, g.random([3, 4, 1, 1])], {}, { outputs: ["early"] });
  const flat = g.op("Flatten", [g.op("GlobalAveragePool", [deep])]);
  const scores = g.op("Gemm", [flat, g.random([4, 3])], {}, { outputs: ["scores"] });
  g.output(map, early, scores);
  const network = await assertSame(g);
  assert.deepEqual(
    outputsOf(network)
      .map((p) => p.name)
      .sort(),
    ["early", "map", "scores"],
  );
});

test("an output that is a Relu, one that is read inside as well, and one that is the input scaled", async () => {
  const g = new OnnxBuilder();
  const x = hidden(g);
  const y = g.conv(x, 4, 4, [3, 3]);
  const z = g.relu(y);
  const w = g.op("Mul", [g.input, g.floats([], [0.5])]);
  g.output(x, y, g.conv(z, 4, 2, [1, 1]), w);
  const network = await assertSame(g);
  assert.equal(outputsOf(network).length, 4);
});

for (const op of ["Softmax", "LogSoftmax", "Sigmoid", "Tanh", "ArgMax"]) {
  test(`${op} at an output is left out, and said so`, async () => {
    const g = new OnnxBuilder();
    const logits = g.op("Gemm", [g.op("Flatten", [hidden(g)]), g.random([168, 4])]);
    const attributes = op === "ArgMax" ? { axis: 1, keepdims: 0 } : {};
    const last = g.op("Identity", [g.op(op, [logits], attributes)], {}, { outputs: ["answer"] });
    g.output(last);
    const network = await assertSame(g);
    const [output] = outputsOf(network);
    assert.equal(output.name, "answer");
    assert.equal(output.view!.tensor, logits);
    assert.match(network.notes.join("\n"), new RegExp(op));
  });
}

test("super-resolution: sub-pixels that an output moves into space are given as channels", async () => {
  const g = new OnnxBuilder({ input: [1, 1, 5, 4] });
  const x = g.conv(g.relu(g.conv(g.input, 1, 4, [3, 3], { pads: [1, 1, 1, 1] })), 4, 4, [3, 3], { pads: [1, 1, 1, 1] });
  const apart = g.op("Reshape", [x, g.ints([1, 1, 2, 2, 5, 4])]);
  const turned = g.op("Transpose", [apart], { perm: [0, 1, 4, 2, 5, 3] });
  g.output(g.op("Reshape", [turned, g.ints([1, 1, 10, 8])]));
  const network = await assertSame(g);
  const [output] = outputsOf(network);
  assert.deepEqual([output.height, output.width, output.channels], [5, 4, 4]);
});

test("a detector's heads: maps with channels last, flattened to anchors", async () => {
  const g = new OnnxBuilder();
  const x = hidden(g);
  const boxes = g.op("Transpose", [g.conv(x, 4, 8, [3, 3])], { perm: [0, 2, 3, 1] });
  g.output(g.op("Reshape", [boxes, g.ints([1, -1, 4])]));
  const network = await assertSame(g);
  const [output] = outputsOf(network);
  assert.deepEqual([output.height, output.width, output.channels], [5, 4, 8]);
});

test("a detector's scores joined over maps of unlike size are given map by map", async () => {
  const g = new OnnxBuilder();
  const large = hidden(g);
  const small = g.op("MaxPool", [large], { kernel_shape: [2, 2], strides: [2, 2] });
  const heads = [large, small].map((x) => {
    const last = g.op("Transpose", [g.conv(x, 4, 6, [3, 3])], { perm: [0, 2, 3, 1] });
    return g.op("Reshape", [last, g.ints([1, -1, 2])]);
  });
  const scores = g.op("Softmax", [g.op("Concat", heads, { axis: 1 })], { axis: -1 }, { outputs: ["scores"] });
  const likely = heads.map((head) => g.op("Sigmoid", [head]));
  g.output(scores, g.op("Concat", likely, { axis: 1 }, { outputs: ["likely"] }));
  const network = await assertSame(g);
  assert.deepEqual(
    outputsOf(network).map((p) => [p.name, p.height, p.width, p.channels]),
    [
      ["scores[0]", 5, 4, 6],
      ["scores[1]", 1, 1, 6],
      ["likely[0]", 5, 4, 6],
      ["likely[1]", 1, 1, 6],
    ],
  );
});

test("tensors inside the graph can be named as outputs, and what follows them is not looked at", async () => {
  const g = new OnnxBuilder();
  const boxes = g.op("Conv", [hidden(g), g.random([4, 4, 1, 1])], {}, { outputs: ["offsets"] });
  g.output(g.op("Exp", [boxes]));
  const network = await assertSame(g, undefined, { outputs: ["offsets"] });
  assert.deepEqual(
    outputsOf(network).map((p) => p.name),
    ["offsets"],
  );
  await assert.rejects(readModel(g.encode(), { outputs: ["nothing"] }), /no tensor named 'nothing'/);
});

test("the graph's first output comes first, however deep", async () => {
  const g = new OnnxBuilder();
  const x = hidden(g);
  g.output(g.conv(g.relu(g.conv(x, 4, 4, [1, 1])), 4, 3, [1, 1]), g.conv(x, 4, 2, [1, 1]));
  const network = await assertSame(g);
  assert.deepEqual(
    outputsOf(network).map((p) => p.channels),
    [3, 2],
  );
});

test.run();
