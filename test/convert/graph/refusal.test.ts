import assert from "node:assert/strict";
import { test } from "uvu";
import type { ConversionError } from "../../../convert/errors.ts";
import type { InputOptions } from "../../../convert/form/input.ts";
import { convert } from "../../../convert/index.ts";
import { DataType, OnnxBuilder } from "../../support/convert/onnx-builder.ts";
import { refusal } from "../../support/convert/refusal.ts";

const images: InputOptions = { preprocessing: { scale: 1, mean: [0], std: [1], channelOrder: "rgb" } };

for (const op of ["Selu", "Elu", "HardSwish", "Softplus", "Erf"]) {
  test(`${op} inside the network`, async () => {
    const g = new OnnxBuilder({ opset: 14 });
    const x = g.conv(g.input, 2, 3, [3, 3]);
    const active = g.op(op, [x], {}, { name: "odd" });
    g.output(g.conv(active, 3, 2, [1, 1]));
    assert.match(await refusal(g), new RegExp(`${op} 'odd': is not piecewise linear; .*Relu, LeakyRelu, Clip`));
  });
}

for (const op of ["Sigmoid", "Tanh", "Softmax"]) {
  test(`${op} inside the network`, async () => {
    const g = new OnnxBuilder();
    const active = g.op(op, [g.conv(g.input, 2, 3, [3, 3])], {}, { name: "odd" });
    g.output(g.conv(active, 3, 2, [1, 1]));
    assert.match(await refusal(g), new RegExp(`${op} 'odd': is supported at an output only`));
  });
}

test("gating (SiLU, squeeze and excitation) and attention: a product of two tensors", async () => {
  const g = new OnnxBuilder();
  const x = g.conv(g.input, 2, 3, [3, 3]);
  const silu = g.op("Mul", [x, g.op("Sigmoid", [x], {}, { name: "gate" })], {}, { name: "silu" });
  g.output(g.conv(silu, 3, 2, [1, 1]));
  const message = await refusal(g);
  assert.match(message, /Sigmoid 'gate'/);
  assert.match(message, /Mul 'silu': multiplies two tensors that depend on the input/);

  const h = new OnnxBuilder({ input: [1, 4, 8] });
  const keys = h.op("MatMul", [h.input, h.random([8, 8])]);
  const scores = h.op("MatMul", [keys, h.op("Transpose", [keys], { perm: [0, 2, 1] })], {}, { name: "scores" });
  h.output(h.op("MatMul", [h.op("Softmax", [scores]), keys], {}, { name: "mix" }));
  const attention = await refusal(h);
  assert.match(attention, /MatMul 'scores'/);
  assert.match(attention, /MatMul 'mix'/);
});

test("recurrence, control flow, foreign domains and quantised operators", async () => {
  const g = new OnnxBuilder({ input: [4, 1, 3] });
  g.output(g.op("LSTM", [g.input, g.random([1, 8, 3]), g.random([1, 8, 2])], { hidden_size: 2 }, { name: "memory" }));
  assert.match(await refusal(g), /LSTM 'memory': is recurrent; feed-forward networks are supported/);

  const h = new OnnxBuilder();
  h.output(h.op("Fancy", [h.relu(h.input)], {}, { name: "own", domain: "com.example" }));
  assert.match(await refusal(h), /Fancy 'own': is of the operator domain 'com.example'/);

  const k = new OnnxBuilder();
  k.output(k.op("ConvInteger", [k.relu(k.input), k.random([1, 2, 1, 1])], {}, { name: "q" }));
  assert.match(await refusal(k), /ConvInteger 'q': computes with integers/);

  const f = new OnnxBuilder();
  const branch = (op: string) => ({
    name: op,
    node: [{ opType: op, input: ["input"], output: [op] }],
    output: [f.value(op, [])],
  });
  f.output("chosen");
  const condition = f.initializer({ dims: [], dataType: DataType.BOOL, int32Data: [1] });
  f.graph.node!.push({
    opType: "If",
    name: "if",
    input: [condition],
    output: ["chosen"],
    attribute: [
      { name: "then_branch", type: 5, g: branch("Relu") },
      { name: "else_branch", type: 5, g: branch("Neg") },
    ],
  });
  assert.match(await refusal(f), /If 'if': is control flow/);
});

test("resampling that is not piecewise constant or linear, and normalisation by the input's own statistics", async () => {
  const g = new OnnxBuilder();
  const cubic = { mode: "cubic" };
  const up = g.op("Resize", [g.relu(g.input), "", g.floats([4], [1, 1, 2, 2])], cubic, { name: "up" });
  g.output(g.conv(up, 2, 2, [3, 3]));
  assert.match(await refusal(g), /Resize 'up': interpolates by 'cubic'; nearest and linear are supported/);
  const h = new OnnxBuilder();
  const normal = h.op("InstanceNormalization", [h.input, h.random([2]), h.random([2])], {}, { name: "norm" });
  h.output(h.relu(normal));
  assert.match(await refusal(h), /InstanceNormalization 'norm': normalises by statistics/);
});

test("padding with −∞ that anything but a maximum reads, and windows of nothing else", async () => {
  const low = (g: OnnxBuilder) => g.floats([], [Number.NEGATIVE_INFINITY]);
  const g = new OnnxBuilder();
  const padded = g.op("Pad", [g.relu(g.input), g.ints([0, 0, 1, 1, 0, 0, 1, 1]), low(g)], {}, { name: "wide" });
  g.output(g.relu(padded));
  assert.match(await refusal(g), /Pad 'wide': pads with −∞/);
  const h = new OnnxBuilder();
  const around = h.op("Pad", [h.relu(h.input), h.ints([0, 0, 2, 0, 0, 0, 0, 0]), low(h)]);
  h.output(h.op("MaxPool", [around], { kernel_shape: [2, 2], strides: [2, 2] }, { name: "pool" }));
  assert.match(await refusal(h), /MaxPool 'pool': takes the maximum of padding alone/);
});

test("bounds that leave one value, and a threshold at which values jump", async () => {
  const g = new OnnxBuilder();
  const clipped = g.op("Clip", [g.input, g.floats([], [1]), g.floats([], [1])], {}, { name: "fixed" });
  g.output(g.relu(clipped));
  assert.match(await refusal(g), /Clip 'fixed': limits values to \[1, 1\], which leaves one value/);
  const h = new OnnxBuilder();
  h.output(h.op("ThresholdedRelu", [h.input], { alpha: { float: 0.5 } }, { name: "jump" }));
  assert.match(await refusal(h), /ThresholdedRelu 'jump': jumps from 0 to 0.5/);
});

test("everything at once, in one message: nodes, a dynamic shape, a range that is missing", async () => {
  const g = new OnnxBuilder({ input: ["N", 2, "H", "W"] });
  const one = g.op("Elu", [g.conv(g.input, 2, 3, [3, 3])], {}, { name: "bent" });
  const two = g.op("Tanh", [g.conv(one, 3, 3, [3, 3])], {}, { name: "squash" });
  g.output(g.conv(two, 3, 2, [1, 1]));
  const unknown = await refusal(g, images);
  for (const pattern of [/3 things are/, /'bent'/, /'squash'/, /dynamic shape \(\?×2×\?×\?\).*--input-shape/]) {
    assert.match(unknown, pattern);
  }
  const known = await refusal(g, images, { inputShape: [1, 2, 8, 8] });
  for (const pattern of [/3 things are/, /'bent'/, /'squash'/, /no image \(8×8×2\).*--input-range/]) {
    assert.match(known, pattern);
  }
});

test("an input with more axes than a batch, channels, rows and columns", async () => {
  for (const dims of [
    [1, 2, 3, 5, 5],
    [1, 1, 2, 5, 5],
  ]) {
    const g = new OnnxBuilder({ input: dims });
    g.output(g.relu(g.input));
    assert.match(
      await refusal(g),
      new RegExp(
        `input 'input': has the shape ${dims.join("×")}; a batch of one and at most channels, rows, columns are`,
      ),
    );
  }
  const g = new OnnxBuilder({ input: [1, 2, 5, 5, 5] });
  g.output(g.op("Elu", [g.conv(g.input, 2, 3, [3, 3, 3])], {}, { name: "bent" }));
  const message = await refusal(g);
  for (const pattern of [/2 things are/, /'bent'/, /shape 1×2×5×5×5/]) assert.match(message, pattern);
});

test("weights and biases that are no finite numbers: overflow in half precision, division by zero, a negative variance", async () => {
  const g = new OnnxBuilder();
  const huge = g.initializer({ dims: [2, 2, 1, 1], dataType: DataType.FLOAT16, int32Data: [0x7c00, 0, 0, 0x3c00] });
  const x = g.relu(g.op("Conv", [g.input, huge], {}, { name: "huge" }));
  const divided = g.relu(g.op("Div", [g.conv(x, 2, 2, [1, 1]), g.floats([], [0])]));
  const parameters = [
    [1, 1],
    [0, 0],
    [0, 0],
    [1, -1],
  ].map((values) => g.floats([2], values));
  g.output(g.op("BatchNormalization", [g.conv(divided, 2, 2, [1, 1]), ...parameters]));
  const message = await refusal(g);
  assert.match(message, /3 things are/);
  assert.equal(
    message.match(/population '.*': has the weight -?(Infinity|NaN); finite numbers are supported/g)?.length,
    3,
  );

  const h = new OnnxBuilder();
  h.output(h.op("Add", [h.relu(h.input), h.floats([], [Number.NaN])], {}, { outputs: ["sum"] }));
  assert.match(await refusal(h), /population 'sum': has the bias NaN/);
});

test("sums over more positions than the core can count, all before calibration is asked for", async () => {
  const g = new OnnxBuilder({ input: ["N", 1, 400, 400] });
  const mean = (name: string) =>
    g.op("GlobalAveragePool", [g.relu(g.conv(g.input, 1, 1, [1, 1]))], {}, { outputs: [name] });
  g.output(mean("left"), mean("right"));
  const calibration = () => assert.fail("calibration was asked for");
  await assert.rejects(convert(g.encode(), { calibration }), (error: ConversionError) => {
    assert.match(error.message, /2 things are/);
    for (const name of ["left", "right"]) {
      assert.match(error.message, new RegExp(`'${name}': a sum pooling of 400×400 can reach 20320000; below 16777216`));
    }
    return error.code === "unsupported";
  });
});

test("what follows a refused node is judged for itself only", async () => {
  const g = new OnnxBuilder();
  const odd = g.op("Elu", [g.conv(g.input, 2, 3, [3, 3])], {}, { name: "odd" });
  g.output(g.op("MaxPool", [g.conv(odd, 3, 3, [1, 1])], { kernel_shape: [2, 2] }));
  assert.match(await refusal(g), /one thing is not supported/);
});

test("inputs of several that are no images, of an open shape, or of more axes; each is named", async () => {
  const g = new OnnxBuilder({ inputs: { a: ["N", 3, 4, 4], b: ["N", 5], c: ["N", 2, 4, 4], d: ["N", 3, "H", "W"] } });
  g.output(...["a", "b", "c", "d"].map((x) => g.relu(x)));
  assert.match(await refusal(g), /input 'd': has a dynamic shape \(\?×3×\?×\?\).*--input-shape d=1,3,224,224/s);
  const message = await refusal(g, images, { inputShape: { d: [1, 3, 4, 4] } });
  assert.match(message, /input 'b': is no image \(1×1×5\); state the range of its values \(--input-range b=lo,hi\)/);
  assert.match(message, /input 'c': is no image \(4×4×2\)/);

  const h = new OnnxBuilder({ inputs: { a: ["N", 3, 4, 4], clip: ["N", 3, 2, 4, 4] } });
  h.output(h.relu("a"), h.relu("clip"));
  assert.match(await refusal(h), /input 'clip': has the shape 1×3×2×4×4; a batch of one and at most/);
});

test("inputs that each are small, but not side by side", async () => {
  const g = new OnnxBuilder({ inputs: { tall: ["N", 1, 60000, 1], wide: ["N", 1, 1, 60000] } });
  g.output(...["tall", "wide"].map((x) => g.op("GlobalAveragePool", [g.relu(x)])));
  assert.match(
    await refusal(g, { range: [0, 1] }),
    /inputs of so unlike shapes that side by side they take 60000×60000×2, 7200000000 values; 134217728 are supported/,
  );
});

test("two inputs that are multiplied, an integer input, an output that is constant", async () => {
  const g = new OnnxBuilder();
  g.graph.input!.push(g.value("other", ["N", 2, 7, 6]));
  g.output(g.op("Mul", [g.input, "other"]));
  assert.match(await refusal(g), /multiplies two tensors that depend on the input/);

  const h = new OnnxBuilder();
  h.graph.input = [h.value("input", [1, 2, 7, 6], DataType.UINT8)];
  h.output(h.relu(h.op("Cast", [h.input], { to: 1 })));
  assert.match(await refusal(h), /'input' of type uint8; floats are supported/);

  const k = new OnnxBuilder();
  k.output(k.relu(k.input), k.op("Identity", [k.random([3])], {}, { outputs: ["fixed"] }));
  assert.match(await refusal(k), /output 'fixed': does not depend on the input/);
});

test("windows that no file can state", async () => {
  const cases: Record<string, (g: OnnxBuilder, x: string) => string> = {
    "stride 1×40000": (g, x) => g.op("Slice", [x, g.ints([0]), g.ints([1e8]), g.ints([3]), g.ints([40000])]),
    "kernel 1×70000": (g, x) => g.op("Expand", [g.op("GlobalAveragePool", [x]), g.ints([1, 2, 1, 70000])]),
    "offset 0×-60000": (g, x) => g.op("Slice", [x, g.ints([60000]), g.ints([60009]), g.ints([3])]),
    "dilation 1×40000": (g, x) => g.op("Conv", [x, g.random([1, 2, 1, 2])], { dilations: [1, 40000] }),
    "window 1×70000": (g, x) => g.op("MaxPool", [x], { kernel_shape: [1, 70000], strides: [1, 5000] }),
  };
  for (const [found, make] of Object.entries(cases)) {
    const g = new OnnxBuilder({ input: ["N", 1, 1, 80000] });
    g.output(g.relu(make(g, g.relu(g.conv(g.input, 1, 2, [1, 1])))));
    assert.match(await refusal(g), new RegExp(`reads windows of the ${found}; up to 3276[78] is supported`));
  }
});

test("a graph without outputs", async () => {
  const g = new OnnxBuilder();
  g.relu(g.input);
  assert.match(await refusal(g), /the graph: has 0 outputs; at least one is needed/);
});

test.run();
