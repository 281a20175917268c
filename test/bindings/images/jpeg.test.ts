/** What is decoded of a JPEG is what was checked: its size, that all of it is there, and how much work it makes. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "uvu";
import { type ImageError, ImageError as ImageErrorClass } from "../../../bindings/images/image.ts";
import { createImageReader } from "../../../bindings/images/node.ts";
import { encodeJpeg } from "../../support/files/jpeg.ts";
import { type GreyScan, greyJpeg, segment } from "../../support/files/jpeg-parts.ts";

const PROGRESSIVE = 0xc2;
const BASELINE = 0xc0;
const reader = createImageReader();

const pixels = Uint8ClampedArray.from(
  { length: 48 * 40 * 4 },
  (_, i) => ((i >> 2) * 37 + (i & 3) * 50 + (i >> 7)) % 256,
);
const progressive = await encodeJpeg(48, 40, pixels);

/** Milliseconds of this process since an earlier measure: a busy machine may let it wait. */
function worked(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

async function refusal(file: Uint8Array, options = {}): Promise<ImageError> {
  const begin = process.cpuUsage();
  try {
    await createImageReader(options).decode(file);
  } catch (error) {
    assert.ok(error instanceof ImageErrorClass, String(error));
    assert.ok(worked(begin) < 300, `took ${worked(begin).toFixed()} ms`);
    return error;
  }
  throw new Error("the image was accepted");
}

/** Where the markers of a kind lie outside of data. */
function markers(file: Uint8Array, marker: number): number[] {
  return Array.from(file.keys()).filter((at) => file[at] === 0xff && file[at + 1] === marker);
}

function inserted(file: Uint8Array, at: number, bytes: readonly number[]): Uint8Array {
  return Uint8Array.from([...file.subarray(0, at), ...bytes, ...file.subarray(at)]);
}

test("bytes that are no marker hide no frame: the size that is checked is the decoder's", async () => {
  const [sof] = markers(progressive, PROGRESSIVE);
  // A reader that takes FF 00 for a segment jumps over the frame, to one of 1×1.
  const length = sof + 200;
  const fake = segment(0xe5, [...segment(PROGRESSIVE, [8, 0, 1, 0, 1, 1, 1, 0x11, 0]), ...Array<number>(400).fill(0)]);
  const hidden = inserted(inserted(progressive, sof + 19, fake), 2, [0xff, 0, length >> 8, length & 255]);
  const error = await refusal(hidden, { maxPixels: 1000 });
  assert.equal(error.fault, "size");
  assert.match(error.message, /48×40/);
  assert.deepEqual((await reader.decode(hidden)).data, (await reader.decode(progressive)).data);
});

test("a large image without data is refused before it is decoded", async () => {
  const empty = (first: number): GreyScan => ({ first, last: first ? 63 : 0, high: 0, low: 0, data: [0, 0] });
  const bytes = [greyJpeg(PROGRESSIVE, 8192, 8192, [empty(0), empty(1)])];
  bytes.push(greyJpeg(BASELINE, 8192, 8192, [{ ...empty(0), last: 63, data: Array<number>(1000).fill(0) }]));
  for (const file of bytes) {
    const before = process.memoryUsage().rss;
    assert.equal((await refusal(file)).fault, "corrupt");
    assert.ok(process.memoryUsage().rss - before < 2 ** 26);
  }
});

test("scans that go over the image again and again are refused, those that a file needs are not", async () => {
  const size = 256;
  const data = Array<number>((size * size) / 512).fill(0);
  const again = Array.from({ length: 1000 }, (): GreyScan => ({ first: 0, last: 0, high: 0, low: 0, data }));
  assert.match((await refusal(greyJpeg(PROGRESSIVE, size, size, again))).message, /out of order/);
  // In order, but a pass for each bit of each coefficient.
  const bits = (first: number): GreyScan[] =>
    Array.from({ length: 14 }, (_, k) => ({ first, last: first, high: k ? 14 - k : 0, low: 13 - k, data }));
  const slow = Array.from({ length: 64 }, (_, coefficient) => bits(coefficient)).flat();
  assert.match((await refusal(greyJpeg(PROGRESSIVE, size, size, slow))).message, /more than 64 times/);
  const usual: GreyScan[] = [
    ...bits(0),
    { first: 1, last: 63, high: 0, low: 1, data },
    { first: 1, last: 63, high: 1, low: 0, data },
  ];
  assert.ok((await reader.decode(greyJpeg(PROGRESSIVE, size, size, usual))).data.every((value) => value >= 128));
});

test("a JPEG that ends early is refused, even with a marker that ends it", async () => {
  const baseline = greyJpeg(BASELINE, 64, 64, [
    { first: 0, last: 63, high: 0, low: 0, data: Array<number>(16).fill(0) },
  ]);
  assert.equal((await reader.decode(baseline)).width, 64);
  for (let cut = 3; cut < 18; cut++) {
    const file = Uint8Array.from([...baseline.subarray(0, baseline.length - cut), 0xff, 0xd9]);
    assert.equal((await refusal(file)).fault, "corrupt");
  }
  const scans = markers(progressive, 0xda);
  assert.ok(scans.length > 2);
  // Between scans and within them: whatever the place, but for the bytes that only fill the last one up.
  for (const end of [
    ...scans,
    ...Array.from({ length: 60 }, (_, k) => (scans[0] + 12 + k * ((progressive.length - scans[0] - 20) / 60)) | 0),
  ]) {
    const file = Uint8Array.from([...progressive.subarray(0, end), 0xff, 0xd9]);
    assert.equal((await refusal(file)).fault, "corrupt", `cut at ${end}`);
  }
});

test("what is no part of the image does not matter", async () => {
  const expected = (await reader.decode(progressive)).data;
  const [firstScan] = markers(progressive, 0xda);
  const changed = [
    inserted(progressive, 2, segment(0xfe, [1, 2, 3])),
    inserted(progressive, 2, segment(0xe1, Array<number>(60_000).fill(0xff))),
    inserted(progressive, 2, [0xff, 0xff, 0xff]),
    inserted(progressive, firstScan, [1, 2, 3]),
    inserted(progressive, progressive.length - 2, [7, 7, 7, 7]),
    inserted(progressive, progressive.length, [0xff, 0xd8, 0xff, 1, 2]),
  ];
  for (const file of changed) assert.deepEqual((await reader.decode(file)).data, expected);
});

test("headers of the kinds that libjpeg refuses are refused", async () => {
  const scan: GreyScan = { first: 0, last: 63, high: 0, low: 0, data: [0, 0] };
  const good = greyJpeg(BASELINE, 8, 8, [scan]);
  assert.equal((await reader.decode(good)).width, 8);
  for (const frame of [0xc3, 0xc5, 0xc9, 0xca, 0xcf]) await refusal(greyJpeg(frame, 8, 8, [scan]));
  await refusal(greyJpeg(BASELINE, 8, 8, []));
  await refusal(greyJpeg(BASELINE, 8, 8, [scan, scan]));
  const [sof] = markers(good, BASELINE);
  await refusal(inserted(good, sof, segment(BASELINE, [8, 0, 8, 0, 8, 1, 1, 0x11, 0])));
  for (const [at, value] of [
    [4, 12],
    [11, 0x51],
    [11, 0],
    [3, 200],
  ]) {
    const bad = good.slice();
    bad[sof + at] = value;
    await refusal(bad);
  }
});

test("tables that a file lacks are not taken from the decoder's own", async () => {
  const scan: GreyScan = { first: 0, last: 63, high: 0, low: 0, data: [0, 0] };
  for (const file of [greyJpeg(BASELINE, 8, 8, [scan]), progressive]) {
    const tables = markers(file, 0xc4);
    assert.ok(tables.length >= 2);
    for (const at of tables) {
      const without = Uint8Array.from([
        ...file.subarray(0, at),
        ...file.subarray(at + 2 + file[at + 2] * 256 + file[at + 3]),
      ]);
      // A later table of the same number stands in for one of a progressive file.
      assert.match((await refusal(without)).message, file === progressive ? /JPEG/ : /lacks some of its tables/);
    }
  }
  const empty = inserted(progressive, 2, segment(0xc4));
  assert.deepEqual((await reader.decode(empty)).data, (await reader.decode(progressive)).data);
  assert.match((await refusal(inserted(progressive, 2, segment(0xc4, [0, 9, 9])))).message, /bad table/);
});

test("segments without number are refused before they are looked at", async () => {
  for (const one of [segment(0xc4), segment(0xdd, [0, 0]), segment(0xfe), segment(0xe1), [0xff, 1], [0xff, 0xd0]]) {
    const many = Array.from({ length: Math.floor(2 ** 20 / one.length) }, () => one).flat();
    const file = Buffer.concat([progressive.subarray(0, 2), Uint8Array.from(many), progressive.subarray(2)]);
    assert.match((await refusal(file)).message, /too many segments/);
  }
});

test("files made to hang or to deceive are refused at once", async () => {
  const folder = new URL("../../../../shared/cases/trust/", import.meta.url);
  if (!existsSync(folder)) return;
  for (const name of ["desync-4000.jpg", "jpeg-8192-empty.jpg", "scans-1000-724.jpg"]) {
    await refusal(readFileSync(new URL(name, folder)));
  }
});

test.run();
