/** A checksum in a model file finds damage; a file without one loads and says so. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "uvu";
import { crc32 as crc32OfBindings } from "../../../bindings/network/checksum.ts";
import { load, loadPool } from "../../../bindings/node.ts";
import { crc32 } from "../../../convert/write/crc32.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { network, population, repeat } from "../../reference/build.ts";

const shape: [number, number, number] = [1, 2, 3];
const small = network(
  7,
  [population("input", shape, 0), population("bistable", shape, 1), population("output", shape, 2)],
  [repeat(0, 1, shape), repeat(1, 2, shape)],
);

test("both sums are the CRC-32 that is known", () => {
  for (const crc of [crc32, crc32OfBindings]) {
    assert.equal(crc(new TextEncoder().encode("123456789")), 0xcbf43926);
    assert.equal(crc(new Uint8Array()), 0);
  }
  for (let length = 0; length < 70; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 167 + length) % 256);
    assert.equal(crc32OfBindings(bytes), crc32(bytes));
  }
});

test("a file with a checksum is verified, one without loads and says so", async () => {
  const plain = await load(writeModel(small));
  const summed = await load(writeModel(small, { checksum: true }));
  assert.equal(plain.verified, false);
  assert.equal(summed.verified, true);
  const samples = Uint8Array.of(1, 20, 90, 127, 200, 255);
  assert.deepEqual(summed.run(samples).outputs, plain.run(samples).outputs);
  const digits = await load(new URL("../../../models/digits.bsnn.gguf", import.meta.url));
  assert.equal(digits.verified, false);
});

test("every flip of a bit is refused, or leaves a network that is the same and not verified", async () => {
  const file = writeModel(small, { checksum: true });
  const samples = Uint8Array.of(1, 20, 90, 127, 200, 255);
  const expected = (await load(file)).run(samples).outputs;
  const name = new TextDecoder("latin1").decode(file).indexOf("bsnn.checksum");
  let refused = 0;
  for (let bit = 0; bit < file.length * 8; bit++) {
    const damaged = file.slice();
    damaged[bit >> 3] ^= 1 << (bit & 7);
    const loaded = await load(damaged, { maxMemory: 2 ** 22 }).catch((error) => {
      // Sizes that are damaged may ask for more memory than there is.
      assert.ok(error.code === "bad-model" || error.code === "unsupported", `bit ${bit}: ${error}`);
      return null;
    });
    if (loaded === null) {
      refused++;
      continue;
    }
    // Only a flip in the checksum's own name takes it out of sight.
    assert.equal(loaded.verified, false);
    assert.ok(bit >> 3 >= name && bit >> 3 < name + 13, `bit ${bit} was not found`);
    assert.deepEqual(loaded.run(samples).outputs, expected);
  }
  assert.ok(refused >= file.length * 8 - 13 * 8);
});

test("workers verify as well", async () => {
  const file = writeModel(small, { checksum: true });
  await (await loadPool(file, { workers: 1 })).dispose();
  file[file.length - 40] ^= 1;
  await assert.rejects(loadPool(file, { workers: 1 }), { code: "bad-model" });
});

test("nothing follows the tensors but what fills the last one up", async () => {
  const file = readFileSync(new URL("../../../models/digits.bsnn.gguf", import.meta.url));
  const longer = (bytes: number) => Buffer.concat([file, new Uint8Array(bytes)]);
  await assert.rejects(load(longer(64)), {
    code: "bad-model",
    message: /the tensors end at byte \d+ of the file, which has/,
  });
  await assert.rejects(load(longer(5000)), { code: "bad-model" });
  assert.equal((await load(longer(0))).phases, 7);
});

test.run();
