/** What docs/early.md says of time and of digits holds, on random networks, and what it says of its picture. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { test } from "uvu";
import { load, type Schedule } from "../../bindings/lab.ts";
import { writeModel } from "../../convert/write/model.ts";
import { drawDigits } from "../../models/drawn/digits.ts";
import { type Model, readModel } from "../reference/reader.ts";
import { deepestHidden } from "../reference/simulator.ts";
import { cases } from "../support/core/networks.ts";
import { runs } from "../support/core/settings.ts";

const file = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

const seeds = fc.record({
  delays: fc.array(fc.nat(), { minLength: 8, maxLength: 8 }),
  shares: fc.array(fc.integer({ min: 8, max: 16 }), { minLength: 8, maxLength: 8 }),
  corrections: fc.constantFrom(0 as const, 1 as const),
});

function scheduleFor(model: Model, { delays, shares, corrections }: Schedule): Schedule {
  const depths = Array.from({ length: deepestHidden(model) }, (_, d) => d);
  return {
    delays: depths.map((d) => 1 + (delays[d % 8] % model.phases)),
    shares: depths.map((d) => shares[d % 8]),
    corrections,
  };
}

/** When each population begins to fire, steps to the answer, and between answers with a number of registers, from the words of the page. */
function timesOf({ populations, projections, phases, coding }: Model, { delays, corrections }: Schedule) {
  const lasts = phases + corrections;
  const begins: number[] = populations.map(() => 0);
  const ends: number[] = [];
  const spans: { span: number; fires: number }[] = [];
  populations.forEach(({ kind, depth }, i) => {
    if (kind === "input" || kind === "synchronous") return;
    const arrivals = projections
      .filter(({ target }) => target === i)
      .map(({ source, pool }) => {
        let origin = source;
        while (populations[origin].kind === "synchronous") {
          origin = projections.find(({ target }) => target === origin)!.source;
        }
        const whole = origin === 0 && coding === "current";
        return { whole, at: whole ? 0 : begins[origin] + (pool?.kind === "max" ? 1 : 0) };
      });
    const open = arrivals.filter(({ whole }) => !whole).map(({ at }) => at);
    const waits = kind === "output" ? lasts : delays[depth - 1];
    begins[i] = Math.max(1, ...open.map((at) => at + waits));
    if (kind === "output") ends.push(begins[i]);
    spans.push({
      span: begins[i] - Math.min(...arrivals.map(({ at }) => at)),
      fires: kind === "output" ? 0 : lasts,
    });
  });
  return {
    begins,
    steps: Math.max(...ends),
    interval: (registers: number) =>
      Math.max(lasts, ...spans.map(({ span, fires }) => Math.ceil((span + fires) / registers))),
  };
}

test("answers come when the page says, and as often with either number of registers", () =>
  fc.assert(
    fc.asyncProperty(cases, seeds, async ({ network, samples }, seed) => {
      const bytes = writeModel(network);
      const model = readModel(bytes);
      const delay = scheduleFor(model, seed);
      const { steps, interval } = timesOf(model, delay);
      const net = await load(bytes);
      try {
        for (const registers of [1, 2] as const) {
          const result = net.run(samples, { delay, registers, presentations: 2 });
          assert.equal(result.stepsPerAnswer, interval(registers));
          assert.equal(result.steps, steps + interval(registers));
          assert.equal(result.stepsPerLayer, model.phases + delay.corrections);
        }
      } finally {
        net.dispose();
      }
    }),
    runs(100),
  ));

test("what a neuron has emitted is a level at all times", () =>
  fc.assert(
    fc.asyncProperty(cases, seeds, async ({ network, samples }, seed) => {
      const bytes = writeModel(network);
      const model = readModel(bytes);
      const net = await load(bytes);
      try {
        const hidden = net.populations.filter(({ kind }) => kind === "bistable");
        const emitted = hidden.map(() => new Map<number, number>());
        const delay = scheduleFor(model, seed);
        const { begins } = timesOf(model, delay);
        for (const step of net.steps(samples, { delay })) {
          hidden.forEach(({ index }, h) => {
            const signs = step.signs(index);
            step.spikes(index).forEach((neuron, i) => {
              const j = step.t - begins[index];
              assert.ok(j >= 0 && j < model.phases + delay.corrections, `it fires in its step ${j}`);
              const worth = 2 ** Math.max(model.phases - 1 - j, 0);
              const level = (emitted[h].get(neuron) ?? 0) + signs[i] * worth;
              assert.ok(level >= 0 && level < 2 ** model.phases, `${level} at step ${step.t}`);
              emitted[h].set(neuron, level);
            });
          });
        }
        hidden.forEach(({ index }, h) => {
          net.levels(index).forEach((level, neuron) => {
            assert.equal(emitted[h].get(neuron) ?? 0, level);
          });
        });
      } finally {
        net.dispose();
      }
    }),
    runs(100),
  ));

test("the page and its picture say what the digits model does", async () => {
  const page = file("docs/early.md").replace(/\s+/g, " ");
  const picture = file("docs/early.svg");
  const net = await load(new URL("../../models/digits.bsnn.gguf", import.meta.url));
  try {
    const deepest = net.populations.at(-1)!.depth - 1;
    const delay: Schedule = { delays: Array(deepest).fill(2), shares: Array(deepest).fill(8), corrections: 1 };
    const [{ pixels }] = drawDigits(8, 2).slice(-1);
    const gated = net.run(pixels);
    const early = net.run(pixels, { delay });
    assert.ok(net.settling().every(({ unsettled }) => unsettled === 0));
    assert.deepEqual(early.outputs, gated.outputs);
    assert.ok(page.includes(`after ${early.steps} steps rather than ${gated.steps}`));
    assert.ok(picture.includes(`answers after ${gated.steps} steps`));
    assert.ok(picture.includes(`the same answer after ${early.steps} steps`));
    for (const sum of ["16 + 8 + 2 + 1", "64 − 32 − 8 + 4 − 1"]) {
      assert.ok(page.includes(sum) && picture.includes(sum), sum);
    }
  } finally {
    net.dispose();
  }
});

test.run();
