/** A PNG's data are decoded as far as its image reaches. */

import assert from "node:assert/strict";
import { deflateSync } from "node:zlib";
import { test } from "uvu";
import { createImageReader } from "../../../bindings/images/node.ts";
import { encodePng } from "../../support/files/png.ts";

const reader = createImageReader();

/** A grey PNG with other rows than its own; the decoder does not care for a checksum before it has met the data. */
function withRows(width: number, height: number, rows: Uint8Array, pieces = 1): Uint8Array {
  const own = encodePng(width, height, "grey", new Uint8Array(width * height));
  const begin = own.subarray(0, 33);
  const data = deflateSync(rows);
  const chunks = Array.from({ length: pieces }, (_, i) => {
    const body = data.subarray((i * data.length) / pieces, ((i + 1) * data.length) / pieces);
    return Buffer.concat([chunkOf("IDAT", body)]);
  });
  return Buffer.concat([begin, ...chunks, own.subarray(own.length - 12)]);
}

function chunkOf(type: string, body: Uint8Array): Buffer {
  const out = Buffer.alloc(body.length + 12);
  out.writeUInt32BE(body.length);
  out.write(type, 4, "latin1");
  out.set(body, 8);
  let crc = ~0;
  for (const byte of out.subarray(4, body.length + 8)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  out.writeUInt32BE(~crc >>> 0, body.length + 8);
  return out;
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

test.run();
