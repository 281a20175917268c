/** Arrays and images become inputs of a network, or are refused by name. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import { encodeValues, type ModelInput } from "../../../../convert/index.ts";
import { readArray } from "../../../../hosts/node/data/array.ts";
import { type Item, itemsOf, itemsOfFile, shareOutside } from "../../../../hosts/node/data/inputs.ts";
import { assertContains } from "../../../support/contains.ts";
import { encodeFloats, encodeNpy } from "../../../support/files/npy.ts";
import { encodePng } from "../../../support/files/png.ts";
import { inputRefusal } from "../../../support/hosts/input-refusal.ts";

const folder = mkdtempSync(join(tmpdir(), "bsnn-"));
let files = 0;

function file(bytes: Uint8Array | string, extension = "npy"): string {
  const path = join(folder, `${files++}.${extension}`);
  writeFileSync(path, bytes);
  return path;
}

/** Real values 0…255, so that samples are the values. */
const REAL = { range: [0, 255], signed: false } as const;
const map = (height: number, width: number, channels: number): ModelInput => ({ height, width, channels, real: REAL });

async function samplesOf(items: readonly Item[]): Promise<number[][]> {
  return Promise.all(items.map(async (item) => [...(await item.read())]));
}

/** Samples of every entry of an array of 0, 1, 2, … */
async function read(shape: readonly number[], input: ModelInput): Promise<number[][]> {
  const size = shape.reduce((product, n) => product * n, 1);
  const counting = Float32Array.from({ length: size }, (_, k) => k);
  return samplesOf(itemsOf(await readArray(file(encodeFloats(shape, counting))), "model", input));
}

const test = suite("arrays of inputs");
test.after(() => rmSync(folder, { recursive: true }));

test("channels come first or last, told by the shape", async () => {
  const first = [
    [0, 6, 1, 7, 2, 8, 3, 9, 4, 10, 5, 11],
    [12, 18, 13, 19, 14, 20, 15, 21, 16, 22, 17, 23],
  ];
  assert.deepEqual(await read([2, 2, 3, 2], map(3, 2, 2)), first);
  const last = [Array.from({ length: 12 }, (_, k) => k), Array.from({ length: 12 }, (_, k) => 12 + k)];
  assert.deepEqual(await read([2, 2, 3, 2], map(2, 3, 2)), last, "N×H×W×C");
  assert.deepEqual((await read([1, 2, 2, 2], map(2, 2, 2)))[0], [0, 4, 1, 5, 2, 6, 3, 7], "where both fit, first");
});

test("axes of size 1 may be put in or left out, that of the entries too", async () => {
  const expected = [
    [0, 4, 1, 5, 2, 6, 3, 7],
    [8, 12, 9, 13, 10, 14, 11, 15],
  ];
  for (const shape of [
    [2, 2, 4],
    [2, 2, 1, 4],
    [2, 1, 2, 4],
    [2, 1, 2, 1, 4],
  ]) {
    assert.deepEqual(await read(shape, map(1, 4, 2)), expected, shape.join("×"));
  }
  assert.deepEqual(await read([2, 4], map(1, 4, 2)), expected.slice(0, 1));
  assert.deepEqual(await read([3], map(1, 1, 3)), [[0, 1, 2]]);
  assert.deepEqual(await read([3], map(1, 1, 1)), [[0], [1], [2]]);
});

test("another shape is refused with those that fit", async () => {
  assert.match(await inputRefusal(read([5, 12], map(3, 2, 2))), /an array of 5×12; model takes N×2×3×2 or N×3×2×2/);
  assert.match(await inputRefusal(read([5, 4], map(1, 3, 1))), /an array of 5×4; model takes N×3$/);
  assert.match(await inputRefusal(read([2, 2, 3, 2], map(3, 2, 1))), /model takes N×3×2/);
  assert.match(await inputRefusal(read([0, 3], map(1, 1, 3))), /0×3, without inputs/);
});

test("integers, floats and booleans of every size, in either order of elements", async () => {
  const data: [string, ArrayBufferView][] = [
    ["|i1", Int8Array.of(1, 2, 3, 4)],
    ["|u1", Uint8Array.of(1, 2, 3, 4)],
    ["<i2", Int16Array.of(1, 2, 3, 4)],
    ["<u2", Uint16Array.of(1, 2, 3, 4)],
    ["<i4", Int32Array.of(1, 2, 3, 4)],
    ["<u4", Uint32Array.of(1, 2, 3, 4)],
    ["<i8", BigInt64Array.of(1n, 2n, 3n, 4n)],
    ["<u8", BigUint64Array.of(1n, 2n, 3n, 4n)],
    ["<f2", Uint16Array.of(0x3c00, 0x4000, 0x4200, 0x4400)],
    ["<f4", Float32Array.of(1, 2, 3, 4)],
    ["<f8", Float64Array.of(1, 2, 3, 4)],
  ];
  const entries = async (bytes: Uint8Array) => samplesOf(itemsOf(await readArray(file(bytes)), "model", map(1, 1, 2)));
  for (const [type, values] of data) {
    assert.deepEqual(
      await entries(encodeNpy(type, [2, 2], values)),
      [
        [1, 2],
        [3, 4],
      ],
      type,
    );
  }
  assert.deepEqual(await entries(encodeNpy("|b1", [1, 2], Uint8Array.of(0, 1))), [[0, 1]]);
  const columns = encodeNpy("<f4", [2, 2], Float32Array.of(1, 2, 3, 4), true);
  assert.deepEqual(await entries(columns), [
    [1, 3],
    [2, 4],
  ]);
});

test("what is no array of numbers, or not all of one, is refused and named", async () => {
  const whole = encodeFloats([10, 3], new Float32Array(30));
  const cases: [Uint8Array | string, RegExp][] = [
    ["", /is no \.npy array; begins with ""/],
    ["plain text", /is no \.npy array; begins with "plain "/],
    [whole.subarray(0, 40), /cannot be read as an \.npy array/],
    [whole.subarray(0, whole.length - 4), /holds 29 values, its header states 10×3; it may be cut off/],
    [whole.subarray(0, whole.length - 3), /cannot be read as an \.npy array/],
    [Buffer.concat([whole, Buffer.alloc(8)]), /holds 32 values, its header states 10×3/],
    [encodeNpy(">f4", [1, 3], new Float32Array(3)), /Unsupported dtype: >f4.*little-endian/],
    [encodeNpy("|O", [1, 3], new Float32Array(3)), /cannot be read/],
    [encodeNpy("<c8", [1, 3], new Float32Array(6)), /elements of type c8; integers, floats and booleans/],
    [encodeNpy("<U1", [3], Uint32Array.of(65, 66, 67)), /elements of type U1/],
    [encodeNpy("<f4", [Number.NaN, 3], new Float32Array(3)), /its header states/],
  ];
  for (const [bytes, message] of cases) {
    const path = file(bytes);
    const found = await inputRefusal(readArray(path));
    assertContains(found, message);
    assert.ok(found.startsWith(`${path}: `));
  }
  assert.match(await inputRefusal(readArray(join(folder, "none.npy"))), /none\.npy: no such file/);
});

test("real values become the samples that the range gives; those that are none are refused", async () => {
  const real = { range: [-2, 2], signed: true } as const;
  const input: ModelInput = { height: 1, width: 2, channels: 1, real };
  const path = file(encodeFloats([2, 2], [-2, 1, Number.NaN, 0]));
  const array = await readArray(path);
  const [one, two] = itemsOf(array, "model", input);
  assert.deepEqual([...(await one.read())], [...encodeValues([-2, 1], 1, real)]);
  assert.deepEqual([...(await one.read())], [0, 255, 128, 0]);
  assert.equal(one.name, `${path}[0]`);
  assert.match(await inputRefusal(two.read()), /\[1\]: holds NaN; finite numbers/);
  assert.equal(shareOutside(array, [-1, 1]), 0.25);
});

test("a model of images takes arrays of 8-bit samples as they are, and nothing else", async () => {
  const pixels = Uint8Array.from({ length: 12 }, (_, k) => 20 * k);
  const image: ModelInput = { height: 2, width: 2, channels: 3, real: null };
  const planes = Float64Array.from({ length: 12 }, (_, k) => pixels[3 * (k % 4) + Math.floor(k / 4)]);
  const [png] = await itemsOfFile(file(encodePng(2, 2, "rgb", pixels), "png"), "model", image);
  const [array] = await itemsOfFile(file(encodeNpy("<f8", [1, 3, 2, 2], planes)), "model", image);
  assert.deepEqual(await array.read(), await png.read());
  for (const odd of [0.5, -1, 256]) {
    const [item] = await itemsOfFile(file(encodeFloats([2, 2, 3], [...pixels.subarray(1), odd])), "model", image);
    assert.match(await inputRefusal(item.read()), new RegExp(`holds ${odd}; .* whole numbers 0…255 .*--input-range`));
  }
});

test("a model of real values takes no images", async () => {
  const png = file(encodePng(2, 2, "grey", [1, 2, 3, 4]), "png");
  assert.match(
    await inputRefusal(itemsOfFile(png, "model", map(2, 2, 1))),
    /model: takes real values 0…255, not images/,
  );
});

test.run();
