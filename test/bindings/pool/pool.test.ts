/** A pool gives what one network gives, in the order asked for, from however many workers. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import { load, loadPool } from "../../../bindings/node.ts";
import { loadPool as loadPoolWithoutThreads } from "../../../bindings/pool/no-threads.ts";
import type { Mode, Pool } from "../../../bindings/types.ts";
import { OutputDigest } from "../../../hosts/node/report/digest.ts";
import { drawDigits } from "../../../models/drawn/digits.ts";
import { assertContains } from "../../support/contains.ts";

const MODEL = new URL("../../../models/digits.bsnn.gguf", import.meta.url);
const images = drawDigits(40, 3).map(({ pixels }) => pixels);
const network = await load(MODEL);

function expected(mode: Mode): string {
  const digest = new OutputDigest();
  for (const image of images) digest.add(network.run(image, { mode }).outputs);
  return digest.hex();
}

/** Expects a rejection with a code, and a message that says why. */
async function rejects(promise: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  const error = await promise.then(
    () => assert.fail("should be rejected"),
    (reason) => reason,
  );
  assert.equal(error.code, code, error.message);
  assertContains(error.message, message);
}

const test = suite("pool");

for (const workers of [1, 2, 3]) {
  test(`${workers} workers give the digest of one network, in both modes`, async () => {
    const pool = await loadPool(MODEL, { workers });
    assert.equal(pool.workers, workers);
    assert.equal(pool.build, network.build);
    for (const mode of ["period", "step"] as const) {
      const digest = new OutputDigest();
      for (const { outputs } of await Promise.all(images.map((image) => pool.run(image, { mode }))))
        digest.add(outputs);
      assert.equal(digest.hex(), expected(mode));
    }
    await pool.dispose();
  });
}

test("a result is that of a network's run, with activity where it is asked for", async () => {
  const pool = await loadPool(readFileSync(MODEL), { workers: 1, build: "baseline" });
  const options = { presentations: 2, carry: true };
  const { milliseconds, activity, ...result } = await pool.run(images[0], { ...options, activity: true });
  assert.deepEqual(result, network.run(images[0], options));
  assert.deepEqual(activity, network.activity());
  assert.ok(milliseconds > 0);
  assert.ok(!("activity" in (await pool.run(images[0]))));
  await pool.dispose();
});

test("inputs are only read, and views of larger buffers are understood", async () => {
  const pool = await loadPool(MODEL, { workers: 1 });
  const size = images[0].length;
  const all = new Uint8Array(3 * size);
  all.set(images[1], size);
  const { logits } = await pool.run(all.subarray(size, 2 * size));
  assert.deepEqual(logits, network.run(images[1]).logits);
  assert.equal(all.length, 3 * size);
  await pool.dispose();
});

test("a refused input leaves the pool usable", async () => {
  const pool = await loadPool(MODEL, { workers: 2 });
  const refused = pool.run(new Uint8Array(3));
  const answered = pool.run(images[0]);
  await rejects(refused, "bad-input", /28×28×1 = 784 samples, found 3/);
  await rejects(pool.run(new Float32Array(784) as unknown as Uint8Array), "bad-input", /found Float32Array/);
  await rejects(pool.run(images[0], { presentations: 0 }), "bad-input", /presentations/);
  assert.deepEqual((await answered).logits, network.run(images[0]).logits);
  await pool.dispose();
});

test("a pool that cannot be loaded says why, as load does", async () => {
  await rejects(loadPool(new Uint8Array(10), { workers: 2 }), "bad-model", /./);
  await rejects(loadPool(MODEL, { workers: 0 }), "bad-input", /workers must be an integer in 1…256, found 0/);
  await rejects(loadPool(MODEL, { workers: 1.5 }), "bad-input", /found 1.5/);
});

test("a host without threads says so", async () => {
  await rejects(loadPoolWithoutThreads(MODEL), "unsupported", /no threads/);
});

test("disposing rejects what has not been answered, and what comes later", async () => {
  const pool: Pool = await loadPool(MODEL, { workers: 1 });
  const runs = images.map((image) => pool.run(image, { mode: "step" }).catch((error) => error.code));
  await pool.dispose();
  assert.equal((await Promise.all(runs)).at(-1), "disposed");
  await rejects(pool.run(images[0]), "disposed", /./);
  await pool.dispose();
});

test.run();
