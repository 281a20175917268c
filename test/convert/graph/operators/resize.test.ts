import { test } from "uvu";
import { assertSame } from "../../../support/convert/compare.ts";
import { type Attribute, OnnxBuilder } from "../../../support/convert/onnx-builder.ts";

/** Activations [1, 3, 5, 4]. */
const active = (g: OnnxBuilder) => g.relu(g.conv(g.input, 2, 3, [3, 3]));

/** A graph that gives a resized map at an output and to a convolution. */
async function resized(
  opset: number,
  op: string,
  operands: (g: OnnxBuilder) => string[],
  attributes: Record<string, Attribute> = {},
): Promise<void> {
  const g = new OnnxBuilder({ opset });
  const y = g.op(op, [active(g), ...operands(g)], attributes);
  g.output(y, g.conv(y, 3, 2, [2, 2], { pads: [1, 0, 0, 1] }));
  await assertSame(g);
}

const scales =
  (...list: number[]) =>
  (g: OnnxBuilder) => ["", g.floats([list.length], list)];
const sizes =
  (...list: number[]) =>
  (g: OnnxBuilder) => ["", "", g.ints(list)];

for (const mode of ["nearest", "linear"]) {
  for (const coordinate_transformation_mode of ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"]) {
    for (const factors of [
      [1, 1, 2, 2],
      [1, 1, 3, 1],
      [1, 1, 0.5, 0.5],
      [1, 1, 1.6, 1.5],
      [1, 1, 2, 0.5],
    ]) {
      test(`Resize, ${mode}, ${coordinate_transformation_mode}, scales ${factors}`, async () => {
        await resized(13, "Resize", scales(...factors), { mode, coordinate_transformation_mode });
      });
    }
  }
}

for (const nearest_mode of ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"]) {
  for (const to of [
    [10, 8],
    [3, 2],
    [1, 1],
    [15, 4],
    [4, 5],
  ]) {
    test(`Resize, nearest by ${nearest_mode}, to ${to}`, async () => {
      await resized(13, "Resize", sizes(1, 3, ...to), { nearest_mode });
    });
  }
}

test("Resize of operator set 10 and 18, and along channels", async () => {
  await resized(10, "Resize", (g) => [g.floats([4], [1, 1, 2, 2])]);
  await resized(10, "Resize", (g) => [g.floats([4], [1, 1, 0.5, 0.5])]);
  await resized(18, "Resize", (g) => ["", g.floats([2], [2, 2])], { axes: [2, 3], mode: "linear" });
  const g = new OnnxBuilder({ opset: 13 });
  g.output(g.op("Resize", [active(g), "", g.floats([4], [1, 2, 1, 1])]));
  await assertSame(g);
});

for (const mode of ["nearest", "linear"]) {
  test(`Upsample, ${mode}, scales as attribute and as input`, async () => {
    await resized(9, "Upsample", (g) => [g.floats([4], [1, 1, 2, 3])], { mode });
    const g = new OnnxBuilder({ opset: 7 });
    const y = g.op("Upsample", [active(g)], { mode });
    g.graph.node!.at(-1)!.attribute!.push({ name: "scales", type: 6, floats: [1, 1, 2, 2] });
    g.output(g.conv(y, 3, 2, [1, 1]));
    await assertSame(g);
  });
}

test("Resize that changes the shape and not the number of elements", async () => {
  const g = new OnnxBuilder({ opset: 13, input: ["N", 2, 8, 6] });
  const y = g.op("Resize", [g.relu(g.conv(g.input, 2, 3, [3, 3])), "", "", g.ints([1, 3, 3, 8])]);
  g.output(g.conv(y, 3, 2, [1, 1]));
  await assertSame(g);
});

test("DepthToSpace and SpaceToDepth, at outputs and inside", async () => {
  for (const mode of ["DCR", "CRD"]) {
    const g = new OnnxBuilder({ opset: 13, input: ["N", 2, 5, 4] });
    const x = g.relu(g.conv(g.input, 2, 12, [2, 1]));
    const y = g.op("DepthToSpace", [x], { blocksize: 2, mode });
    const z = g.op("SpaceToDepth", [g.relu(g.conv(y, 3, 2, [3, 3], { pads: [1, 1, 1, 1] }))], { blocksize: 2 });
    g.output(y, g.conv(z, 8, 2, [1, 1]), g.op("DepthToSpace", [x], { blocksize: 2 }));
    await assertSame(g);
  }
});

test("Tile and Expand along space and channels", async () => {
  for (const repeats of [
    [1, 1, 2, 2],
    [1, 2, 1, 3],
  ]) {
    const g = new OnnxBuilder({ opset: 13 });
    const y = g.op("Tile", [active(g), g.ints(repeats)]);
    g.output(y, g.conv(y, 3 * repeats[1], 2, [2, 2]));
    await assertSame(g);
  }
  const g = new OnnxBuilder({ opset: 13 });
  const pooled = g.op("GlobalAveragePool", [active(g)]);
  const spread = g.op("Expand", [pooled, g.ints([1, 3, 4, 6])]);
  const first = g.op("Expand", [
    g.op("Slice", [active(g), g.ints([0]), g.ints([1]), g.ints([1])]),
    g.ints([1, 5, 5, 4]),
  ]);
  g.output(spread, g.conv(spread, 3, 2, [3, 3], { pads: [1, 1, 1, 1] }), g.conv(first, 5, 2, [1, 1]));
  await assertSame(g);
});

test("a pooled map is added to, subtracted from and joined with the map that it was pooled from", async () => {
  const g = new OnnxBuilder({ opset: 13 });
  const x = active(g);
  const mean = g.op("GlobalAveragePool", [x]);
  const rows = g.op("ReduceMean", [x], { axes: [3], keepdims: 1 });
  const sum = g.op("Add", [x, mean]);
  const less = g.op("Sub", [rows, x]);
  const joined = g.op("Concat", [x, g.op("Expand", [mean, g.ints([1, 3, 5, 4])])], { axis: 1 });
  g.output(g.conv(sum, 3, 2, [3, 3]), g.conv(less, 3, 2, [1, 1]), g.conv(joined, 6, 2, [1, 1]));
  await assertSame(g);
});

test("what is broadcast against a constant that is larger", async () => {
  for (const op of ["Add", "Mul", "Sub"]) {
    for (const dims of [[1, 3, 5, 4], [5, 1], [2, 1, 3, 1, 1].slice(1)]) {
      const g = new OnnxBuilder({ opset: 13 });
      const mean = g.op("GlobalAveragePool", [active(g)]);
      const y = g.op(op, [mean, g.random(dims)]);
      g.output(y, g.conv(y, 3, 2, [1, 1]));
      await assertSame(g);
    }
  }
});

test.run();
