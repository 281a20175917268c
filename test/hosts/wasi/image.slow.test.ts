/** Standard input becomes samples, or a reason why not. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { makeGrey } from "../../../bindings/images/image.ts";
import { assertContains } from "../../support/contains.ts";
import { compile } from "../../support/hosts/wasi/compile.ts";
import { randomInts } from "../../support/random.ts";

const part = await compile(["image.ts", "assembly/message/message.ts"]);
const decoder = new TextDecoder();
const ROOM = 4096;
const target = part.place(new Uint8Array(ROOM));
const source = part.place(new Uint8Array(ROOM));

type Shape = readonly [height: number, width: number, channels: number];

function put(input: Uint8Array): void {
  new Uint8Array(part.memory.buffer, source, input.length).set(input);
}

const message = (): string => decoder.decode(part.read(part.value("messageText"), part.value("messageLength")));

/** The samples, or the message. */
function read(input: Uint8Array, [h, w, c]: Shape, isAll = true): Uint8Array | string {
  put(input);
  const right = part.call("toSamples", source, input.length, Number(isAll), target, h, w, c);
  return right ? part.read(target, h * w * c) : message();
}

function bytes(...parts: (string | Uint8Array)[]): Uint8Array {
  return Buffer.concat(parts.map((part) => (typeof part === "string" ? new TextEncoder().encode(part) : part)));
}

const grey = Uint8Array.from(randomInts(1, 2 * 3, 0, 255));
const colour = Uint8Array.from(randomInts(2, 2 * 3 * 3, 0, 255));

function refused(input: Uint8Array, shape: Shape, reason: RegExp, isAll = true): void {
  const found = read(input, shape, isAll);
  assert.equal(typeof found, "string");
  assertContains(found as string, reason);
}

test("raw samples are taken as they are, of any number of channels", () => {
  assert.deepEqual(read(grey, [2, 3, 1]), grey);
  assert.deepEqual(read(colour, [2, 3, 3]), colour);
  assert.deepEqual(read(colour, [1, 9, 2]), colour);
});

test("an image of the network's size and channels gives its samples", () => {
  assert.deepEqual(read(bytes("P5 3 2 255\n", grey), [2, 3, 1]), grey);
  assert.deepEqual(read(bytes("P6\n3\n2\n255\n", colour), [2, 3, 3]), colour);
});

test("headers may have any space between their numbers, and comments", () => {
  assert.deepEqual(read(bytes("P5\t\r\n3\v\f2   255\t", grey), [2, 3, 1]), grey);
  assert.deepEqual(read(bytes("P5# by hand\n#\n 3#width\n2 # 7 7 7\r255\n", grey), [2, 3, 1]), grey);
  // One space ends the header: what follows is a sample, even where it looks like a space or a comment.
  const spaces = bytes("\n#\n  #");
  assert.deepEqual(read(bytes("P5 3 2 255\n", spaces), [2, 3, 1]), Uint8Array.from(spaces));
});

test("colour becomes grey as the images of every other host do", () => {
  const data = new Uint8ClampedArray(6 * 4);
  for (let i = 0; i < 6; i++) data.set([...colour.subarray(3 * i, 3 * i + 3), 255], 4 * i);
  makeGrey({ width: 3, height: 2, data });
  const expected = data.filter((_, i) => i % 4 === 0);
  assert.deepEqual(read(bytes("P6 3 2 255\n", colour), [2, 3, 1]), Uint8Array.from(expected));
});

test("grey becomes colour by repetition", () => {
  const expected = Array.from(grey).flatMap((value) => [value, value, value]);
  assert.deepEqual(read(bytes("P5 3 2 255\n", grey), [2, 3, 3]), Uint8Array.from(expected));
});

test("samples of a smaller range are brought to 0…255", () => {
  const read15 = read(bytes("P5 3 2 15\n", Uint8Array.of(0, 1, 2, 7, 14, 15)), [2, 3, 1]);
  assert.deepEqual(read15, Uint8Array.of(0, 17, 34, 119, 238, 255));
  const read100 = read(bytes("P5 3 2 100\n", Uint8Array.of(0, 1, 2, 50, 99, 100)), [2, 3, 1]);
  assert.deepEqual(read100, Uint8Array.from([0, 1, 2, 50, 99, 100].map((v) => Math.floor((v * 255 + 50) / 100))));
  refused(bytes("P5 3 2 15\n", Uint8Array.of(0, 1, 2, 7, 14, 16)), [2, 3, 1], /^has a sample of 16 where .* up to 15$/);
});

test("raw samples that begin like an image are samples where their count is right", () => {
  const raw = bytes("P5 9 9", Uint8Array.of(1, 2, 3));
  assert.deepEqual(read(raw, [3, 3, 1]), Uint8Array.from(raw));
  const whole = bytes("P5 1 1 255\n", Uint8Array.of(7));
  assert.deepEqual(read(whole, [2, 6, 1]), Uint8Array.from(whole));
  assert.deepEqual(read(whole, [1, 1, 1]), Uint8Array.of(7));
});

test("what has the wrong size is refused with what is expected and what was found", () => {
  const expected = "expected 2×3×1 = 6 raw samples, or a PPM or PGM image 3 wide and 2 high";
  assert.equal(read(grey.subarray(1), [2, 3, 1]), `${expected}, found 5 bytes`);
  assert.equal(read(new Uint8Array(0), [2, 3, 1]), `${expected}, found 0 bytes`);
  assert.equal(read(colour, [2, 3, 1], false), `${expected}, found more than 17 bytes`);
  assert.equal(read(grey, [2, 3, 1], false), `${expected}, found more than 5 bytes`);
  assert.equal(read(grey, [2, 3, 2]), "expected 2×3×2 = 12 raw samples, found 6 bytes");
  assert.equal(read(bytes("P5 2 3 255\n", grey), [2, 3, 1]), `is a PGM image 2 wide and 3 high, ${expected}`);
  assert.equal(read(bytes("P6 3 2 255\n", grey), [2, 3, 3]), "is a PPM image of 18 samples by its header, found 6");
  assert.equal(read(bytes("P5 3 2 255\n", colour), [2, 3, 1]), "is a PGM image of 6 samples by its header, found 18");
  assert.equal(
    read(bytes("P5 3 2 255\n", grey), [2, 3, 1], false),
    "is a PGM image of 6 samples by its header, found more",
  );
});

test("other formats are named", () => {
  refused(bytes(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)), [2, 3, 1], /found 8 bytes of a PNG image$/);
  refused(bytes(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)), [2, 3, 1], /found 4 bytes of a JPEG image$/);
  refused(bytes("GIF89a..."), [2, 3, 1], /of a GIF image$/);
  refused(bytes("RIFF....WEBPVP8 "), [2, 3, 1], /of a WebP image$/);
  refused(bytes("GGUF...."), [2, 3, 1], /of a GGUF file$/);
  refused(
    bytes("P3 3 2 255\n1 2 3"),
    [2, 3, 1],
    /^is a Netpbm file of type P3; P5 \(PGM\) and P6 \(PPM\) are supported$/,
  );
  refused(bytes("P7\nWIDTH 3\n"), [2, 3, 1], /of type P7;/);
  refused(
    bytes("P5 3 2 65535\n", grey, grey),
    [2, 3, 1],
    /^is a PGM image with samples up to 65535; up to 255 are supported$/,
  );
});

test("an incomplete header is no header", () => {
  for (const header of [
    "P5 ",
    "P5 3",
    "P5 3 2",
    "P5 3 2 ",
    "P5 3 2 255",
    "P5 0 2 255\n",
    "P5 3 2 0\n",
    "P5 3 x 255\n",
  ]) {
    refused(bytes(header), [20, 20, 1], /^is a PGM image without a complete header/);
  }
  refused(bytes("P6 99999999999 2 255\n"), [2, 3, 3], /^is a PPM image without a complete header/);
  refused(bytes("P5 -3 2 255\n"), [2, 3, 1], /without a complete header/);
  refused(bytes("P5 # no end"), [2, 3, 1], /without a complete header/);
});

test("no header leads out of the input", () => {
  const noise = randomInts(3, 400, 0, 255);
  const pieces = ["P5", "P6", " ", "\n", "#", "3", "2", "255", "99999999"];
  const choice = randomInts(4, 4000, 0, pieces.length);
  for (let i = 0; i < 400; i++) {
    const parts = choice.slice(10 * i, 10 * i + 10).map((p) => pieces[p] ?? Uint8Array.of(noise[i]));
    const input = bytes("P", i % 2 ? "5" : "6", ...parts);
    const found = read(input, [2, 3, 1]);
    assert.ok(typeof found === "string" ? found.length > 0 : found.length === 6);
  }
});

test("several raw images are counted", () => {
  const count = (size: number, isAll: boolean): string | null =>
    part.call("areSamples", size, Number(isAll), 3, 2, 3, 1) ? null : message();
  assert.equal(count(18, true), null);
  const expected = "expected 3 images of 2×3×1 = 18 raw samples";
  assert.equal(count(17, true), `${expected}, found 17 bytes`);
  assert.equal(count(19, false), `${expected}, found more than 18 bytes`);
});

test.run();
