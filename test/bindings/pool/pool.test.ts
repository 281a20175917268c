/** A pool gives what one network gives, in the order asked for, from however many workers. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import { fileBytes } from "../../../bindings/load/file.ts";
import { load, loadPool } from "../../../bindings/node.ts";
import { loadPool as loadPoolWithoutThreads } from "../../../bindings/pool/no-threads.ts";
import { loadPoolWith, type PoolHost } from "../../../bindings/pool/pool.ts";
import { threadWorker } from "../../../bindings/pool/thread.ts";
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

test("an input is what it was at the call, whatever becomes of it", async () => {
  const pool = await loadPool(MODEL, { workers: 1 });
  const runs = Array.from({ length: 8 }, (_, k) => {
    const own = images[k].slice();
    const options = { mode: "period" as Mode };
    const run = pool.run(own, options);
    options.mode = "neither" as Mode;
    if (k % 2 === 0) structuredClone(own, { transfer: [own.buffer] });
    else own.fill(0);
    return run;
  });
  for (const [k, { logits }] of (await Promise.all(runs)).entries()) {
    assert.deepEqual(logits, network.run(images[k]).logits);
  }
  const gone = images[0].slice();
  structuredClone(gone, { transfer: [gone.buffer] });
  await rejects(pool.run(gone), "bad-input", /./);
  assert.deepEqual((await pool.run(images[0], null as never)).logits, network.run(images[0]).logits);
  await pool.dispose();
});

/** A host whose workers can be ended from here, and that may refuse to start more. */
function mortalHost() {
  const workers: Worker[] = [];
  const state = { most: Number.POSITIVE_INFINITY };
  const host: PoolHost = {
    core: async () => WebAssembly.compile(readFileSync(new URL("../../../dist/core.wasm", import.meta.url))),
    bytes: fileBytes,
    startWorker() {
      if (workers.length >= state.most) throw new Error("no more threads");
      const worker = new Worker(new URL("../../../dist/node-worker.js", import.meta.url));
      workers.push(worker);
      return threadWorker(worker);
    },
    processors: () => 1,
  };
  return { host, workers, state };
}

test("the inputs of a worker that ends are run by another", async () => {
  for (const count of [1, 2]) {
    const { host, workers } = mortalHost();
    const pool = await loadPoolWith(host, MODEL, { workers: count, build: "baseline" });
    const runs = images.map((image) => pool.run(image, { mode: "step" }));
    await workers[0].terminate();
    for (const [k, { logits }] of (await Promise.all(runs)).entries()) {
      assert.deepEqual(logits, network.run(images[k]).logits);
    }
    assert.equal(workers.length, count + 1);
    assert.equal(pool.workers, count);
    await pool.dispose();
  }
});

test("an input at which workers end is given up, and the pool goes on", async () => {
  const { host, workers } = mortalHost();
  const pool = await loadPoolWith(host, MODEL, { workers: 1, build: "baseline" });
  const long = pool.run(images[0], { presentations: 1_000_000 });
  const ended = rejects(long, "unsupported", /a worker has ended/);
  const other = pool.run(images[1]);
  await workers[0].terminate();
  // The replacement is given the input once it is ready.
  while (workers.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  await new Promise((resolve) => setTimeout(resolve, 500));
  await workers[1].terminate();
  await ended;
  assert.deepEqual((await other).logits, network.run(images[1]).logits);
  await pool.dispose();
});

test("a pool whose last worker ends rejects, where none can be started", async () => {
  const { host, workers, state } = mortalHost();
  const pool = await loadPoolWith(host, MODEL, { workers: 1, build: "baseline" });
  state.most = 1;
  const runs = images.map((image) =>
    pool.run(image, { presentations: 1000 }).then(
      () => "done",
      ({ code }) => code,
    ),
  );
  await workers[0].terminate();
  assert.ok((await Promise.all(runs)).every((code) => code === "done" || code === "unsupported"));
  await rejects(pool.run(images[0]), "unsupported", /no worker is left/);
  await pool.dispose();
});

test("a signal ends the start of workers, and not the pool later", async () => {
  for (const wait of [0, 5, 30]) {
    const stopping = new AbortController();
    const reason = new Error("waited long enough");
    // A worker that never says it is ready.
    const silent = { ...mortalHost().host, startWorker: () => ({ post() {}, listen() {}, terminate() {} }) };
    const starting = loadPoolWith(silent, MODEL, { signal: stopping.signal });
    setTimeout(() => stopping.abort(reason), wait);
    await assert.rejects(starting, reason);
  }
  const later = new AbortController();
  const pool = await loadPool(MODEL, { workers: 1, signal: later.signal });
  later.abort();
  assert.equal((await pool.run(images[0])).steps, network.latency);
  await pool.dispose();
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
