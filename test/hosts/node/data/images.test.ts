/** Images become the samples that other decoders give. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import { decodeImage } from "../../../../hosts/node/data/decode.ts";
import { readSamples, toSamples } from "../../../../hosts/node/data/images.ts";
import { InputError } from "../../../../hosts/node/report/failure.ts";
import { assertContains } from "../../../support/contains.ts";
import { encodePng } from "../../../support/files/png.ts";

/** 16×12 pixels: red rises to the right, green downwards, blue along both. */
const GRADIENT = Array.from({ length: 12 * 16 * 3 }, (_, i) => {
  const x = Math.floor(i / 3) % 16;
  const y = Math.floor(i / 48);
  return [x * 16, y * 20, (x + y) * 9][i % 3];
});

/** The gradient as written by Pillow (libjpeg-turbo), with the SHA-256 of the RGB samples it reads back. */
const COLOUR_JPEG = Buffer.from(
  "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAMABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAABQb/xAAaEAACAgMAAAAAAAAAAAAAAAAABAMiBSEx/8QAFQEBAQAAAAAAAAAAAAAAAAAAAAP/xAAZEQACAwEAAAAAAAAAAAAAAAAAAwECBSH/2gAMAwEAAhEDEQA/AJhPEcqOp4jlRhNaLVR1NaLVQpkk8zTvw//Z",
  "base64",
);
const COLOUR_SHA256 = "d8a7b9e5581b840ba54606c49993d587ad9ba70574901d1d80c78e399ba8a7da";
const GREY_JPEG = Buffer.from(
  "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//wAALCAAMABABAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAAAYH/8QAGhAAAQUBAAAAAAAAAAAAAAAAAAQUFlJiof/aAAgBAQAAPwCbjeOCN44amwT0DBPQ/9k=",
  "base64",
);
const GREY_SHA256 = "af9cc0591a87fc62ae2c797f6876f7b272ebcd9ca3d58ea2e47c9c7e371236d3";
const CMYK_JPEG = Buffer.from(
  "/9j/7gAOQWRvYmUAZAAAAAAA/9sAQwBQNzxGPDJQRkFGWlVQX3jIgnhubnj1r7mRyP///////////////////////////////////////////////////8AAFAgADAAQBEMRAE0RAFkRAEsRAP/EABcAAQEBAQAAAAAAAAAAAAAAAAQAAwH/xAAaEAEAAwADAAAAAAAAAAAAAAAAAQIDEhNh/9oADgRDAE0AWQBLAAA/AMMmPT4wpQ03JdPhFKILI7jDlIhG5LjDekQn/9k=",
  "base64",
);

/** Decodes to the samples a network with a 3- or 1-channel input of the image's own size gets. */
async function samplesOf(bytes: Uint8Array, channels: 1 | 3): Promise<number[]> {
  const image = await decodeImage(bytes, "image");
  return [...(await toSamples(image, { height: image.height, width: image.width, channels }))];
}

async function refusal(bytes: Uint8Array, name = "picture.png"): Promise<string> {
  try {
    await decodeImage(bytes, name);
  } catch (error) {
    assert.ok(error instanceof InputError);
    return (error as Error).message;
  }
  throw new Error("the image was accepted");
}

test("a PNG gives its samples, whether grey, colour or 16 bits deep", async () => {
  assert.deepEqual(await samplesOf(encodePng(16, 12, "rgb", GRADIENT), 3), GRADIENT);
  assert.deepEqual(await samplesOf(encodePng(3, 2, "grey", [0, 1, 2, 128, 254, 255]), 1), [0, 1, 2, 128, 254, 255]);
  assert.deepEqual(await samplesOf(encodePng(2, 1, "grey", [7, 9]), 3), [7, 7, 7, 9, 9, 9]);
  assert.deepEqual(await samplesOf(encodePng(4, 1, "grey", [0, 255, 256, 65535], 16), 1), [0, 0, 1, 255]);
});

test("transparency is ignored: the colour below it counts", async () => {
  assert.deepEqual(
    await samplesOf(encodePng(2, 1, "rgba", [10, 20, 30, 0, 40, 50, 60, 255]), 3),
    [10, 20, 30, 40, 50, 60],
  );
  assert.deepEqual(await samplesOf(encodePng(2, 1, "greyAlpha", [90, 0, 80, 128]), 1), [90, 80]);
});

test("a JPEG gives the very samples libjpeg gives", async () => {
  const sha256 = (samples: number[]): string => createHash("sha256").update(Uint8Array.from(samples)).digest("hex");
  assert.equal(sha256(await samplesOf(COLOUR_JPEG, 3)), COLOUR_SHA256);
  assert.equal(sha256(await samplesOf(GREY_JPEG, 3)), GREY_SHA256);
});

test("colour becomes grey by ITU-R 601", async () => {
  const grey = await samplesOf(encodePng(16, 12, "rgb", GRADIENT), 1);
  assert.deepEqual(grey.slice(48, 64), [38, 44, 50, 56, 62, 67, 73, 79, 85, 91, 96, 102, 108, 114, 120, 125]);
  assert.deepEqual(await samplesOf(encodePng(3, 1, "rgb", [255, 0, 0, 0, 255, 0, 0, 0, 255]), 1), [76, 150, 29]);
});

test("an image of another size is resized, bilinear and antialiased as Pillow does within one unit", async () => {
  const image = await decodeImage(encodePng(16, 12, "rgb", GRADIENT), "gradient");
  const near = (found: Uint8Array, expected: readonly number[]): void => {
    assert.equal(found.length, expected.length);
    found.forEach((sample, i) => {
      assert.ok(Math.abs(sample - expected[i]) <= 1, `sample ${i}: ${sample}, expected ${expected[i]} ± 1`);
    });
  };
  const shrunk = await toSamples(image, { height: 7, width: 5, channels: 3 });
  near(shrunk.subarray(0, 15), [23, 10, 17, 69, 10, 43, 120, 10, 72, 171, 10, 100, 217, 10, 126]);
  near(shrunk.subarray(90, 105), [23, 210, 108, 69, 210, 134, 120, 210, 163, 171, 210, 191, 217, 210, 217]);
  const mixed = await toSamples(image, { height: 3, width: 20, channels: 3 });
  near(mixed.subarray(0, 12), [0, 38, 17, 11, 38, 23, 24, 38, 31, 37, 38, 38]);
  near(mixed.subarray(171), [216, 182, 204, 229, 182, 211, 240, 182, 217]);
});

test("the type is told by the first bytes, not by the name", async () => {
  const image = await decodeImage(COLOUR_JPEG, "really-a-jpeg.png");
  assert.deepEqual([image.width, image.height], [16, 12]);
});

test("what is no image is named, with what was found and what is supported", async () => {
  const text = await refusal(Buffer.from("hello there, this is text"), "notes/cat.png");
  assertContains(text, "notes/cat.png");
  assertContains(text, '"hello th"');
  assertContains(text, "PNG and JPEG");
  assertContains(await refusal(new Uint8Array()), "empty file");
  assertContains(await refusal(Buffer.from("GIF89a\u0001\u0000\u0001\u0000")), "GIF");
  assertContains(await refusal(Buffer.from("RIFF\u0010\u0000\u0000\u0000WEBPVP8 ", "latin1")), "WebP");
});

test("a truncated image is refused wherever it breaks off", async () => {
  const png = encodePng(16, 12, "rgb", GRADIENT);
  for (const end of [8, 20, 40, Math.floor(png.length / 2)]) await refusal(png.subarray(0, end));
  for (const end of [4, 100, 170, COLOUR_JPEG.length - 20]) {
    await refusal(COLOUR_JPEG.subarray(0, end));
    assert.equal((await decodeImage(COLOUR_JPEG, "whole")).width, 16, "the decoder still works after a failure");
  }
});

test("hundreds of broken images leave the decoders working and memory flat", async () => {
  const noise = Array.from({ length: 400 * 400 }, (_, i) => (i * 7919) % 251);
  const png = encodePng(400, 400, "grey", noise);
  const broken = png.map((byte, i) => (i > 200 && i % 37 === 0 ? byte ^ 0x55 : byte));
  const before = process.memoryUsage().rss;
  for (let i = 0; i < 600; i++) await refusal(broken);
  const growth = (process.memoryUsage().rss - before) / 2 ** 20;
  assert.ok(growth < 100, `memory grew by ${growth.toFixed()} MiB`);
  assert.deepEqual(await samplesOf(png, 1), noise);
});

test("a CMYK JPEG and an image too large to be one are refused", async () => {
  assertContains(await refusal(CMYK_JPEG), "4 colour components");
  const bomb = encodePng(1, 1, "grey", [0]);
  bomb.writeUInt32BE(100_000, 16);
  bomb.writeUInt32BE(100_000, 20);
  assertContains(await refusal(bomb), "100000×100000");
});

test("a file that is longer than any image is refused before it is read", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bsnn-"));
  const path = join(folder, "long.png");
  try {
    // Nothing of it is on the disk.
    writeFileSync(path, "");
    truncateSync(path, 2 ** 31);
    await assert.rejects(readSamples(path, { height: 1, width: 1, channels: 1 }), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /long\.png: has 2147483648 bytes; 536870912 are supported/);
      return true;
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
