/** Several threads in one image give what one gives, to the bit, and end as they should. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { suite } from "uvu";
import { load as loadLab } from "../../../bindings/lab.ts";
import { loadWith } from "../../../bindings/load/load.ts";
import { load, loadPool, type Network } from "../../../bindings/node.ts";
import type { WorkerHandle } from "../../../bindings/pool/messages.ts";
import type { LoadOptions, RunOptions } from "../../../bindings/types.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { drawDigits } from "../../../models/drawn/digits.ts";
import { network, population, projection } from "../../reference/build.ts";
import { assertContains } from "../../support/contains.ts";
import { availableBuilds } from "../../support/core/builds.ts";
import { Crews, type Cut, failingModule, watchedHost } from "../../support/core/crews.ts";
import { cases } from "../../support/core/networks.ts";
import { runs } from "../../support/core/settings.ts";

const MODEL = readFileSync(new URL("../../../models/digits.bsnn.gguf", import.meta.url));
const images = drawDigits(6, 5).map(({ pixels }) => pixels);
const builds = await availableBuilds();
const crews = new Crews();

/** Everything a network tells of a run. */
function everything(net: Network, samples: Uint8Array, options: RunOptions) {
  const result = net.run(samples, options);
  return {
    result,
    levels: net.populations.map(({ kind }, i) => (kind === "output" ? null : net.levels(i))),
    potentials: net.populations.map(({ kind }, i) => (kind === "input" ? null : net.potentials(i))),
    activity: net.activity(),
  };
}

/** Expects a rejection, or an exception, with a code and a message that says why. */
async function fails(what: Promise<unknown> | (() => unknown), code: string, message: RegExp): Promise<void> {
  const error = await (typeof what === "function" ? Promise.resolve().then(what) : what).then(
    () => assert.fail("should fail"),
    (reason) => reason,
  );
  assert.equal(error.code, code, error.message);
  assertContains(error.message, message);
}

const test = suite("threads");
test.after(() => crews.close());

for (const build of builds) {
  test(`${build}: the digits model, by 1, 2, 3 and 5 threads, in every way to run`, async () => {
    const one = await load(MODEL, { build });
    for (const threads of [1, 2, 3, 5]) {
      const net = await load(MODEL, { build, threads });
      assert.deepEqual([net.threads, net.build], [threads, build]);
      for (const options of [{}, { presentations: 3, carry: true }, { mode: "step" }, {}] as const) {
        for (const image of images) assert.deepEqual(everything(net, image, options), everything(one, image, options));
      }
      assert.equal([...net.steps(images[0])].length, net.latency);
      assert.deepEqual(net.classify(images[1]), one.classify(images[1]));
      net.dispose();
    }
    one.dispose();
  });

  test(`${build}: random networks, cut by rows and by channels, give what one thread gives`, () =>
    fc.assert(
      fc.asyncProperty(
        cases,
        fc.constantFrom(2, 3, 5),
        fc.constantFrom<Cut>(0, 1, 2),
        async ({ network, samples, presentations, carry }, threads, cut) => {
          const bytes = writeModel(network);
          const one = await load(bytes, { build });
          const net = await crews.load(bytes, build, threads, cut);
          try {
            const other = samples.map((sample) => 255 - sample);
            for (const given of [samples, other, samples])
              assert.deepEqual(net.run(given).outputs, one.run(given).outputs);
            const options = { presentations, carry };
            assert.deepEqual(everything(net, samples, options), everything(one, samples, options));
            assert.deepEqual(everything(net, other, options), everything(one, other, options));
          } finally {
            net.dispose();
            one.dispose();
          }
        },
      ),
      runs(120),
    ));
}

test("what is no number of threads is refused", async () => {
  for (const threads of [0, -1, 1.5, 33, Number.NaN, "2", true, null, {}] as never[]) {
    await fails(load(MODEL, { threads }), "bad-input", /^threads must be an integer in 1…32, found /);
  }
  const getter = {
    get threads(): number {
      throw new Error("no");
    },
  };
  await fails(load(MODEL, getter), "bad-input", /threads of options cannot be read: no/);
  assert.equal((await load(MODEL, { threads: undefined } as unknown as LoadOptions)).threads, 1);
});

test("where there are no threads the message says what is missing", async () => {
  const { core, bytes } = watchedHost().host;
  await fails(loadWith({ core, bytes }, MODEL, { threads: 2 }), "unsupported", /threads for one image need workers/);
  assert.equal((await loadWith({ core, bytes }, MODEL, { threads: 1 })).threads, 1);
  const whole = globalThis.SharedArrayBuffer;
  try {
    Object.assign(globalThis, { SharedArrayBuffer: undefined });
    await fails(load(MODEL, { threads: 2 }), "unsupported", /need SharedArrayBuffer.*Cross-Origin-Opener-Policy/);
    assert.equal((await load(MODEL)).threads, 1);
  } finally {
    Object.assign(globalThis, { SharedArrayBuffer: whole });
  }
  assert.equal((await loadLab(MODEL)).threads, 1);
});

test("a pool's networks have one thread each", async () => {
  await fails(loadPool(MODEL, { threads: 2 } as never), "bad-input", /threads must be 1 in a pool, found 2/);
});

test("disposing ends the workers", async () => {
  const { host, workers } = watchedHost();
  const net = await loadWith(host, MODEL, { threads: 3 });
  const ends = workers.map((worker) => new Promise((resolve) => worker.once("exit", resolve)));
  net.run(images[0]);
  net.dispose();
  net.dispose();
  await Promise.all(ends);
  await fails(() => net.run(images[0]), "disposed", /./);
});

test("a worker that ends between runs is done without", async () => {
  const one = await load(MODEL);
  const { host, workers } = watchedHost();
  const net = await loadWith(host, MODEL, { threads: 3 });
  for (const left of [2, 1]) {
    await workers[left - 1].terminate();
    await sleep(20);
    assert.equal(net.threads, left);
    for (const image of images) assert.deepEqual(net.run(image), one.run(image));
  }
  net.dispose();
});

test("a worker that fails is ended, once", async () => {
  const { host } = watchedHost();
  for (const fails of ["later", "at once"]) {
    let fail = (_reason: unknown): void => assert.fail("nobody listens");
    let ends = 0;
    const startWorker = (): WorkerHandle => ({
      post() {},
      listen(said, died) {
        fail = died;
        if (fails === "later") said({ ready: true });
        else died("no such script");
      },
      terminate: () => ends++,
    });
    const loading = loadWith({ ...host, threads: { ...host.threads!, startWorker } }, MODEL, { threads: 2 });
    if (fails === "later") {
      const net = await loading;
      fail("an exception");
      assert.deepEqual([ends, net.threads], [1, 1]);
      net.dispose();
    } else await assert.rejects(loading, /threads cannot be started: no such script/);
    assert.equal(ends, 1);
  }
});

test("a worker that fails in the middle of a run makes the network unusable, and says so", async () => {
  const module = failingModule(true);
  const { host, workers } = watchedHost((message) => ({ ...message, module }));
  const net = await loadWith(host, MODEL, { threads: 2, build: "baseline" });
  const end = new Promise((resolve) => workers[0].once("exit", resolve));
  // Until it has been quick enough to begin a part, runs are what they should be.
  const one = await load(MODEL);
  const lost = () => {
    for (const stop = performance.now() + 20_000; performance.now() < stop; )
      assert.deepEqual(net.run(images[0]), one.run(images[0]));
  };
  await fails(lost, "unsupported", /a thread has ended in the middle of a run/);
  await fails(() => net.run(images[0]), "unsupported", /load the network anew/);
  await fails(() => net.levels(0), "unsupported", /load the network anew/);
  await end;
  net.dispose();
  await fails(() => net.levels(0), "disposed", /./);
});

test("workers that cannot be started are told, and those that could are ended", async () => {
  const { host, workers } = watchedHost();
  let left = 1;
  const { startWorker } = host.threads!;
  const few = {
    ...host,
    threads: {
      ...host.threads!,
      startWorker() {
        if (left-- === 0) throw new Error("no more threads");
        return startWorker();
      },
    },
  };
  await fails(loadWith(few, MODEL, { threads: 3 }), "unsupported", /threads cannot be started: no more threads/);
  await new Promise((resolve) => workers[0].once("exit", resolve));
  const broken = watchedHost((message) => ({ ...message, module: {} }));
  await fails(loadWith(broken.host, MODEL, { threads: 2 }), "unsupported", /threads cannot be started: /);
});

test("a signal ends the start of workers, and not the network later", async () => {
  const reason = new Error("waited long enough");
  const silent = { post() {}, listen() {}, terminate() {} };
  const { host } = watchedHost();
  const stopping = new AbortController();
  const starting = loadWith({ ...host, threads: { ...host.threads!, startWorker: () => silent } }, MODEL, {
    threads: 2,
    signal: stopping.signal,
  });
  setTimeout(() => stopping.abort(reason), 30);
  await assert.rejects(starting, reason);
  const later = new AbortController();
  const net = await load(MODEL, { threads: 2, signal: later.signal });
  later.abort();
  assert.equal(net.run(images[0]).steps, net.latency);
  net.dispose();
});

test("limits hold as with one thread", async () => {
  await fails(
    load(MODEL, { threads: 2, maxMemory: 2 ** 16 }),
    "unsupported",
    /not enough memory: \d+ bytes are needed/,
  );
  await fails(load(MODEL, { threads: 2, maxSynapses: 1000 }), "unsupported", /synapses, 1000 are allowed/);
  await fails(load(MODEL.subarray(0, 100), { threads: 2 }), "bad-model", /./);
  const { memory } = await load(MODEL, { threads: 2 });
  const net = await load(MODEL, { threads: 2, maxMemory: memory });
  assert.equal(net.memory, memory);
  net.run(images[0]);
  await fails(() => net.run(images[0], { mode: "step" }), "unsupported", /not enough memory/);
  assert.deepEqual(net.run(images[1]), (await load(MODEL)).run(images[1]));
  net.dispose();
});

test("what an instance has written into static memory stays when others join", async () => {
  const populations = [population("input", [1, 2, 1], 0), population("output", [1, 1, 2], 1)];
  const weights = projection({
    source: 0,
    target: 1,
    sourceChannels: [0, 1],
    targetChannels: [0, 2],
    region: [0, 0, 1, 1],
    kernel: [1, 2],
    weight: Int8Array.of(1, 2, 3, 4),
  });
  // Where its keys lie is read when values are encoded.
  const file = writeModel(network(7, populations, [weights], { coding: "current", range: [-2, 2] }));
  const [one, net] = [await load(file), await load(file, { threads: 3 })];
  const values = [0.3, -1.7];
  assert.deepEqual(net.encode(values), one.encode(values));
  assert.deepEqual([...net.encode(values)], [147, 19]);
  assert.deepEqual(net.run(net.encode(values)), one.run(one.encode(values)));
  net.dispose();
});

test("what a run gives belongs to the caller", async () => {
  const net = await load(MODEL, { threads: 2 });
  const { outputs } = net.run(images[0]);
  for (const { buffer } of [outputs[0].values, outputs[0].potentials, net.levels(0), net.units(1)])
    assert.equal(Object.prototype.toString.call(buffer), "[object ArrayBuffer]");
  const kept = outputs[0].potentials.slice();
  net.run(images[1]);
  assert.deepEqual(outputs[0].potentials, kept);
  net.dispose();
});

test.run();
