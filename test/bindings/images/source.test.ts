/** Images given as something else than a file's bytes, on a host without a canvas; and resizing without a resizer. */

import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import { createImageReader as createWithout } from "../../../bindings/images/index.ts";
import { createImageReader } from "../../../bindings/images/node.ts";
import { plainPng } from "../../../bindings/images/png-file.ts";
import type { ImageSource } from "../../../bindings/images/source.ts";
import { resizeByTriangle } from "../../../bindings/images/triangle.ts";
import { encodePng } from "../../support/files/png.ts";
import { PROJECT } from "../../support/hosts/folders.ts";
import { random } from "../../support/random.ts";

const reader = createImageReader();
const seven = readFileSync(new URL("../../../models/seven.png", import.meta.url));
const shape = { height: 28, width: 28, channels: 1 };
const test = suite("image sources");

test("a Blob and decoded images do as well as bytes, and are left as they were", async () => {
  const expected = await reader.samples(seven, shape);
  assert.deepEqual(await reader.samples(new Blob([seven]), shape), expected);
  const image = await reader.decode(seven);
  const kept = image.data.slice();
  assert.deepEqual(await reader.samples(image, shape), expected);
  assert.deepEqual(image.data, kept);
});

test("what is no image is refused by what it is", async () => {
  const refused = (source: unknown, message: RegExp) => assert.rejects(reader.decode(source as ImageSource), message);
  await refused(
    { width: 2, height: 2, data: new Uint8ClampedArray(15) },
    /data of source must be 16 bytes, RGBA of its width 2 and height 2, found 15/,
  );
  await refused({ width: 2, height: 2, data: new Float32Array(16) }, /must be 16 bytes/);
  await refused({ width: 0, height: 2 }, /0×2 pixels/);
  await refused({ width: 2, height: 2 }, /no canvas/);
  for (const [width, height, found] of [
    [-2, -2, /width of source must be an integer ≥ 1, found -2/],
    [0.5, 4, /width of source must be an integer ≥ 1, found 0.5/],
    [4, 2.5, /height of source must be an integer ≥ 1, found 2.5/],
  ] as const)
    await refused({ width, height }, found);
  for (const source of [null, undefined, "seven.png", 7, {}])
    await refused(source, /source must be a file's bytes, a Blob/);
  assert.throws(() => createWithout(), /needs to be told where the codecs are/);
});

test("a PNG keeps its samples without what else it holds", async () => {
  const { file } = plainPng(seven);
  assert.deepEqual((await reader.decode(file)).data, (await reader.decode(seven)).data);
});

test("what becomes of a file's bytes after the call does not matter", async () => {
  const noise = random(1);
  const samples = Array.from({ length: 40_000 }, () => Math.floor(256 * noise()));
  const photo = readFileSync(join(PROJECT, "test/hosts/browser/turned.jpg"));
  for (const given of [seven, encodePng(200, 200, "grey", samples), photo]) {
    const expected = await reader.decode(given);
    const [cleared, moved] = [Uint8Array.from(given), Uint8Array.from(given)];
    const decoded = [reader.decode(cleared), reader.decode(moved)];
    cleared.fill(0);
    structuredClone(moved, { transfer: [moved.buffer] });
    for (const image of await Promise.all(decoded)) assert.deepEqual(image, expected);
  }
});

test("a page's file is one, and where the script of a codec cannot be had that is told at the image that needs it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bsnn-codecs-"));
  try {
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    cpSync(join(PROJECT, "dist/images/index.js"), join(folder, "images.js"));
    const { createImageReader: create }: typeof import("../../../bindings/images/index.ts") = await import(
      pathToFileURL(join(folder, "images.js")).href
    );
    const codec = (file: string) => new WebAssembly.Module(readFileSync(join(PROJECT, "node_modules/@jsquash", file)));
    const codecs = {
      png: codec("png/codec/pkg/squoosh_png_bg.wasm"),
      jpeg: codec("jpeg/codec/dec/mozjpeg_dec.wasm"),
      resize: codec("resize/lib/resize/pkg/squoosh_resize_bg.wasm"),
    };
    const alone = create({ codecs });
    assert.deepEqual(await alone.samples(seven, shape), await reader.samples(seven, shape));
    const photo = readFileSync(join(PROJECT, "test/hosts/browser/photo.jpg"));
    await assert.rejects(alone.decode(photo), {
      name: "BsnnError",
      code: "unsupported",
      message: /^the jpeg codec cannot be loaded: Cannot find package '@jsquash\/jpeg'/,
    });
    symlinkSync(join(PROJECT, "node_modules"), join(folder, "node_modules"), "junction");
    assert.deepEqual(await alone.samples(photo, shape), await reader.samples(photo, shape));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("resizing without a resizer is within one unit of that with it", async () => {
  const next = random(9);
  for (const [width, height, toWidth, toHeight] of [
    [30, 20, 9, 7],
    [9, 7, 30, 20],
    [64, 48, 64, 5],
    [1, 1, 8, 8],
    [301, 2, 28, 28],
    [28, 28, 27, 29],
  ]) {
    const data = Uint8ClampedArray.from({ length: 4 * width * height }, () => 256 * next());
    const to = { width: toWidth, height: toHeight, channels: 3 };
    const expected = await reader.toSamples({ width, height, data }, to);
    const found = resizeByTriangle({ width, height, data }, toWidth, toHeight);
    expected.forEach((value, i) => {
      const own = found.data[4 * Math.floor(i / 3) + (i % 3)];
      assert.ok(Math.abs(own - value) <= 1, `${width}×${height} to ${toWidth}×${toHeight}: ${own} ${value}`);
    });
  }
});

test.run();
