/** Every model file states a checksum, which finds damage; a file without one loads and says so. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { test } from "uvu";
import { load, loadPool } from "../../../bindings/node.ts";
import { checksum, stateChecksum } from "../../../convert/write/checksum.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { network, population, repeat } from "../../reference/build.ts";
import { ModelFile } from "../../support/core/edit.ts";
import { runs } from "../../support/core/settings.ts";

const shape: [number, number, number] = [1, 2, 3];
const small = writeModel(
  network(
    7,
    [population("input", shape, 0), population("bistable", shape, 1), population("output", shape, 2)],
    [repeat(0, 1, shape), repeat(1, 2, shape)],
  ),
);
const digits = new Uint8Array(readFileSync(new URL("../../../models/digits.bsnn.gguf", import.meta.url)));
const samples = Uint8Array.of(1, 20, 90, 127, 200, 255);

/** The sum as docs/format.md defines it, term by term. */
function sumByTerms(bytes: Uint8Array): bigint {
  const values = [BigInt(bytes.length)];
  for (let at = 0; at < bytes.length; at += 4) {
    values.push([0, 1, 2, 3].reduce((word, i) => word + (BigInt(bytes[at + i] ?? 0) << BigInt(8 * i)), 0n));
  }
  const n = values.length;
  return values.reduce((sum, value, i) => sum + BigInt(2 * (n - i) + 1) * value, 0n) % 2n ** 64n;
}

/** Where the key's name lies in a file. */
const placeOfName = (file: Uint8Array) => Buffer.from(file).indexOf("bsnn.checksum");

function withFlips(file: Uint8Array, bits: readonly number[]): Uint8Array {
  const damaged = file.slice();
  for (const bit of bits) damaged[bit >> 3] ^= 1 << (bit & 7);
  return damaged;
}

test("the sum is the one that is defined", () => {
  assert.equal(
    checksum(new TextEncoder().encode("123456789")),
    9n * 9n + 7n * 0x34333231n + 5n * 0x38373635n + 3n * 0x39n,
  );
  assert.equal(checksum(new Uint8Array()), 0n);
  for (const length of [...Array(70).keys(), 4095, 4096, 4097, 20_003]) {
    const bytes = Uint8Array.from({ length: length + 3 }, (_, i) => 255 - ((i * i * 167 + length) % 251));
    for (const from of [0, 1, 3]) {
      assert.equal(checksum(bytes.subarray(from, from + length)), sumByTerms(bytes.subarray(from, from + length)));
    }
  }
  // Largest words, whose sums wrap.
  const full = new Uint8Array(2 ** 19).fill(255);
  assert.equal(checksum(full), sumByTerms(full));
});

test("a file is verified; one without a checksum loads and says so", async () => {
  for (const file of [small, digits]) assert.equal((await load(file)).verified, true);
  const plain = new ModelFile(small);
  plain.remove("bsnn.checksum");
  const loaded = await load(plain.bytes());
  assert.equal(loaded.verified, false);
  assert.deepEqual(loaded.run(samples).outputs, (await load(small)).run(samples).outputs);
});

test("a checksum of another kind is refused", async () => {
  const old = new ModelFile(small);
  old.remove("bsnn.checksum");
  old.add("bsnn.checksum", "u32", 7);
  await assert.rejects(load(old.bytes()), { code: "bad-model", message: /bsnn\.checksum.* must be u64, found u32/ });
});

test("every flip of a bit is refused, or leaves a network that is the same and not verified", async () => {
  const expected = (await load(small)).run(samples).outputs;
  const name = placeOfName(small);
  let refused = 0;
  for (let bit = 0; bit < small.length * 8; bit++) {
    const loaded = await load(withFlips(small, [bit]), { maxMemory: 2 ** 22 }).catch((error) => {
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
  assert.ok(refused >= small.length * 8 - 13 * 8);
});

/** Whether what a file states is its sum, its own bytes taken as zero. */
function fits(file: Uint8Array): boolean {
  const at = placeOfName(digits) + 17;
  const zeroed = file.slice();
  const stated = new DataView(zeroed.buffer).getBigUint64(at, true);
  zeroed.fill(0, at, at + 8);
  return checksum(zeroed) === stated;
}

test("any two flips, and whatever changes within 32 bits, give another sum than is stated", () => {
  assert.ok(fits(digits));
  const bits = fc.nat(digits.length * 8 - 1);
  const own = fc.nat(63).map((bit) => (placeOfName(digits) + 17) * 8 + bit);
  const last = fc.nat(63).map((bit) => digits.length * 8 - 64 + bit);
  const bit = fc.oneof(bits, own, last);
  fc.assert(
    fc.property(bit, bit, (one, other) => {
      fc.pre(one !== other);
      assert.ok(!fits(withFlips(digits, [one, other])));
    }),
    runs(3000),
  );
  const first = (placeOfName(digits) + 25) * 8;
  const behind = fc.integer({ min: first, max: digits.length * 8 - 32 });
  fc.assert(
    fc.property(behind, fc.uniqueArray(fc.nat(31), { minLength: 1 }), (from, places) => {
      assert.ok(
        !fits(
          withFlips(
            digits,
            places.map((place) => from + place),
          ),
        ),
      );
    }),
    runs(3000),
  );
});

test("all pairs of flips in two words, wherever they lie, give another sum", () => {
  const bytes = Uint8Array.from({ length: 64 }, (_, i) => (i * 73) % 256);
  const expected = checksum(bytes);
  for (let one = 0; one < 512; one++) {
    for (let other = 0; other < one; other++) {
      if (checksum(withFlips(bytes, [one, other])) === expected) assert.fail(`bits ${one} and ${other}`);
    }
  }
});

test("two flips in tensors are refused, words that change places and a tail that is cut too", async () => {
  const name = placeOfName(small);
  const bits = fc.integer({ min: (name + 13) * 8, max: small.length * 8 - 1 });
  const refused = (file: Uint8Array) =>
    load(file, { maxMemory: 2 ** 22 }).then(
      () => false,
      ({ code }) => code === "bad-model" || code === "unsupported",
    );
  await fc.assert(
    fc.asyncProperty(bits, bits, async (one, other) => {
      fc.pre(one !== other);
      assert.ok(await refused(withFlips(small, [one, other])));
    }),
    runs(300),
  );
  const moved = digits.slice();
  const at = Math.floor(digits.length / 8) * 4;
  moved.copyWithin(at, at + 4, at + 8);
  moved.set(digits.subarray(at, at + 4), at + 4);
  assert.ok(await refused(moved));
  // What fills the last tensor up says nothing, and belongs to the file.
  assert.equal(small.at(-1), 0);
  assert.ok(await refused(small.subarray(0, -1)));
});

test("a sum that is stated anew is right", async () => {
  const file = small.slice();
  file[placeOfName(file) + 17] ^= 1;
  await assert.rejects(load(file), { code: "bad-model", message: "the file is damaged: its checksum is another" });
  stateChecksum(file);
  assert.deepEqual(file, small);
});

test("workers verify as well", async () => {
  await (await loadPool(small, { workers: 1 })).dispose();
  await assert.rejects(loadPool(withFlips(small, [8 * (small.length - 40)]), { workers: 1 }), { code: "bad-model" });
});

test("nothing follows the tensors but what fills the last one up", async () => {
  const longer = (bytes: number) => Buffer.concat([digits, new Uint8Array(bytes)]);
  await assert.rejects(load(longer(64)), {
    code: "bad-model",
    message: /the tensors end at byte \d+ of the file, which has/,
  });
  await assert.rejects(load(longer(5000)), { code: "bad-model" });
  assert.equal((await load(longer(0))).phases, 7);
});

test.run();
