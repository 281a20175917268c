/** Labels of a file are one class index for each input, or are refused by name. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import { readArray } from "../../../../hosts/node/data/array.ts";
import { type Data, type Item, itemsOf } from "../../../../hosts/node/data/inputs.ts";
import { withLabels } from "../../../../hosts/node/data/labels.ts";
import { encodeFloats, encodeNpy } from "../../../support/files/npy.ts";
import { inputRefusal } from "../../../support/hosts/input-refusal.ts";

const folder = mkdtempSync(join(tmpdir(), "bsnn-"));
let files = 0;

function file(bytes: Uint8Array): string {
  const path = join(folder, `${files++}.npy`);
  writeFileSync(path, bytes);
  return path;
}

const test = suite("labels beside inputs");
test.after(() => rmSync(folder, { recursive: true }));

const data = await readArray(file(encodeFloats([3, 1, 1, 2], new Float32Array(6))));
const model = { height: 1, width: 2, channels: 1, real: { range: [0, 255], signed: false } } as const;
const items = itemsOf(data, "model", model);

async function labelsOf(dataLabels?: string, of: Data = data): Promise<(number | null)[]> {
  return (await withLabels(of, () => items, { data: "inputs", dataLabels })).map(({ label }: Item) => label);
}

const labels = (shape: number[], ...values: bigint[]) => file(encodeNpy("<i8", shape, BigInt64Array.from(values)));

test("each input has its label", async () => {
  assert.deepEqual(await labelsOf(labels([3], 2n, 0n, 1n)), [2, 0, 1]);
  assert.deepEqual(await labelsOf(labels([3, 1], 2n, 0n, 1n)), [2, 0, 1]);
  assert.deepEqual(await labelsOf(), [null, null, null]);
});

test("a file of anything else is refused", async () => {
  assert.match(await inputRefusal(labelsOf(labels([4], 2n, 0n, 1n, 1n))), /an array of 4; 3 labels/);
  assert.match(await inputRefusal(labelsOf(labels([1, 3], 2n, -1n, 1n))), /holds -1; class indices/);
  assert.match(await inputRefusal(labelsOf(labels([2, 2], 2n, 0n, 1n, 1n))), /an array of 2×2; 3 labels/);
  assert.match(await inputRefusal(labelsOf(file(encodeFloats([3], [0, 0.5, 1])))), /holds 0.5; class indices/);
});

test("inputs that have labels already take none", async () => {
  const images: Data = { folder: "inputs", images: [], classes: [], empty: [] };
  assert.match(await inputRefusal(labelsOf(labels([3], 2n, 0n, 1n), images)), /--data-labels: inputs is a folder/);
  const from = { data: "inputs", dataLabels: labels([3], 2n, 0n, 1n) };
  const calibrating = withLabels(images, () => items, from, "--calibration-labels");
  assert.match(await inputRefusal(calibrating), /--calibration-labels: inputs is a folder/);
});

test.run();
