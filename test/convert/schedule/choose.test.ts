/** Schedules are chosen by what a simulator says of them: here one whose depths settle from a known delay on. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { chooseSchedules } from "../../../convert/schedule/choose.ts";
import type { Schedule, Simulator } from "../../../convert/simulator.ts";

const IMAGES = Array.from({ length: 40 }, (_, k) => Uint8Array.of(k));

/**
 * A network whose depth d settles with a delay of needed[d] at least, one more without a correction; each step less adds noise, more
 * where a depth is sensitive.
 */
function simulatorOf(needed: readonly number[], sensitivity: readonly number[] = needed.map(() => 1)) {
  const tried: Schedule[] = [];
  const simulator: Simulator = {
    phases: 7,
    deepest: needed.length,
    neurons: 1000,
    gated: () => ({ values: [1, 0], spikes: 1000 * needed.length }),
    early: (_samples, schedule, figures) => {
      tried.push(schedule);
      const missing = schedule.delays.map((delay, d) =>
        Math.max(0, needed[d] + (schedule.corrections ? 0 : 1) - delay),
      );
      const noise = missing.map((steps, d) => (sensitivity[d] * 0.003 * steps) ** 2);
      return {
        values: [1, Math.sqrt(noise.reduce((sum, part) => sum + part, 0))],
        steps: schedule.delays.reduce((sum, delay) => sum + delay, 8),
        depths: (figures ? missing : []).map((steps, d) => ({
          unsettled: steps > 0 ? 10 : 0,
          atLimit: 0,
          squaredError: noise[d] * 1e6,
          squaredLevels: 1e6,
          spikes: schedule.shares[d] === 10 ? 1000 : schedule.shares[d] === 9 ? 1150 : 1300,
        })),
      };
    },
    dispose: () => {},
  };
  return { simulator, tried };
}

test("exact takes the smallest delays with which all neurons settle", async () => {
  const { simulator } = simulatorOf([1, 3, 4, 2, 5]);
  const { exact } = await chooseSchedules(simulator, IMAGES);
  assert.equal(exact.corrections, 1);
  assert.deepEqual(exact.delays, [1, 3, 4, 2, 5]);
});

test("close and fast give up settling where that adds the least error", async () => {
  const { simulator } = simulatorOf([3, 3, 3, 3], [1, 20, 1, 20]);
  const { exact, close, fast } = await chooseSchedules(simulator, IMAGES);
  const sum = ({ delays }: Schedule) => delays.reduce((a, b) => a + b, 0);
  assert.ok(sum(close) < sum(exact), "close is faster than exact");
  assert.ok(sum(fast) <= sum(close), "fast is as fast as close at least");
  for (const schedule of [close, fast]) {
    assert.ok(schedule.delays[0] <= schedule.delays[1], "the sensitive depth keeps its delay");
    assert.ok(schedule.delays[2] <= schedule.delays[3]);
  }
  const error = (schedule: Schedule) => simulator.early(IMAGES[0], schedule, false).values[1];
  assert.ok(error(close) <= 0.0075 * (1 + 1e-9));
  assert.ok(error(fast) <= 0.03 * (1 + 1e-9));
});

test("depths are told apart by what they do to answers, whatever their noise", async () => {
  const { simulator } = simulatorOf([3, 3, 3, 3], [1, 20, 1, 20]);
  const early: Simulator["early"] = (...given) => {
    const answer = simulator.early(...given);
    const squaredError = (d: number) => (d % 2 ? 1 : 400) * answer.depths[d].unsettled;
    return { ...answer, depths: answer.depths.map((figures, d) => ({ ...figures, squaredError: squaredError(d) })) };
  };
  const { close } = await chooseSchedules({ ...simulator, early }, IMAGES);
  const [first, second, third, fourth] = close.delays;
  assert.deepEqual([second, fourth], [3, 3]);
  assert.equal(first + third, 3);
});

test("an error that one input of many makes counts", async () => {
  const { simulator } = simulatorOf([3, 3, 3]);
  const many = Array.from({ length: 300 }, (_, k) => Uint8Array.of(k >> 8, k));
  // Not of those that a search looks at.
  const isWorst = ([high, low]: Uint8Array) => high * 256 + low === 101;
  const early: Simulator["early"] = (samples, ...given) => {
    const answer = simulator.early(samples, ...given);
    return { ...answer, values: [1, answer.values[1] * (isWorst(samples) ? 30 : 1)] };
  };
  const { close } = await chooseSchedules({ ...simulator, early }, many);
  const squares = many.map((samples) => early(samples, close, false).values[1] ** 2);
  const error = Math.sqrt(squares.reduce((sum, square) => sum + square, 0) / many.length);
  assert.ok(error > 0 && error <= 0.007, `${error}`);
});

test("shares are raised until spikes are few", async () => {
  const { simulator } = simulatorOf([2, 2, 2]);
  const { close } = await chooseSchedules(simulator, IMAGES);
  const { depths } = simulator.early(IMAGES[0], close, true);
  assert.ok(depths.reduce((sum, { spikes }) => sum + spikes, 0) <= 1.12 * 3000);
});

test("the same inputs give the same schedules, and no hidden depth gives empty ones", async () => {
  const choose = () => chooseSchedules(simulatorOf([2, 4, 3]).simulator, IMAGES);
  assert.deepEqual(await choose(), await choose());
  assert.deepEqual((await chooseSchedules(simulatorOf([]).simulator, IMAGES)).exact, {
    delays: [],
    shares: [],
    corrections: 0,
  });
});

test("progress ends at all", async () => {
  const seen: number[] = [];
  await chooseSchedules(simulatorOf([2, 3]).simulator, IMAGES, (done) => seen.push(done));
  assert.equal(seen.at(-1), 1);
  assert.deepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  );
});

test.run();
