import assert from "node:assert/strict";
import { test } from "uvu";
import { ByteProduct, multipliesExactly } from "../../../convert/calibrate/byte-product.ts";
import { integrate } from "../../../convert/calibrate/integrate.ts";
import type { LevelMaps } from "../../../convert/calibrate/levels.ts";
import { scatter } from "../../../convert/calibrate/scatter.ts";
import { runtime } from "../../../convert/onnx/runtime.ts";
import type { Pool, Projection } from "../../../convert/wiring.ts";
import { randomInts } from "../../support/random.ts";

/** The sum of docs/format.md, *Projections*, written out. */
function plainSums(
  q: Projection,
  weight: ArrayLike<number>,
  source: LevelMaps,
  target: { height: number; width: number; channels: number },
): Float64Array {
  const into = new Float64Array(source.images * target.height * target.width * target.channels);
  const inputs = q.sourceChannels[1] / q.groups;
  const level = (n: number, y: number, x: number, c: number) => {
    if (y < 0 || x < 0 || y >= source.height || x >= source.width) return null;
    return source.levels[((n * source.height + y) * source.width + x) * source.channels + c];
  };
  const pooled = (n: number, y: number, x: number, c: number): number => {
    if (!q.pool) return level(n, y, x, c) ?? source.zeroPoint?.[c] ?? 0;
    const { kind, size, kernel, stride, dilation, offset } = q.pool;
    if (y < 0 || x < 0 || y >= size[0] || x >= size[1]) return 0;
    const taps: number[] = [0];
    for (let ky = 0; ky < kernel[0]; ky++) {
      for (let kx = 0; kx < kernel[1]; kx++) {
        const tap = level(
          n,
          y * stride[0] + ky * dilation[0] - offset[0],
          x * stride[1] + kx * dilation[1] - offset[1],
          c,
        );
        if (tap !== null) taps.push(tap);
      }
    }
    return kind === "max" ? Math.max(...taps) : taps.reduce((a, b) => a + b);
  };
  for (let n = 0; n < source.images; n++) {
    for (let y = 0; y < q.region[2]; y++) {
      for (let x = 0; x < q.region[3]; x++) {
        for (let o = 0; o < q.targetChannels[1]; o++) {
          const group = Math.floor(o / (q.targetChannels[1] / q.groups));
          let sum = 0;
          for (let ky = 0; ky < q.kernel[0]; ky++) {
            for (let kx = 0; kx < q.kernel[1]; kx++) {
              for (let i = 0; i < inputs; i++) {
                const w = weight[((o * q.kernel[0] + ky) * q.kernel[1] + kx) * inputs + i];
                const sy = y * q.stride[0] + ky * q.dilation[0] - q.offset[0];
                const sx = x * q.stride[1] + kx * q.dilation[1] - q.offset[1];
                sum += w * pooled(n, sy, sx, q.sourceChannels[0] + group * inputs + i);
              }
            }
          }
          const row = (n * target.height + q.region[0] + y) * target.width + q.region[1] + x;
          into[row * target.channels + q.targetChannels[0] + o] += sum;
        }
      }
    }
  }
  return into;
}

const pool: Pool = { kind: "max", size: [4, 4], kernel: [3, 2], stride: [2, 2], dilation: [1, 1], offset: [1, 0] };
const base: Projection = {
  source: 0,
  target: 1,
  sourceChannels: [0, 4],
  targetChannels: [0, 6],
  region: [0, 0, 7, 8],
  pool: null,
  kernel: [3, 3],
  stride: [1, 1],
  dilation: [1, 1],
  offset: [1, 1],
  groups: 1,
};
const cases: Record<string, Projection> = {
  "a padded convolution": base,
  "strides and dilations": { ...base, stride: [2, 1], dilation: [1, 2], offset: [0, 2], region: [1, 0, 3, 8] },
  "groups over a range of channels": { ...base, sourceChannels: [2, 2], targetChannels: [2, 4], groups: 2 },
  "a crop (negative offsets)": { ...base, kernel: [2, 2], offset: [-2, -1], region: [0, 1, 4, 5] },
  "max pooling first": { ...base, pool, region: [2, 2, 4, 4] },
  "sum pooling first": { ...base, pool: { ...pool, kind: "sum" }, region: [2, 2, 4, 4] },
};

for (const [name, projection] of Object.entries(cases)) {
  test(`integrates ${name} as the format defines it`, async () => {
    const target = { height: 7, width: 8, channels: 6 };
    const source: LevelMaps = {
      images: 3,
      height: 7,
      width: 8,
      channels: 4,
      levels: Uint8Array.from(randomInts(1, 3 * 7 * 8 * 4, 0, 127)),
      zeroPoint: projection.pool ? null : Uint8Array.from([3, 0, 255, 9]),
    };
    const size =
      (projection.targetChannels[1] * projection.kernel[0] * projection.kernel[1] * projection.sourceChannels[1]) /
      projection.groups;
    const weight = Int8Array.from(randomInts(2, size, -128, 127));
    const expected = plainSums(projection, weight, source, target);
    // In integers, and in single precision.
    for (const own of [weight, Int16Array.from(weight)]) {
      const sums = new Float32Array(3 * 7 * 8 * 6);
      await integrate({ projection, weight: own, source, target }, sums);
      assert.deepEqual([...sums], [...expected], own.constructor.name);
    }
    const beside = { ...source, zeroPoint: null };
    const scattered = new Float32Array(3 * 7 * 8 * 6);
    scatter({ projection, weight, source: beside, target }, scattered, [0, 3]);
    assert.deepEqual([...scattered], [...plainSums(projection, weight, beside, target)], "value by value");
    const last = new Float32Array(2 * 7 * 8 * 6);
    await integrate({ projection, weight, source, target }, last, [1, 2]);
    assert.deepEqual([...last], [...expected.subarray(7 * 8 * 6)], "of some images");
  });
}

test("what repeats a value over a large map takes no more than the map", async () => {
  const size = 400;
  const projection = { ...base, sourceChannels: [0, 2], targetChannels: [0, 2], groups: 2 } as const;
  const repeated: Projection = {
    ...projection,
    region: [0, 0, size, size],
    kernel: [size, size],
    offset: [size - 1, size - 1],
  };
  const weight = new Int8Array(2 * size * size).fill(3, size * size).fill(2, 0, size * size);
  const source = { images: 2, height: 1, width: 1, channels: 2, levels: Uint8Array.of(5, 7, 11, 13), zeroPoint: null };
  const sums = new Float32Array(2 * size * size * 2);
  const { user } = process.cpuUsage();
  await integrate({ projection: repeated, weight, source, target: { height: size, width: size, channels: 2 } }, sums);
  assert.ok(process.cpuUsage().user - user < 3e6);
  for (const [n, expected] of [
    [10, 21],
    [22, 39],
  ].entries()) {
    const own = sums.subarray(n * size * size * 2, (n + 1) * size * size * 2);
    assert.ok(own.every((value, at) => value === expected[at % 2]));
  }
});

test("bytes of any size are multiplied without saturating", async () => {
  assert.equal(await multipliesExactly(), true);
  for (const [inner, outputs, rows] of [
    [1, 1, 1],
    [3, 17, 5],
    [64, 4, 9],
    [129, 33, 2],
    [1000, 8, 4],
  ]) {
    const weight = Int8Array.from(randomInts(inner, inner * outputs, 0, 3), (k) => [-128, -127, 127, 1][k]);
    const levels = Uint8Array.from(randomInts(outputs, inner * rows, 0, 3), (k) => [0, 255, 254, 127][k]);
    const product = await ByteProduct.open(weight, outputs);
    const found = await product.of(levels);
    await product.close();
    const expected = Array.from({ length: rows * outputs }, (_, at) => {
      let sum = 0;
      for (let k = 0; k < inner; k++) {
        sum += levels[Math.floor(at / outputs) * inner + k] * weight[(at % outputs) * inner + k];
      }
      return sum;
    });
    assert.deepEqual([...found], expected);
  }
});

test("a build that has no products of bytes is not asked for them", async () => {
  const { InferenceSession } = await runtime();
  const { create } = InferenceSession;
  const anew: typeof import("../../../convert/calibrate/byte-product.ts") = await import(
    `${new URL("../../../convert/calibrate/byte-product.ts", import.meta.url).href}?anew`
  );
  try {
    InferenceSession.create = async () => {
      throw new Error("Could not find an implementation for MatMulInteger");
    };
    assert.equal(await anew.multipliesExactly(), false);
  } finally {
    InferenceSession.create = create;
  }
});

test.run();
