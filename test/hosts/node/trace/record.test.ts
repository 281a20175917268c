/** A recording is what the network did: spikes, thresholds, potentials and levels agree with each other and with the network. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "uvu";
import { uniform } from "../../../../bindings/lab/schedule.ts";
import { type LabNetwork, load } from "../../../../bindings/lab.ts";
import { writeModel } from "../../../../convert/write/model.ts";
import { page } from "../../../../hosts/node/report/html/index.ts";
import { recordingArrays } from "../../../../hosts/node/trace/arrays.ts";
import { chooseNeurons, parseNeuron } from "../../../../hosts/node/trace/choose.ts";
import { sectionsOf } from "../../../../hosts/node/trace/figures.ts";
import { nirData } from "../../../../hosts/node/trace/nir-data.ts";
import { follow, type Recording, type Runnable, record } from "../../../../hosts/node/trace/record.ts";
import { drawDigits } from "../../../../models/drawn/digits.ts";
import { cases } from "../../../support/core/networks.ts";
import { runs } from "../../../support/core/settings.ts";

const network = await load(new URL("../../../../models/digits.bsnn.gguf", import.meta.url));
const [{ pixels }] = drawDigits(4, 1);
const ways: [string, Runnable][] = [
  ["gated", { network, early: null }],
  ...(["exact", "fast"] as const).map((delay): [string, Runnable] => {
    const schedule = network.schedules![delay];
    return [delay, { network, early: { delay, schedule } }];
  }),
];

/** Some neurons of every population, those that spike most often among them. */
function some({ lanes }: Recording): { lane: Recording["lanes"][number]; neuron: number }[] {
  return lanes
    .filter(({ population: { kind } }) => kind === "bistable")
    .flatMap((lane) => [0, 7, lane.neurons - 1, ...lane.indices.slice(0, 3)].map((neuron) => ({ lane, neuron })));
}

for (const [name, runnable] of ways) {
  test(`${name}: spikes are as many as the network counts, at times when it fires, and add up to its levels`, () => {
    const { lanes, steps } = record(runnable, pixels);
    const { spikesByPopulation } = network.activity();
    for (const { population, times, indices, timing, levels } of lanes) {
      assert.equal(times.length, spikesByPopulation[population.index]);
      if (population.kind !== "bistable") continue;
      assert.ok(times.length > 0);
      assert.ok(times.every((t) => t >= timing.firing.from && t < timing.firing.to && t < steps));
      assert.ok(indices.every((n) => n < levels.length));
      assert.deepEqual([...levels], [...network.levels(population.index)]);
    }
  });

  test(`${name}: a neuron spikes where its potential reaches the threshold, and the spike takes its worth off`, () => {
    const recording = record(runnable, pixels);
    const courses = follow(runnable, pixels, recording, some(recording));
    let spiking = 0;
    for (const { lane, neuron, potential, threshold, lower, spikes } of courses) {
      assert.equal(potential.length, recording.steps + 1);
      const signs = new Map(spikes.map(({ t, sign }) => [t, sign]));
      let emitted = 0;
      for (let t = lane.timing.firing.from; t < Math.min(lane.timing.firing.to, recording.steps); t++) {
        const v = potential[t]!;
        const worth = 2 ** Math.max(network.phases - 1 - (t - lane.timing.firing.from), 0);
        const full = emitted + worth > 2 ** network.phases - 1;
        const expected = v >= threshold[t]! && !full ? 1 : lower.length > 0 && v < lower[t]! && emitted > 0 ? -1 : 0;
        // What may be taken back is bounded: a negative spike may be left out, never a wrong one made.
        if (expected >= 0) assert.equal(signs.get(t) ?? 0, expected, `${lane.population.name} ${neuron} ${t}`);
        else assert.ok((signs.get(t) ?? 0) <= 0);
        emitted += (signs.get(t) ?? 0) * worth;
        spiking += Math.abs(signs.get(t) ?? 0);
        // In the gated network nothing else changes it while it fires.
        if (lower.length === 0) assert.equal(potential[t + 1], v - (signs.get(t) ?? 0) * worth);
      }
      assert.equal(emitted, lane.levels[neuron]);
    }
    assert.ok(spiking > 20);
  });

  test(`${name}: the last step's values are the answer`, () => {
    const { outputs, outputCourses } = record(runnable, pixels);
    assert.deepEqual([...outputCourses[0].values.at(-1)!], [...outputs[0].values]);
  });
}

test("the potential of an accumulating neuron ends at what it begins to fire", () => {
  const [, runnable] = ways[0];
  const recording = record(runnable, pixels);
  const lane = recording.lanes[5];
  const chosen = [...lane.levels.keys()].slice(0, 60).map((neuron) => ({ lane, neuron }));
  const courses = follow(runnable, pixels, recording, chosen);
  const { from, to } = lane.timing.accumulating;
  for (const { potential, neuron } of courses) {
    const level = Math.min(Math.max(Math.floor(potential[to]!), 0), 127);
    assert.equal(level, lane.levels[neuron]);
    assert.equal(potential[0], potential[from]);
  }
  // Something arrives on the way, so that it is no line.
  assert.ok(courses.some(({ potential }) => new Set(potential.slice(from, to)).size > 4));
});

test("neurons that are chosen fire, but for one that was excited before it was inhibited", () => {
  const [, runnable] = ways[0];
  const recording = record(runnable, pixels);
  const courses = follow(runnable, pixels, recording, chooseNeurons(runnable, pixels, recording));
  assert.equal(courses.length, 4);
  const [silent, ...others] = courses.toReversed();
  for (const { spikes } of others) assert.ok(spikes.length > 0);
  assert.deepEqual(silent.spikes, []);
  const { from, to } = silent.lane.timing.accumulating;
  assert.ok(Math.max(...silent.potential.slice(from, to).map(Number)) >= 1);
  assert.ok(silent.potential[to]! < 1);
});

test("neurons are named by population and position, and what is none is refused with what there is", () => {
  const { populations } = network;
  const bistable = populations[5];
  assert.deepEqual(parseNeuron("5:1,2,3", network), {
    index: 5,
    neuron: (1 * bistable.width + 2) * bistable.channels + 3,
  });
  assert.deepEqual(parseNeuron(`${bistable.name}:0,0,0`, network), { index: 5, neuron: 0 });
  for (const [text, message] of [
    ["5", /POPULATION:Y,X,C/],
    ["5:1,2", /POPULATION:Y,X,C/],
    ["99:0,0,0", /no population '99'/],
    ["nothing:0,0,0", /no population 'nothing'/],
    ["0:0,0,0", /is input/],
    ["5:14,0,0", /is 14×14×24/],
    ["5:0,0,24", /is 14×14×24/],
  ] as const) {
    assert.throws(() => parseNeuron(text, network as LabNetwork), message);
  }
});

test("random networks: recordings add up, and can be drawn and written", async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ network: parts, samples }) => {
      const random = await load(writeModel(parts));
      try {
        for (const runnable of waysOf(random)) {
          const { early } = runnable;
          const recording = record(runnable, samples);
          const { spikesByPopulation } = random.activity();
          for (const { population, times, levels, timing } of recording.lanes) {
            const { index, kind } = population;
            assert.equal(times.length, spikesByPopulation[index], `${early?.delay} ${population.name}`);
            if (kind !== "bistable" && (kind !== "synchronous" || early)) continue;
            assert.deepEqual([...levels], [...random.levels(index)]);
            assert.ok(
              timing.accumulating.from < timing.accumulating.to && timing.accumulating.to <= timing.firing.from,
            );
          }
          const courses = follow(runnable, samples, recording, chooseNeurons(runnable, samples, recording));
          const sections = sectionsOf(random, recording, courses, samples, "image");
          assert.ok(page({ title: "t", sections }).length > 1000);
          assert.ok(nirData(recording).length > 0 && recordingArrays(recording, courses).length > 0);
        }
      } finally {
        random.dispose();
      }
    }),
    runs(12),
  );
});

/** The gated network and, where there is something to begin early, two delays. */
function waysOf(random: LabNetwork): Runnable[] {
  const { deepest, phases } = random;
  const delays = [...new Set([1, Math.ceil(phases / 2)])].filter((delay) => delay < phases && deepest > 0);
  return [
    { network: random, early: null },
    ...delays.map((delay): Runnable => ({ network: random, early: { delay, schedule: uniform(delay, deepest) } })),
  ];
}

test.run();
