/** A PNG's data are decoded as far as its image reaches. */

import assert from "node:assert/strict";
import { crc32, deflateSync } from "node:zlib";
import { test } from "uvu";
import { createImageReader, type DecodedImage, ImageError } from "../../../bindings/images/node.ts";
import { anyPng, COLOUR_TYPES, pngChunk } from "../../support/files/any-png.ts";
import { encodePng } from "../../support/files/png.ts";
import { random } from "../../support/random.ts";

const reader = createImageReader();

/** A grey PNG with other rows than its own. */
function withRows(width: number, height: number, rows: Uint8Array, pieces = 1): Uint8Array {
  const own = encodePng(width, height, "grey", new Uint8Array(width * height));
  const begin = own.subarray(0, 33);
  const data = deflateSync(rows);
  const chunks = Array.from({ length: pieces }, (_, i) => {
    const body = data.subarray((i * data.length) / pieces, ((i + 1) * data.length) / pieces);
    return pngChunk("IDAT", body);
  });
  return Buffer.concat([begin, ...chunks, own.subarray(own.length - 12)]);
}

test("data that go on after the image are refused before they are inflated", async () => {
  for (const [width, height, pieces] of [
    [1, 1, 1],
    [64, 64, 1],
    [512, 512, 50],
  ]) {
    const bomb = withRows(width, height, new Uint8Array(300e6), pieces);
    const begin = performance.now();
    const error = await reader.decode(bomb).then(
      () => assert.fail("it was decoded"),
      (reason) => reason,
    );
    assert.match(error.message, /data go on after its image/);
    assert.equal(error.fault, "corrupt");
    assert.ok(performance.now() - begin < 250, `${(performance.now() - begin).toFixed()} ms`);
  }
});

test("images of every size are decoded, and a few bytes too many do no harm", async () => {
  const noise = Uint8Array.from({ length: 301 * 300 }, (_, i) => (i % 301 ? (i * i * 7919) % 251 : 0));
  const image = await reader.decode(withRows(300, 300, noise, 7));
  assert.deepEqual([...image.data.subarray(0, 4)], [noise[1], noise[1], noise[1], 255]);
  const surplus = Buffer.concat([noise, new Uint8Array(1000)]);
  assert.deepEqual((await reader.decode(withRows(300, 300, surplus))).data, image.data);
  const half = withRows(300, 300, noise.subarray(0, noise.length / 2));
  await assert.rejects(reader.decode(half), /truncated or corrupt/);
});

/** Samples, colours and transparency of a kind of image, drawn from a seed; and what is seen of it, RGB. */
function drawn(colourType: number, depth: number, width: number, height: number, interlaced: boolean, seed: number) {
  const next = random(seed);
  const below = (end: number) => Math.floor(next() * end);
  const { samples: count } = COLOUR_TYPES[colourType];
  const colours = colourType === 3 ? 1 + below(2 ** depth) : 2 ** depth;
  const samples = Array.from({ length: width * height * count }, () => below(colours));
  const palette = colourType === 3 ? Uint8Array.from({ length: 3 * colours }, () => below(256)) : undefined;
  const transparent = { 0: 2, 2: 6, 3: 1 + below(colours) }[colourType];
  const transparency =
    transparent && seed % 2
      ? Uint8Array.from({ length: transparent }, (_, i) => (i % 2 ? below(colours) : 0))
      : undefined;
  const eight = (sample: number) => (depth === 16 ? sample >> 8 : (sample * 255) / (2 ** depth - 1));
  const seen = Array.from({ length: 3 * width * height }, (_, i) => {
    const pixel = samples.slice(count * Math.floor(i / 3), count * (Math.floor(i / 3) + 1));
    if (palette) return palette[3 * pixel[0] + (i % 3)];
    return eight(pixel[count < 3 ? 0 : i % 3]);
  });
  const parts = { width, height, colourType, depth, interlaced, samples, pieces: 1 + below(5) };
  return { file: anyPng({ ...parts, ...(palette && { palette }), ...(transparency && { transparency }) }), seen };
}

const rgbOf = ({ data }: DecodedImage) => [...data].filter((_, i) => i % 4 < 3);

test("images of every colour type, depth, order of rows and size are what they are", async () => {
  let seed = 1;
  for (const [type, { depths }] of Object.entries(COLOUR_TYPES)) {
    for (const depth of depths) {
      for (const interlaced of [false, true]) {
        for (const [width, height] of [
          [1, 1],
          [2, 1],
          [1, 3],
          [5, 4],
          [7, 9],
          [17, 8],
          [33, 2],
        ]) {
          const { file, seen } = drawn(Number(type), depth, width, height, interlaced, ++seed);
          const image = await reader.decode(file);
          const what = `type ${type}, ${depth} bits, ${interlaced ? "interlaced, " : ""}${width}×${height}`;
          assert.deepEqual([image.width, image.height, rgbOf(image)], [width, height, seen], what);
        }
      }
    }
  }
});

const SMALL = { width: 9, height: 7, colourType: 0, depth: 8, samples: Array.from({ length: 63 }, (_, i) => 4 * i) };

/** Least processor time of some work, in ms, of up to three times: what is collected meanwhile may be of others. */
async function leastTime(work: () => Promise<void>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let k = 0; k < 3 && least > 50; k++) {
    const begin = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(begin);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

/** What a file's pixels are, or why there are none. */
async function outcome(file: Uint8Array): Promise<number[] | string> {
  try {
    return rgbOf(await reader.decode(file));
  } catch (error) {
    assert.ok(error instanceof ImageError, String(error));
    return error.message;
  }
}

test("whatever bit of a file is flipped, it is refused or shows the same", async () => {
  const small = { ...SMALL, width: 3, height: 2, colourType: 3, depth: 2, samples: [0, 1, 2, 3, 2, 1] };
  const file = anyPng({ ...small, palette: Uint8Array.from({ length: 12 }, (_, i) => 20 * i), pieces: 2 });
  const whole = await outcome(file);
  let refused = 0;
  for (let bit = 0; bit < 8 * file.length; bit++) {
    const flipped = Uint8Array.from(file);
    flipped[bit >> 3] ^= 1 << (bit & 7);
    const found = await outcome(flipped);
    if (typeof found === "string") refused++;
    else assert.deepEqual(found, whole, `bit ${bit}`);
  }
  assert.ok(refused > 8 * file.length - 20, `${refused} of ${8 * file.length}`);
  for (let end = 0; end < file.length; end++) assert.equal(typeof (await outcome(file.subarray(0, end))), "string");
});

test("what is no part of the image does not matter, however much of it there is", async () => {
  const whole = rgbOf(await reader.decode(anyPng(SMALL)));
  const zeros = deflateSync(Buffer.alloc(50e6));
  const frame = Buffer.alloc(26);
  frame.writeUInt32BE(3, 4);
  frame.writeUInt32BE(3, 8);
  const before = [
    [pngChunk("iCCP", Buffer.concat([Buffer.from("a\0\0"), zeros]))],
    [pngChunk("zTXt", Buffer.concat([Buffer.from("a\0\0"), zeros]))],
    [pngChunk("acTL", Buffer.alloc(8)), pngChunk("fcTL", frame)],
    [pngChunk("pHYs", Buffer.of(1)), pngChunk("sRGB", Buffer.of(9)), pngChunk("gAMA", Buffer.alloc(4))],
    Array.from({ length: 50_000 }, () => pngChunk("tEXt", Buffer.alloc(0))),
  ];
  for (const chunks of before) {
    const file = anyPng({ ...SMALL, before: chunks });
    const name = chunks[0].toString("latin1", 4, 8);
    const time = await leastTime(async () => assert.deepEqual(await outcome(file), whole, name));
    assert.ok(time < 250, `${name}: ${time} ms`);
  }
  for (const transparency of [Buffer.alloc(0), Buffer.alloc(7)]) {
    assert.deepEqual(await outcome(anyPng({ ...SMALL, transparency })), whole);
  }
  assert.deepEqual(await outcome(Buffer.concat([anyPng(SMALL), Buffer.alloc(999)])), whole);
});

test("indices beyond the palette are black, as libpng and Pillow have them", async () => {
  for (const depth of [1, 2, 4, 8]) {
    const colours = 2 ** depth - 1;
    const samples = Array.from({ length: 2 ** depth }, (_, k) => k);
    const palette = Uint8Array.from({ length: 3 * colours }, (_, k) => 255 - (k % 200));
    const file = anyPng({ width: samples.length, height: 1, colourType: 3, depth, samples, palette });
    assert.deepEqual(rgbOf(await reader.decode(file)), [...palette, 0, 0, 0], `${depth} bits`);
  }
});

test("broken headers, palettes, data and orders of chunks are refused at once", async () => {
  const header = (at: number, ...bytes: number[]) => {
    const file = anyPng(SMALL);
    file.set(bytes, 16 + at);
    file.writeUInt32BE(crc32(file.subarray(12, 29)), 29);
    return file;
  };
  const indexed = { ...SMALL, colourType: 3, samples: new Uint8Array(63) };
  const all: Record<string, Uint8Array> = {
    "a depth that no type has": header(8, 3),
    "a depth that its type has not": header(8, 4, 2),
    "no colour type": header(9, 5),
    "another compression": header(10, 1),
    "other filters": header(11, 1),
    "another order": header(12, 2),
    "more rows than data": header(4, 0, 0, 0, 8),
    "longer rows than data": header(0, 0, 0, 0, 10),
    "as many rows as can be decoded": header(0, 0, 0, 32, 0, 0, 0, 32, 0, 16, 6),
    "one long row": header(0, 0, 255, 255, 255, 0, 0, 0, 4, 16, 6),
    "two headers": anyPng({ ...SMALL, before: [anyPng(SMALL).subarray(8, 33)] }),
    "no palette": anyPng(indexed),
    "an empty palette": anyPng({ ...indexed, palette: new Uint8Array() }),
    "half a colour": anyPng({ ...indexed, palette: new Uint8Array(47) }),
    "too many colours": anyPng({ ...indexed, palette: new Uint8Array(771) }),
    "two palettes": anyPng({ ...indexed, palette: new Uint8Array(9), before: [pngChunk("PLTE", new Uint8Array(9))] }),
    "a chunk that must be understood": anyPng({ ...SMALL, before: [pngChunk("ABCD", Buffer.of(1))] }),
    "data apart": anyPng({ ...SMALL, before: [pngChunk("IDAT", Buffer.alloc(0)), pngChunk("tEXt", Buffer.alloc(3))] }),
    "no data": anyPng({ ...SMALL, pieces: 0 }),
    "empty data": anyPng({ ...SMALL, compressed: () => new Uint8Array() }),
    "an unknown filter": anyPng({ ...SMALL, rows: (rows) => rows.fill(5, 0, 1) }),
    "a row too few": anyPng({ ...SMALL, rows: (rows) => rows.subarray(10) }),
    "data of another kind": anyPng({ ...SMALL, compressed: (data) => data.subarray(2) }),
  };
  await reader.decode(anyPng(SMALL));
  for (const [what, file] of Object.entries(all)) {
    const before = process.memoryUsage().rss;
    const time = await leastTime(async () => assert.equal(typeof (await outcome(file)), "string", what));
    assert.ok(time < 100, `${what}: ${time} ms`);
    assert.ok(process.memoryUsage().rss - before < 50e6, what);
  }
});

test("data in pieces of a byte take no longer", async () => {
  const samples = Uint8Array.from({ length: 90_000 }, (_, i) => (i * i * 7919) % 251);
  const image = { ...SMALL, width: 300, height: 300, samples };
  const begin = process.cpuUsage();
  const pieces = await outcome(anyPng({ ...image, pieces: 80_000 }));
  const { user, system } = process.cpuUsage(begin);
  assert.deepEqual(pieces, await outcome(anyPng(image)));
  assert.ok(user + system < 1_500_000, `${(user + system) / 1000} ms`);
});

test.run();
