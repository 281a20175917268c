/** Levels from potentials of every size, through thresholds far apart and alike: each group of 8 channels has its own table. */

import { test } from "uvu";
import { writeModel } from "../../../convert/write/model.ts";
import { network, population, projection, repeat } from "../../reference/build.ts";
import { evaluate } from "../../reference/period.ts";
import { readModel } from "../../reference/reader.ts";
import { availableBuilds, expectPotentials } from "../../support/core/builds.ts";
import { Choices } from "../../support/core/choices.ts";

const builds = await availableBuilds();
const PRESENTATIONS = 3;

/** Bistable neurons with the given shifts, between an input of 12 channels and an output that repeats their levels. */
function neurons(phases: number, shift: number[], large: boolean, seed: number): Uint8Array {
  const random = new Choices([seed]).random();
  const channels = shift.length;
  const largest = large ? 2 ** 29 : 2 ** 14;
  const weight = Int8Array.from({ length: channels * 12 }, () => (random() % 256) - 128);
  return writeModel(
    network(
      phases,
      [
        population("input", [3, 3, 12], 0),
        population("bistable", [3, 3, channels], 1, {
          shift,
          initial: shift.map((s) => random() % 2 ** s),
          bias: shift.map(() => (random() % 3 === 0 ? 0 : Math.round((random() / 2 ** 31 - 1) * largest))),
        }),
        population("output", [3, 3, channels], 2),
      ],
      [
        projection({
          ...{ source: 0, target: 1, sourceChannels: [0, 12], targetChannels: [0, channels], region: [0, 0, 3, 3] },
          weight,
        }),
        repeat(1, 2, [3, 3, channels]),
      ],
    ),
  );
}

async function check(phases: number, shift: number[], large: boolean, seed: number): Promise<void> {
  const bytes = neurons(phases, shift, large, seed);
  const random = new Choices([seed + 1]).random();
  const samples = Uint8Array.from({ length: 108 }, () => random() % 256);
  for (const carry of [false, true]) {
    const options = { presentations: PRESENTATIONS, carry };
    const expected = evaluate(readModel(bytes), samples, options).potentials.at(-1)!;
    const what = `carry ${carry}, K = ${phases}, shifts ${shift}`;
    await expectPotentials(bytes, samples, expected, builds, what, options);
  }
}

/** Neurons without weights, whose potentials are the biases given. */
async function checkBiases(phases: number, shift: number[], bias: number[]): Promise<void> {
  const channels = shift.length;
  const bytes = writeModel(
    network(
      phases,
      [
        population("input", [1, 3, 1], 0),
        population("bistable", [1, 3, channels], 1, { shift, initial: shift.map(() => 0), bias }),
        population("output", [1, 3, channels], 2),
      ],
      [
        projection({
          ...{ source: 0, target: 1, sourceChannels: [0, 1], targetChannels: [0, channels], region: [0, 0, 1, 3] },
          weight: new Int8Array(channels),
        }),
        repeat(1, 2, [1, 3, channels]),
      ],
    ),
  );
  const samples = new Uint8Array(3);
  const expected = evaluate(readModel(bytes), samples, { presentations: 1, carry: false }).potentials.at(-1)!;
  await expectPotentials(bytes, samples, expected, builds, `K = ${phases}, shifts ${shift}, biases ${bias}`);
}

test("potentials on and next to every threshold, and the largest", async () => {
  for (const phases of [1, 7, 8])
    for (let s = 0; s <= 30; s++) {
      const most = 2 ** 31 - 2 ** s;
      const levels = [0, 1, 2, 2 ** (phases - 1), 2 ** phases - 1, 2 ** phases];
      const bias = levels.flatMap((q) => [-1, 0, 1].map((more) => q * 2 ** s + more));
      bias.push(most, most - 1, most - 64, -most, 2 ** 24 + 1, -(2 ** 24) - 1);
      const within = bias.map((value) => Math.max(-most, Math.min(most, value)));
      await checkBiases(phases, new Array<number>(24).fill(s), within);
      await checkBiases(
        phases,
        within.map((_, c) => (c % 3 === 1 ? s >> 1 : s)),
        within,
      );
    }
});

for (const large of [false, true]) {
  const biases = large ? "large" : "small";
  test(`one threshold for all, every shift, ${biases} biases`, async () => {
    for (const phases of [1, 4, 7, 8])
      for (let s = 0; s <= 28; s++) await check(phases, new Array<number>(16).fill(s), large, s);
  });
  test(`thresholds that differ, ${biases} biases`, async () => {
    for (const phases of [1, 4, 7, 8])
      for (let spread = 1; spread <= 16; spread++)
        for (const channels of [8, 11, 24]) {
          const random = new Choices([spread]).random();
          const shift = Array.from({ length: channels }, (_, c) => (c % 7 === 3 ? 5 : 5 + (random() % (spread + 1))));
          await check(phases, shift, large, spread);
        }
  });
  test(`neurons that can never fire among others, ${biases} biases`, async () => {
    for (const phases of [4, 7])
      for (let silent = 0; silent < 16; silent++)
        await check(
          phases,
          Array.from({ length: 16 }, (_, c) => (c % 5 === silent % 5 ? 27 : 4 + (c % 3))),
          large,
          silent,
        );
  });
}

test.run();
