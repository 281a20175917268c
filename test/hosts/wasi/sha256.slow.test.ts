/** The command's SHA-256 is SHA-256. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "uvu";
import { compile, type Part } from "../../support/hosts/wasi/compile.ts";

const part = await compile(["sha256.ts"]);

function digest(part: Part, pieces: readonly Uint8Array[]): string {
  part.call("beginDigest");
  for (const piece of pieces) {
    new Uint8Array(part.memory.buffer, buffer, piece.length).set(piece);
    part.call("addToDigest", buffer, piece.length);
  }
  return Buffer.from(part.read(part.call("endDigest"), 32)).toString("hex");
}

const buffer = part.place(new Uint8Array(1000));
const text = Uint8Array.from({ length: 1000 }, (_, i) => (i * 41) ^ (i >> 3));

test("gives the published digest of 'abc'", () => {
  const abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assert.equal(digest(part, [new TextEncoder().encode("abc")]), abc);
});

test("agrees with Node's for every length around its blocks", () => {
  for (let length = 0; length <= 200; length++) {
    const bytes = text.subarray(0, length);
    assert.equal(digest(part, [bytes]), createHash("sha256").update(bytes).digest("hex"), `${length} bytes`);
  }
});

test("does not depend on how the bytes are cut into pieces", () => {
  const whole = createHash("sha256").update(text).digest("hex");
  for (const size of [1, 7, 63, 64, 65, 128, 999]) {
    const pieces = [];
    for (let i = 0; i < text.length; i += size) pieces.push(text.subarray(i, i + size));
    assert.equal(digest(part, pieces), whole, `pieces of ${size}`);
  }
});

test.run();
