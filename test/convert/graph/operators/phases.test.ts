import assert from "node:assert/strict";
import { test } from "uvu";
import { assertSame } from "../../../support/convert/compare.ts";
import { type Attribute, OnnxBuilder } from "../../../support/convert/onnx-builder.ts";

/** Activations [1, 4, 5, 4]. */
const active = (g: OnnxBuilder, channels = 4) => g.relu(g.conv(g.input, 2, channels, [3, 3]));

const transposed: Record<string, Record<string, Attribute>> = {
  "of stride 2": { kernel_shape: [2, 2], strides: [2, 2] },
  "of stride 2 with overlap": { kernel_shape: [4, 4], strides: [2, 2], pads: [1, 1, 1, 1] },
  "of stride 2 with output padding": {
    kernel_shape: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    output_padding: [1, 1],
  },
  "of an odd size": { kernel_shape: [3, 3], strides: [2, 2] },
  "of stride 1": { kernel_shape: [3, 2], pads: [1, 0, 0, 1] },
  "of unlike strides": { kernel_shape: [3, 5], strides: [3, 2], pads: [0, 2, 0, 1], output_padding: [0, 0] },
  "with gaps": { kernel_shape: [1, 1], strides: [2, 3], output_padding: [1, 2] },
  dilated: { kernel_shape: [3, 3], strides: [2, 2], dilations: [2, 1], pads: [1, 1, 2, 0] },
  "in groups": { kernel_shape: [2, 2], strides: [2, 2], group: 2 },
  depthwise: { kernel_shape: [4, 4], strides: [2, 2], pads: [1, 1, 1, 1], group: 4 },
  "with auto_pad SAME_UPPER": { kernel_shape: [3, 3], strides: [2, 2], auto_pad: "SAME_UPPER" },
  "with auto_pad SAME_LOWER": { kernel_shape: [3, 3], strides: [2, 2], auto_pad: "SAME_LOWER" },
  "with a stated shape": { kernel_shape: [3, 3], strides: [2, 2], output_shape: [10, 8] },
};

for (const [name, set] of Object.entries(transposed)) {
  test(`ConvTranspose ${name}`, async () => {
    const groups = (set.group as number | undefined) ?? 1;
    const g = new OnnxBuilder();
    const each = groups === 4 ? 2 : 3;
    const outputs = each * groups;
    const weight = g.random([4, each, ...(set.kernel_shape as number[])]);
    const y = g.op("ConvTranspose", [active(g), weight, g.random([outputs])], set);
    g.output(y, g.conv(g.relu(y), outputs, 2, [3, 3], { pads: [1, 1, 1, 1] }));
    await assertSame(g);
  });
}

test("ConvTranspose of the input, and along one axis", async () => {
  const g = new OnnxBuilder();
  g.output(g.op("ConvTranspose", [g.input, g.random([2, 3, 2, 2])], { strides: [2, 2] }));
  await assertSame(g);
  const h = new OnnxBuilder({ input: [1, 2, 9] });
  const y = h.op("ConvTranspose", [h.relu(h.conv(h.input, 2, 3, [2])), h.random([3, 4, 4])], {
    strides: [2],
    pads: [1, 1],
  });
  h.output(h.conv(h.relu(y), 4, 2, [3]));
  await assertSame(h);
});

const convolutions: Record<string, Record<string, Attribute>> = {
  "3×3": { pads: [1, 1, 1, 1] },
  "3×3 without padding": {},
  "of stride 2": { strides: [2, 2], pads: [1, 1, 0, 0] },
  "of stride 3": { strides: [3, 3], pads: [1, 1, 1, 1] },
  dilated: { dilations: [2, 3], pads: [2, 3, 2, 3] },
  depthwise: { group: 4, pads: [1, 1, 1, 1] },
};

for (const [name, set] of Object.entries(convolutions)) {
  test(`convolution ${name} of an upsampled map, and one after it`, async () => {
    for (const mode of ["nearest", "linear"]) {
      const g = new OnnxBuilder();
      const up = g.op("Resize", [active(g), "", g.floats([4], [1, 1, 2, 3])], { mode });
      const y = g.relu(g.conv(up, 4, 4, [3, 3], set));
      g.output(g.conv(y, 4, 2, [3, 3], { pads: [1, 1, 1, 1] }));
      await assertSame(g);
    }
  });
}

test("a large map is upsampled, convolved and pooled again, through phases alone", async () => {
  const g = new OnnxBuilder({ input: [1, 1, 40, 36] });
  const x = g.relu(g.conv(g.input, 1, 2, [3, 3], { pads: [1, 1, 1, 1] }));
  const up = g.op("Resize", [x, "", g.floats([4], [1, 1, 2, 2])]);
  const y = g.relu(g.conv(up, 2, 2, [3, 3], { pads: [1, 1, 1, 1] }));
  const down = g.relu(g.conv(y, 2, 3, [2, 2], { strides: [2, 2] }));
  g.output(g.op("Conv", [g.op("GlobalAveragePool", [down]), g.random([2, 3, 1, 1])]));
  const network = await assertSame(g);
  assert.ok(network.populations.every(({ height }) => height <= 40));
});

test("U-Net: skips are added to and joined with what was upsampled, twice", async () => {
  for (const up of [
    (g: OnnxBuilder, x: string) => g.op("Resize", [x, "", g.floats([4], [1, 1, 2, 2])]),
    (g: OnnxBuilder, x: string) =>
      g.op("ConvTranspose", [x, g.random([4, 4, 2, 2]), g.random([4])], { strides: [2, 2] }),
  ]) {
    const g = new OnnxBuilder({ input: [1, 2, 12, 8] });
    const same = { pads: [1, 1, 1, 1] };
    const one = g.relu(g.conv(g.input, 2, 4, [3, 3], same));
    const two = g.relu(g.conv(g.op("MaxPool", [one], { kernel_shape: [2, 2], strides: [2, 2] }), 4, 4, [3, 3], same));
    const three = g.relu(g.conv(g.op("MaxPool", [two], { kernel_shape: [2, 2], strides: [2, 2] }), 4, 4, [3, 3], same));
    const back = g.relu(g.conv(g.op("Concat", [up(g, three), two], { axis: 1 }), 8, 4, [3, 3], same));
    const last = g.relu(g.conv(g.op("Add", [one, up(g, back)]), 4, 4, [3, 3], same));
    g.output(g.conv(last, 4, 2, [1, 1]));
    await assertSame(g);
  }
});

test.run();
