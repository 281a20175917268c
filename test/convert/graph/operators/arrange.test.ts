import assert from "node:assert/strict";
import { test } from "uvu";
import { assertSame, SIGNED_RANGE } from "../../../support/convert/compare.ts";
import { OnnxBuilder } from "../../../support/convert/onnx-builder.ts";
import { refusal } from "../../../support/convert/refusal.ts";
import { assertWithinBound } from "../../../support/convert/whole-way.ts";

function hidden(g: OnnxBuilder, channels = 4): string {
  return g.relu(g.conv(g.input, 2, channels, [3, 3], { pads: [1, 1, 1, 1] }));
}

/** Ends a graph in a padded convolution, which must see zeros outside the tensor and nothing cut away. */
function finish(g: OnnxBuilder, tensor: string, channels: number): OnnxBuilder {
  g.output(g.conv(tensor, channels, 3, [3, 3], { pads: [1, 1, 1, 1] }));
  return g;
}

test("Slice with a stride, over rows and columns, and over channels", async () => {
  const cases = [
    { starts: [0, 0], ends: [7, 6], axes: [2, 3], steps: [2, 2], channels: 4 },
    { starts: [1, 1], ends: [9999, -1], axes: [2, -1], steps: [2, 1], channels: 4 },
    { starts: [1], ends: [3], axes: [1], steps: [1], channels: 2 },
    { starts: [0], ends: [4], axes: [1], steps: [3], channels: 2 },
    { starts: [-1], ends: [-9999], axes: [1], steps: [-1], channels: 4 },
  ];
  for (const { starts, ends, axes, steps, channels } of cases) {
    const g = new OnnxBuilder();
    const cut = g.op("Slice", [hidden(g), g.ints(starts), g.ints(ends), g.ints(axes), g.ints(steps)]);
    await assertSame(finish(g, cut, channels));
  }
});

test("Slice with attributes (opset 9)", async () => {
  const g = new OnnxBuilder({ opset: 9 });
  const cut = g.op("Slice", [hidden(g)], { starts: [1, 0], ends: [3, 5], axes: [1, 2] });
  await assertSame(finish(g, cut, 2));
});

test("Pad: spatial, of channels, negative, with a value, and as attribute (opset 10)", async () => {
  const cases: [pads: number[], value: number, channels: number][] = [
    [[0, 0, 1, 2, 0, 0, 0, 1], 0, 4],
    [[0, 1, 0, 0, 0, 2, 0, 0], 0, 7],
    [[0, 0, -1, 1, 0, 0, -2, -1], 0, 4],
    [[0, 1, 1, 0, 0, 0, 1, 1], 0.75, 5],
  ];
  for (const [pads, value, channels] of cases) {
    const g = new OnnxBuilder();
    await assertSame(finish(g, g.op("Pad", [hidden(g), g.ints(pads), g.floats([], [value])]), channels));
    const h = new OnnxBuilder({ opset: 10 });
    await assertSame(finish(h, h.op("Pad", [hidden(h)], { pads, value: { float: value } }), channels));
  }
});

test("Pad with axes (opset 18)", async () => {
  const g = new OnnxBuilder({ opset: 18 });
  const padded = g.op("Pad", [hidden(g), g.ints([1, 2, 1, 0]), "", g.ints([-2, 3])]);
  await assertSame(finish(g, padded, 4));
});

test("Pad on the input, before a convolution without padding", async () => {
  const g = new OnnxBuilder();
  const padded = g.op("Pad", [g.input, g.ints([0, 0, 1, 1, 0, 0, 1, 1])]);
  g.output(g.conv(padded, 2, 3, [3, 3]));
  const network = await assertSame(g);
  assert.equal(network.populations[1].bias.length, 3, "the zero point stands for the padding");
});

test("residual shortcut by strided Slice and padding of channels", async () => {
  const g = new OnnxBuilder();
  const x = hidden(g);
  const half = g.op("Slice", [x, g.ints([0, 0]), g.ints([7, 6]), g.ints([2, 3]), g.ints([2, 2])]);
  const shortcut = g.op("Pad", [half, g.ints([0, 2, 0, 0, 0, 2, 0, 0])]);
  const first = g.relu(g.conv(x, 4, 8, [3, 3], { pads: [1, 1, 1, 1], strides: [2, 2] }));
  const second = g.conv(first, 8, 8, [3, 3], { pads: [1, 1, 1, 1] });
  await assertSame(finish(g, g.relu(g.op("Add", [second, shortcut])), 8));
});

test("Split: as attribute, as input, and evenly", async () => {
  for (const [opset, sizes] of [
    [11, [1, 3]],
    [13, [1, 3]],
    [13, null],
    [18, null],
  ] as const) {
    const g = new OnnxBuilder({ opset });
    const inputs = [hidden(g), ...(sizes && opset >= 13 ? [g.ints(sizes)] : [])];
    const attributes = {
      axis: 1,
      ...(sizes && opset < 13 && { split: [...sizes] }),
      ...(opset >= 18 && { num_outputs: 2 }),
    };
    g.op("Split", inputs, attributes, { outputs: ["left", "right"] });
    const left = sizes ? 1 : 2;
    const joined = g.op("Concat", [g.relu(g.conv("left", left, 2, [1, 1])), "right"], { axis: 1 });
    await assertSame(finish(g, joined, 6 - left));
  }
});

test("Gather of channels by a list, and of one channel by a number", async () => {
  const g = new OnnxBuilder();
  await assertSame(finish(g, g.op("Gather", [hidden(g), g.ints([3, 0, 0, -2])], { axis: 1 }), 4));
  const h = new OnnxBuilder();
  const index = h.op("Constant", [], { value_int: 2 });
  const one = h.op("Gather", [hidden(h), index], { axis: 1 });
  h.output(h.op("Gemm", [h.op("Reshape", [one, h.ints([1, 42])]), h.random([42, 3])]));
  await assertSame(h);
});

test("reversed channels of the input (RGB to BGR inside the graph)", async () => {
  const g = new OnnxBuilder({ input: [1, 3, 6, 6] });
  g.output(g.conv(g.op("Gather", [g.input, g.ints([2, 1, 0])], { axis: 1 }), 3, 4, [3, 3], { pads: [1, 1, 1, 1] }));
  await assertSame(g);
});

test("Concat over rows, over columns, and of flattened maps", async () => {
  for (const axis of [2, 3]) {
    const g = new OnnxBuilder();
    await assertSame(finish(g, g.op("Concat", [hidden(g), hidden(g)], { axis }), 4));
  }
  const g = new OnnxBuilder();
  const small = g.op("MaxPool", [hidden(g, 3)], { kernel_shape: [3, 3], strides: [2, 2] });
  const mean = g.op("GlobalAveragePool", [hidden(g, 5)]);
  const flat = g.op("Concat", [g.op("Flatten", [small]), g.op("Flatten", [mean])], { axis: 1 });
  g.output(g.op("Gemm", [flat, g.random([23, 4])]));
  await assertSame(g);
});

test("Concat with constants: before, between and behind, along every axis, of flattened maps, and at an output", async () => {
  for (const [axis, dims] of [
    [1, [1, 2, 6, 6]],
    [2, [1, 3, 1, 6]],
    [3, [1, 3, 6, 2]],
  ] as const) {
    const g = new OnnxBuilder({ input: [1, 3, 6, 6] });
    const x = g.relu(g.conv(g.input, 3, 3, [1, 1]));
    const constant = g.random([...dims]);
    const joined = g.op("Concat", [constant, x, g.random([...dims]), x, constant], { axis });
    await assertSame(finish(g, joined, axis === 1 ? 12 : 3));
  }
  const flattened = new OnnxBuilder({ input: [1, 3, 4, 4] });
  const flat = flattened.op("Flatten", [flattened.relu(flattened.conv(flattened.input, 3, 2, [1, 1]))]);
  const joined = flattened.op("Concat", [flat, flattened.random([1, 5])], { axis: 1 });
  flattened.output(flattened.op("Gemm", [joined, flattened.random([37, 4])]));
  await assertSame(flattened);
  const ending = new OnnxBuilder({ input: [1, 3, 4, 4] });
  const last = ending.conv(ending.input, 3, 2, [3, 3]);
  ending.output(ending.op("Concat", [last, ending.random([1, 1, 2, 2])], { axis: 1 }));
  await assertSame(ending);
});

test("joined tensors are added to others that were not joined", async () => {
  const g = new OnnxBuilder();
  const x = hidden(g);
  const branch = g.conv(x, 4, 8, [3, 3], { pads: [1, 1, 1, 1] });
  const whole = g.relu(g.op("Add", [g.op("Concat", [x, x], { axis: 1 }), branch]));
  const tall = g.op("Concat", [x, hidden(g)], { axis: 2 });
  const summed = g.relu(g.op("Add", [tall, g.conv(tall, 4, 4, [3, 3], { pads: [1, 1, 1, 1] })]));
  g.output(g.conv(whole, 8, 2, [1, 1]), g.conv(summed, 4, 2, [1, 1]));
  await assertSame(g);
});

test("zeros joined to a shortcut are channels that are padded", async () => {
  const g = new OnnxBuilder({ input: [1, 3, 6, 6] });
  const x = g.relu(g.conv(g.input, 3, 4, [3, 3], { pads: [1, 1, 1, 1] }));
  const shortcut = g.op("Concat", [x, g.floats([1, 4, 6, 6], new Float32Array(144))], { axis: 1 });
  const branch = g.conv(x, 4, 8, [3, 3], { pads: [1, 1, 1, 1] });
  const pooled = g.op("MaxPool", [g.relu(g.op("Add", [shortcut, branch]))], { kernel_shape: [2, 2], strides: [2, 2] });
  await assertSame(finish(g, pooled, 8));
});

test("Concat of unequal depth: synchronous populations on the shorter branch", async () => {
  const g = new OnnxBuilder();
  const x = hidden(g);
  const deep = g.relu(g.conv(g.relu(g.conv(x, 4, 3, [1, 1])), 3, 3, [3, 3], { pads: [1, 1, 1, 1] }));
  const network = await assertSame(finish(g, g.op("Concat", [x, deep], { axis: 1 }), 7));
  assert.equal(network.populations.filter((p) => p.kind === "synchronous").length, 2);
});

test("one chain of synchronous populations serves every shortcut from a population", async () => {
  const g = new OnnxBuilder();
  const x = hidden(g);
  const one = g.relu(g.op("Add", [g.conv(g.relu(g.conv(x, 4, 4, [1, 1])), 4, 4, [1, 1]), x]));
  const two = g.relu(g.op("Add", [g.conv(g.relu(g.conv(one, 4, 4, [1, 1])), 4, 4, [1, 1]), x]));
  const network = await assertSame(finish(g, two, 4));
  assert.equal(network.populations.filter((p) => p.name.startsWith(`${x}@`)).length, 3);
});

test("the input joined with something deeper passes a population of its own", async () => {
  for (const op of ["Concat", "Add"]) {
    const g = new OnnxBuilder();
    const deep = g.relu(g.conv(hidden(g), 4, 2, [3, 3], { pads: [1, 1, 1, 1] }));
    const joined = op === "Add" ? g.op("Add", [g.input, deep]) : g.op("Concat", [g.input, deep], { axis: 1 });
    await assertSame(finish(g, joined, op === "Add" ? 2 : 4));
  }
});

test("Flatten, Reshape, Squeeze and Unsqueeze before a dense layer", async () => {
  const shapes: Record<string, (g: OnnxBuilder, x: string) => string> = {
    Flatten: (g, x) => g.op("Flatten", [x]),
    "Flatten with a negative axis": (g, x) => g.op("Flatten", [x], { axis: -3 }),
    Reshape: (g, x) => g.op("Reshape", [x, g.ints([0, -1])]),
    "Reshape twice": (g, x) => g.op("Reshape", [g.op("Reshape", [x, g.ints([1, 2, 2, 42])]), g.ints([1, 168])]),
  };
  for (const make of Object.values(shapes)) {
    const g = new OnnxBuilder();
    g.output(g.op("Gemm", [make(g, hidden(g)), g.random([168, 5]), g.random([5])]));
    await assertSame(g);
  }
  for (const opset of [11, 13]) {
    const g = new OnnxBuilder({ opset });
    const mean = g.op("GlobalAveragePool", [hidden(g)]);
    const axes = opset === 11 ? { axes: [2, 3] } : {};
    const squeezed = g.op("Squeeze", opset === 11 ? [mean] : [mean, g.ints([2, 3])], axes);
    const back = g.op("Unsqueeze", opset === 11 ? [squeezed] : [squeezed, g.ints([2, 3])], axes);
    g.output(g.conv(back, 4, 3, [1, 1]));
    await assertSame(g);
  }
});

test("Transpose to channels last and back, and flattening in either order", async () => {
  const g = new OnnxBuilder();
  const last = g.op("Transpose", [hidden(g)], { perm: [0, 2, 3, 1] });
  const scaled = g.op("Mul", [last, g.random([4])]);
  const first = g.op("Transpose", [scaled], { perm: [0, 3, 1, 2] });
  const more = g.relu(g.conv(first, 4, 3, [3, 3]));
  const flat = g.op("Reshape", [g.op("Transpose", [more], { perm: [0, 2, 3, 1] }), g.ints([1, -1])]);
  g.output(g.op("MatMul", [flat, g.random([60, 5])]));
  await assertSame(g);
});

test("Transpose that exchanges rows and columns before a convolution", async () => {
  const g = new OnnxBuilder();
  const turned = g.op("Transpose", [hidden(g)], { perm: [0, 1, 3, 2] });
  g.output(g.conv(turned, 4, 3, [3, 2], { pads: [1, 0, 1, 1], strides: [1, 2] }));
  await assertSame(g);
});

test("an input with channels last", async () => {
  const g = new OnnxBuilder({ input: [1, 7, 6, 3] });
  const first = g.op("Transpose", [g.input], { perm: [0, 3, 1, 2] });
  g.output(g.conv(first, 3, 4, [3, 3], { pads: [1, 1, 1, 1] }));
  const { populations } = await assertSame(g);
  assert.deepEqual([populations[0].height, populations[0].width, populations[0].channels], [7, 6, 3]);
});

test("shuffled channels (ShuffleNet): Reshape, Transpose, Reshape", async () => {
  for (const group of [1, 2, 4]) {
    const g = new OnnxBuilder();
    const apart = g.op("Reshape", [hidden(g), g.ints([1, 2, 2, 7, 6])]);
    const turned = g.op("Transpose", [apart], { perm: [0, 2, 1, 3, 4] });
    const shuffled = g.op("Reshape", [turned, g.ints([1, 4, 7, 6])]);
    const next = g.relu(g.conv(shuffled, 4, 4, [3, 3], { group, pads: [1, 1, 1, 1] }));
    await assertSame(finish(g, g.op("Add", [next, shuffled]), 4));
  }
});

test("sub-positions made channels (space to depth), by Slice and Concat and by Reshape and Transpose", async () => {
  const g = new OnnxBuilder({ input: [1, 2, 6, 8] });
  const quarter = (y: number, x: number) =>
    g.op("Slice", [hidden4, g.ints([y, x]), g.ints([6, 8]), g.ints([2, 3]), g.ints([2, 2])]);
  const hidden4 = hidden(g);
  const parts = [quarter(0, 0), quarter(1, 0), quarter(0, 1), quarter(1, 1)];
  await assertSame(finish(g, g.op("Concat", parts, { axis: 1 }), 16));

  const h = new OnnxBuilder({ input: [1, 2, 6, 8] });
  const apart = h.op("Reshape", [hidden(h), h.ints([1, 4, 3, 2, 4, 2])]);
  const turned = h.op("Transpose", [apart], { perm: [0, 1, 3, 5, 2, 4] });
  await assertSame(finish(h, h.op("Reshape", [turned, h.ints([1, 16, 3, 4])]), 16));
});

test("Identity, Dropout (with a ratio as attribute and as input) and Cast to float", async () => {
  const g = new OnnxBuilder();
  const a = g.op("Identity", [hidden(g)]);
  const b = g.op("Dropout", [a, g.floats([], [0.5])]);
  const c = g.op("Cast", [b], { to: 1 });
  await assertSame(finish(g, c, 4));
  const h = new OnnxBuilder({ opset: 7 });
  await assertSame(finish(h, h.op("Dropout", [hidden(h)], { ratio: { float: 0.5 } }), 4));
});

test("shape arithmetic left in the graph", async () => {
  const g = new OnnxBuilder({ input: ["N", 2, "H", "W"] });
  const x = hidden(g);
  const batch = g.op("Gather", [g.op("Shape", [x]), g.op("Constant", [], { value_ints: [0] })]);
  const target = g.op("Concat", [batch, g.ints([-1])], { axis: 0 });
  const flat = g.op("Reshape", [x, target]);
  const zeros = g.op("ConstantOfShape", [g.op("Shape", [flat])], {
    value: { dims: [1], dataType: 1, floatData: [0.25] },
  });
  g.output(g.op("Gemm", [g.op("Add", [flat, zeros]), g.random([80, 3])]));
  await assertSame(g, undefined, { inputShape: [1, 2, 5, 4] });
});

test("one row of the input, or of a dilated convolution, again and again", async () => {
  const g = new OnnxBuilder({ input: [1, 4, 1, 5] });
  const rows = g.op("Gather", [g.input, g.ints([0, 0, 0])], { axis: 2 });
  const dilated = { dilations: [2, 1], strides: [3, 1] };
  const x = g.op("Conv", [g.relu(g.conv(g.input, 4, 3, [1, 2])), g.random([2, 3, 1, 2])], dilated);
  g.output(rows, g.op("Tile", [x, g.ints([1, 1, 4, 1])]));
  await assertSame(g);
});

test("Gather of rows again and again, whose steps multiply", async () => {
  const g = new OnnxBuilder();
  let x = hidden(g);
  for (let k = 0; k < 40; k++) x = g.op("Gather", [x, g.ints([3, 5, 1, 0, 4, 4])], { axis: 2 });
  g.output(x);
  await assertWithinBound(g.encode(), SIGNED_RANGE, { inputShape: [1, 2, 7, 6] });
});

test("Concat of one tensor, at an output and inside, whatever its axes", async () => {
  const g = new OnnxBuilder({ input: [1, 2, 7, 6] });
  const flat = g.op("Reshape", [g.conv(g.input, 2, 3, [3, 3]), g.ints([1, 3, -1])]);
  const turned = g.op("Transpose", [g.op("Concat", [flat], { axis: 2 })], { perm: [0, 2, 1] });
  g.output(g.op("Concat", [flat], { axis: 2 }), g.op("Concat", [turned], { axis: 0 }));
  await assertSame(g);
  const h = new OnnxBuilder();
  await assertSame(finish(h, h.op("Concat", [hidden(h)], { axis: 1 }), 4));
});

test("what follows a refused reshape is not judged", async () => {
  const g = new OnnxBuilder({ input: [1, 2, 40, 40] });
  const turned = g.op("Transpose", [g.relu(g.conv(g.input, 2, 2, [1, 1]))], { perm: [0, 3, 1, 2] });
  g.output(g.batchNorm(g.op("Reshape", [turned, g.ints([1, 16, 5, 40])], {}, { name: "split" }), 16));
  const message = await refusal(g);
  assert.match(message, /one thing is not supported:\s+Reshape 'split': mixes 40×40 positions/);
});

test.run();
