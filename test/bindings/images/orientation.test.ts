/** Images are turned as their orientation tag says, pixel by pixel, and stay as stored where it says nothing. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "uvu";
import type { DecodedImage } from "../../../bindings/images/image.ts";
import { createImageReader } from "../../../bindings/images/node.ts";
import { encodeJpeg } from "../../support/files/jpeg.ts";
import { segment } from "../../support/files/jpeg-parts.ts";
import { encodePng } from "../../support/files/png.ts";

const reader = createImageReader();

interface Tag {
  readonly little?: boolean;
  readonly type?: number;
  /** Entries before the tag. */
  readonly others?: number;
}

/** An Exif block with the tag. */
function exif(value: number, { little = true, type = 3, others = 0 }: Tag = {}): Uint8Array {
  const block = Buffer.alloc(8 + 2 + 12 * (others + 1) + 4);
  const u16 = (x: number, at: number) => (little ? block.writeUInt16LE(x, at) : block.writeUInt16BE(x, at));
  const u32 = (x: number, at: number) => (little ? block.writeUInt32LE(x, at) : block.writeUInt32BE(x, at));
  block.write(little ? "II" : "MM", "latin1");
  u16(42, 2);
  u32(8, 4);
  u16(others + 1, 8);
  for (let i = 0; i <= others; i++) {
    const at = 10 + 12 * i;
    u16(i < others ? 0x100 + i : 0x112, at);
    u16(i < others ? 3 : type, at + 2);
    u32(1, at + 4);
    if (i < others || type === 3) u16(value, at + 8);
    else if (type === 1) block[at + 8] = value;
    else u32(value, at + 8);
  }
  return block;
}

const ROWS = ["abc", "def"];
/** What Exif says is seen, for each value, of rows stored as above. */
const SEEN: Readonly<Record<number, readonly string[]>> = {
  1: ["abc", "def"],
  2: ["cba", "fed"],
  3: ["fed", "cba"],
  4: ["def", "abc"],
  5: ["ad", "be", "cf"],
  6: ["da", "eb", "fc"],
  7: ["fc", "eb", "da"],
  8: ["cf", "be", "ad"],
};
const letters = Buffer.from(ROWS.join(""), "latin1");

/** The letters of a grey image, row by row. */
function rowsOf({ width, height, data }: DecodedImage): string[] {
  assert.equal(data.length, 4 * width * height);
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => String.fromCharCode(data[4 * (y * width + x)])).join(""),
  );
}

async function seen(tags: Uint8Array): Promise<string[]> {
  return rowsOf(await reader.decode(encodePng(3, 2, "grey", letters, 8, tags)));
}

for (const [value, rows] of Object.entries(SEEN)) {
  test(`a PNG of orientation ${value}`, async () => {
    for (const little of [true, false]) {
      for (const type of [1, 3, 4]) {
        for (const others of [0, 3]) assert.deepEqual(await seen(exif(Number(value), { little, type, others })), rows);
      }
    }
  });
}

test("what says nothing leaves the image as it is stored", async () => {
  const good = exif(6);
  const broken = [
    exif(0),
    exif(9),
    exif(6, { type: 2 }),
    exif(6, { others: 40 }).subarray(0, 100),
    ...[0, 1, 7, 8, 9, 10, 15, 20].map((size) => good.subarray(0, size)),
    Uint8Array.from(good, (byte, i) => (i === 0 ? 0x4a : byte)),
    Uint8Array.from(good, (byte, i) => (i === 2 ? 43 : byte)),
    Uint8Array.from(good, (byte, i) => (i >= 4 && i < 8 ? 255 : byte)),
  ];
  for (const tags of broken) assert.deepEqual(await seen(tags), SEEN[1]);
});

test("a JPEG is turned after it is decoded, whatever stands before its tag", async () => {
  const [width, height] = [24, 16];
  const pixels = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) => (i * 37 + (i >> 6) * 11) % 256);
  const file = await encodeJpeg(width, height, pixels);
  const stored = await reader.decode(file);
  const pixel = ({ width, data }: DecodedImage, x: number, y: number) => [
    ...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4),
  ];
  const other = segment(0xe1, [...Buffer.from("http://ns.adobe.com/xap/1.0/\0", "latin1")]);
  const tag = (value: number) => segment(0xe1, [...Buffer.from("Exif\0\0", "latin1"), ...exif(value)]);
  for (const before of [[], other, segment(0xfe, [1, 2, 3]), [0xff, 0xff]]) {
    const tagged = Uint8Array.from([0xff, 0xd8, ...before, ...tag(6), ...tag(3), ...file.subarray(2)]);
    const found = await reader.decode(tagged);
    assert.deepEqual([found.width, found.height], [height, width]);
    for (let y = 0; y < width; y++) {
      for (let x = 0; x < height; x++) assert.deepEqual(pixel(found, x, y), pixel(stored, y, height - 1 - x));
    }
  }
});

test("samples are those of the image as it is seen", async () => {
  const samples = await reader.samples(encodePng(3, 2, "grey", letters, 8, exif(8)), {
    height: 3,
    width: 2,
    channels: 1,
  });
  assert.equal(Buffer.from(samples).toString("latin1"), SEEN[8].join(""));
});

const photo = new URL("../../../../shared/cases/exif/exif6.jpg", import.meta.url);
if (existsSync(photo)) {
  test("a photo with orientation 6 stands upright", async () => {
    const file = readFileSync(photo);
    const { width, height } = await reader.decode(file);
    const plain = Buffer.from(file);
    plain.write("Exit", plain.indexOf("Exif"), "latin1");
    const stored = await reader.decode(plain);
    assert.deepEqual([width, height], [stored.height, stored.width]);
  });
}

test.run();
