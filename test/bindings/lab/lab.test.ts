/** What a caller of `bsnn/lab` may rely on beside what every network does. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "uvu";
import { BsnnError, type Delay, load, type Schedule } from "../../../bindings/lab.ts";
import { load as loadDeployed } from "../../../bindings/node.ts";
import type { QuantizedNetwork } from "../../../convert/network/network.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { drawDigits } from "../../../models/drawn/digits.ts";
import { network, population, repeat } from "../../reference/build.ts";

const digitsFile = readFileSync(new URL("../../../models/digits.bsnn.gguf", import.meta.url));
const [{ pixels: seven }] = drawDigits(1, 7);

/** One hidden depth of one neuron, K = 4. */
const small: QuantizedNetwork = network(
  4,
  [
    population("input", [1, 1, 1], 0),
    population("bistable", [1, 1, 1], 1, { shift: [2], initial: [1] }),
    population("output", [1, 1, 1], 2),
  ],
  [repeat(0, 1, [1, 1, 1]), repeat(1, 2, [1, 1, 1])],
);

const schedule = (delay: number): Schedule => ({ delays: [delay], shares: [9], corrections: 1 });

function failure(run: () => unknown): BsnnError {
  try {
    run();
  } catch (error) {
    if (error instanceof BsnnError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

test("a delay of K is the gated network, and smaller ones answer earlier", async () => {
  const net = await load(digitsFile);
  const gated = net.run(seven, { mode: "step" });
  const slowest = net.run(seven, { delay: net.phases });
  assert.deepEqual(slowest.outputs, gated.outputs);
  assert.equal(slowest.steps, net.latency);
  assert.equal(slowest.stepsPerLayer, net.phases);
  const spikes = (options: { delay?: Delay }) =>
    Array.from(net.steps(seven, options as { delay: Delay }), (step) =>
      net.populations.map(({ kind, index }) => (kind === "output" ? [] : [...step.spikes(index)])),
    );
  assert.deepEqual(spikes({ delay: net.phases }), spikes({}));
  let before = net.latency;
  for (const delay of [4, 3, 2, 1]) {
    const { steps } = net.run(seven, { delay });
    assert.ok(steps < before, `${steps} steps with a delay of ${delay}`);
    before = steps;
  }
  net.dispose();
});

test("schedules are read from the file, and every core loads it", async () => {
  const schedules = { exact: schedule(4), close: schedule(2), fast: schedule(1) };
  const file = writeModel({ ...small, schedules });
  const net = await load(file);
  assert.deepEqual(net.schedules, schedules);
  assert.deepEqual(
    net.run(Uint8Array.of(40), { delay: "exact" }).outputs,
    net.run(Uint8Array.of(40), { delay: schedule(4) }).outputs,
  );
  const deployed = await loadDeployed(file);
  assert.deepEqual(deployed.run(Uint8Array.of(40)).outputs, net.run(Uint8Array.of(40)).outputs);
  assert.equal((await load(writeModel(small))).schedules, null);
});

test("schedules that do not fit the network are refused", async () => {
  const good = schedule(2);
  const bad: [Schedule, RegExp][] = [
    [{ ...good, delays: [0] }, /exact.*delays must be whole numbers in 1…4, found 0/],
    [{ ...good, shares: [17] }, /shares must be whole numbers in 8…16, found 17/],
    [{ ...good, corrections: 2 as 1 }, /corrections must be 0 or 1, found 2/],
  ];
  for (const [exact, message] of bad) {
    const file = writeModel({ ...small, schedules: { exact, close: good, fast: good } });
    await assert.rejects(load(file), { code: "bad-model", message });
    const net = await load(writeModel(small));
    assert.equal(failure(() => net.run(Uint8Array.of(1), { delay: exact })).code, "bad-input");
  }
  const tooFew = writeModel({ ...small, schedules: { exact: { ...good, delays: [] }, close: good, fast: good } });
  await assert.rejects(load(tooFew), { code: "bad-model", message: /1 numbers, one per depth/ });
});

test("misuse is told", async () => {
  const net = await load(writeModel(small));
  const sample = Uint8Array.of(9);
  assert.match(failure(() => net.settling()).message, /none of early firing/);
  assert.match(failure(() => net.run(sample, { delay: "exact" })).message, /'exact'.*the file holds none/);
  for (const delay of [0, 5, 1.5, Number.NaN]) {
    assert.match(failure(() => net.run(sample, { delay })).message, /delay must be a whole number in 1…4/);
  }
  assert.match(failure(() => net.run(sample, { delay: 2, carry: true })).message, /carries nothing over/);
  assert.match(failure(() => net.run(sample, { delay: 2, registers: 3 as 1 })).message, /registers/);
  assert.match(failure(() => net.run(Uint8Array.of(1, 2), { delay: 2 })).message, /samples must be/);
  assert.throws(() => net.steps(Uint8Array.of(1, 2), { delay: 2 }), { code: "bad-input" });
  const steps = net.steps(sample, { delay: 2 });
  const { value: first } = steps.next();
  steps.next();
  assert.match(failure(() => first.spikes(1)).message, /step 0 is over/);
  assert.match(failure(() => net.activity()).message, /not over/);
  net.run(sample);
  assert.match(failure(() => steps.next()).message, /another run has begun/);
  assert.match(failure(() => net.settling()).message, /none of early firing/);
  net.dispose();
  assert.equal(failure(() => net.run(sample, { delay: 2 })).code, "disposed");
});

test("a run leaves nothing behind for the next, of whatever kind", async () => {
  const net = await load(digitsFile);
  const alone = await load(digitsFile);
  const [{ pixels: other }] = drawDigits(1, 8);
  const expected = alone.run(seven, { delay: 2 });
  const settling = alone.settling();
  net.run(other, { delay: 1, presentations: 3, registers: 2 });
  net.activity();
  for (const { t } of net.steps(other, { delay: 3 })) if (t === 9) break;
  net.run(other, { mode: "step" });
  assert.deepEqual(net.run(seven, { delay: 2 }), expected);
  assert.deepEqual(net.settling(), settling);
  assert.deepEqual(net.run(other).outputs, alone.run(other).outputs);
  assert.deepEqual(net.activity(), alone.activity());
});

test.run();
