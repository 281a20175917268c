import assert from "node:assert/strict";
import { test } from "uvu";
import { load } from "../../../bindings/node.ts";
import { readModel } from "../../../convert/graph/model.ts";
import { annInput, convert, readView } from "../../../convert/index.ts";
import { assertSame } from "../../support/convert/compare.ts";
import { DataType, OnnxBuilder } from "../../support/convert/onnx-builder.ts";
import { refusal } from "../../support/convert/refusal.ts";

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

test("a detector's scores joined over maps of unlike size are carried map by map, and given as one tensor", async () => {
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

test("labels follow the model's own order of values, which a map gives channels last", async () => {
  const label = (k: number) => `value ${k}`;
  const shapes: ((g: OnnxBuilder, x: string) => string)[] = [
    (g, x) => g.op("Flatten", [x]),
    (g, x) => g.op("Reshape", [x, g.ints([1, 3, 42])]),
    (g, x) => g.op("Transpose", [x], { perm: [0, 3, 1, 2] }),
    (g, x) => g.op("Softmax", [g.op("Flatten", [x])]),
  ];
  for (const build of shapes) {
    const g = new OnnxBuilder();
    g.output(build(g, g.conv(hidden(g), 4, 3, [1, 1])));
    const { network, unquantized, ann } = await convert(g.encode(), {
      range: [-1.28, 1.27],
      signed: false,
      labels: Array.from({ length: 126 }, (_, k) => label(k)),
      calibration: async () => [Uint8Array.from({ length: 84 }, (_, k) => (37 * k) % 256)],
    });
    const output = unquantized.populations.at(-1)!;
    const values = new Float32Array(126);
    const input = annInput(
      unquantized.input,
      Uint8Array.from({ length: 84 }, (_, k) => (37 * k) % 256),
    );
    const { view } = output;
    readView(output, (await ann.run(input, [view!.tensor])).get(view!.tensor)!, values);
    const flat = (await ann.run(input, [view!.tensor])).get(view!.tensor)!;
    await ann.dispose();
    assert.deepEqual(
      network.labels!.map((name) => flat[Number(name.split(" ")[1])]),
      [...values],
    );
  }
});

test("a converted network gives the model's own tensor, in its shape, with labels on the right values", async () => {
  const samples = Uint8Array.from({ length: 84 }, (_, k) => (37 * k) % 256);
  const heads: Record<string, { build: (g: OnnxBuilder, x: string) => string; shape: number[] }> = {
    map: { build: (_, x) => x, shape: [1, 6, 7, 6] },
    flattened: { build: (g, x) => g.op("Flatten", [x]), shape: [1, 252] },
    boxes: { build: (g, x) => g.op("Reshape", [x, g.ints([1, 2, 3, 42])]), shape: [1, 2, 3, 42] },
    "without a batch": { build: (g, x) => g.op("Squeeze", [g.op("GlobalAveragePool", [x])]), shape: [6] },
    classes: { build: (g, x) => g.op("Flatten", [g.op("GlobalAveragePool", [x])]), shape: [1, 6] },
    "positions of classes": { build: (g, x) => g.op("GlobalAveragePool", [x]), shape: [1, 6, 1, 1] },
    "classes in another order": {
      build: (g, x) => {
        const apart = g.op("Reshape", [g.op("GlobalAveragePool", [x]), g.ints([2, 3])]);
        return g.op("Reshape", [g.op("Transpose", [apart], { perm: [1, 0] }), g.ints([1, 6])]);
      },
      shape: [1, 6],
    },
    "a matrix of one position": {
      build: (g, x) => g.op("Reshape", [g.op("GlobalAveragePool", [x]), g.ints([2, 3])]),
      shape: [2, 3],
    },
    "pixel shuffle": {
      build: (g, x) => g.op("DepthToSpace", [g.conv(x, 6, 4, [1, 1])], { blocksize: 2 }),
      shape: [1, 1, 14, 12],
    },
    "maps of unlike size, joined": {
      build: (g, x) => {
        const small = g.op("MaxPool", [x], { kernel_shape: [2, 2], strides: [2, 2] });
        const boxes = [x, small].map((map) => {
          const last = g.op("Transpose", [map], { perm: [0, 2, 3, 1] });
          return g.op("Reshape", [last, g.ints([1, -1, 3])]);
        });
        return g.op("Concat", boxes, { axis: 1 });
      },
      shape: [1, 102, 3],
    },
    "joined again, reshaped and transposed": {
      build: (g, x) => {
        const small = g.op("MaxPool", [x], { kernel_shape: [3, 3], strides: [3, 3] });
        const [a, b] = [x, small].map((map) => g.op("Reshape", [map, g.ints([1, 6, -1])]));
        const joined = g.op("Concat", [b, g.op("Concat", [a, b], { axis: 2 })], { axis: -1 });
        const turned = g.op("Transpose", [joined], { perm: [0, 2, 1] });
        return g.op("Reshape", [turned, g.ints([50, 2, 3])]);
      },
      shape: [50, 2, 3],
    },
    "channels last": { build: (g, x) => g.op("Transpose", [x], { perm: [0, 2, 3, 1] }), shape: [1, 7, 6, 6] },
  };
  for (const [name, { build, shape }] of Object.entries(heads)) {
    const g = new OnnxBuilder();
    const answer = build(g, g.conv(hidden(g), 4, 6, [1, 1]));
    g.output(answer);
    const values = shape.reduce((product, n) => product * n, 1);
    const { file, unquantized, ann } = await convert(g.encode(), {
      phases: 8,
      weightBits: 16,
      range: [-1.28, 1.27],
      signed: false,
      ...(!name.includes("joined") && { labels: Array.from({ length: values }, (_, k) => `value ${k}`) }),
      calibration: async () => [samples],
    });
    const expected = (await ann.run(annInput(unquantized.input, samples))).get(answer)!;
    await ann.dispose();
    const network = await load(file);
    const [output] = network.run(samples).outputs;
    assert.deepEqual(output.shape, shape, name);
    const most = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    output.values.forEach((value, k) => {
      assert.ok(Math.abs(value - expected[k]) < 0.03 * most, `${name}: ${value} instead of ${expected[k]} at ${k}`);
    });
    assert.equal(network.classifier, values === 6 && shape.filter((n) => n > 1).length === 1, name);
    const best = expected.indexOf(expected.reduce((a, b) => Math.max(a, b)));
    const [first, ...others] = network.classify(samples, { top: values });
    if (name.includes("joined")) assert.ok(Math.abs(expected[first.index] - expected[best]) < 0.03 * most, name);
    else assert.deepEqual([first.index, first.label], [best, `value ${best}`], name);
    assert.deepEqual(new Set([first, ...others].map((found) => found.label)).size, values, name);
    assert.equal(network.outputs().length, 1, name);
    // Where the shape is the plain one and the order that of the neurons, the file says nothing.
    const plain = ["classes", "channels last"].includes(name);
    assert.equal(Buffer.from(file).includes("bsnn.output.shape"), !plain, name);
    network.dispose();
  }
});

const tails: Record<string, (g: OnnxBuilder, x: string) => string> = {
  "ArgMax and Cast to integers": (g, x) => g.op("Cast", [g.op("ArgMax", [x], { axis: 1 })], { to: DataType.INT32 }),
  "Softmax and Clip": (g, x) => g.op("Clip", [g.op("Softmax", [x]), g.floats([], [1e-7]), g.floats([], [1])]),
  "Sigmoid, scaled and rounded": (g, x) => g.op("Round", [g.op("Mul", [g.op("Sigmoid", [x]), g.floats([], [255])])]),
  "Sigmoid and a threshold": (g, x) => {
    const above = g.op("Greater", [g.op("Sigmoid", [x]), g.floats([], [0.5])]);
    return g.op("Cast", [above], { to: DataType.FLOAT });
  },
  "ArgMax, flattened": (g, x) => g.op("Reshape", [g.op("ArgMax", [x], { axis: 1 }), g.ints([1])]),
  TopK: (g, x) => {
    const best = g.op("TopK", [g.op("Softmax", [x]), g.ints([2])], {}, { outputs: ["values", "indices"] });
    g.output("indices");
    return best;
  },
};

for (const [name, tail] of Object.entries(tails)) {
  test(`${name} at an output are left out, and said so`, async () => {
    const g = new OnnxBuilder();
    const logits = g.op("Gemm", [g.op("Flatten", [hidden(g)]), g.random([168, 4])]);
    g.output(tail(g, logits));
    const network = await assertSame(g);
    for (const output of outputsOf(network)) assert.equal(output.view!.tensor, logits);
    assert.match(network.notes.join("\n"), /left out/);
  });
}

test("a tail that cannot be left out is refused with the tensors to end at", async () => {
  const g = new OnnxBuilder();
  const boxes = g.op("Reshape", [
    g.op("Transpose", [g.conv(hidden(g), 4, 4, [1, 1])], { perm: [0, 2, 3, 1] }),
    g.ints([1, 42, 4]),
  ]);
  const scores = g.op("Reshape", [g.conv(hidden(g), 4, 1, [1, 1]), g.ints([1, 1, 42])]);
  g.output(g.op("NonMaxSuppression", [boxes, scores], {}, { name: "nms" }));
  assert.match(await refusal(g), new RegExp(`NonMaxSuppression 'nms': .*--outputs ${boxes},${scores} ends the model`));
  assert.equal(outputsOf(await assertSame(g, undefined, { outputs: [boxes, scores] })).length, 2);
});

test.run();
