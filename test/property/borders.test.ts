/** Windows that reach over the border of their map, partly or wholly, in every direction: kernels leave out what lies outside. */

import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Pair, QuantizedNetwork } from "../../convert/network/network.ts";
import { writeModel } from "../../convert/write/model.ts";
import { network, population, projection } from "../reference/build.ts";
import { evaluate } from "../reference/period.ts";
import { readModel } from "../reference/reader.ts";
import { availableBuilds, expectPotentials } from "./builds.ts";
import { Choices } from "./choices.ts";

const builds = await availableBuilds();

interface Axis {
  size: number;
  kernel: number;
  stride: number;
  dilation: number;
  offset: number;
  positions: number;
}

/** One axis of windows: by the rule on windows none starts more than its extent outside (docs/format.md). */
function axis(draw: Choices, size: number): Axis {
  const kernel = draw.integer(1, 5);
  const dilation = kernel > 1 ? draw.integer(1, 3) : 1;
  const extent = (kernel - 1) * dilation + 1;
  const stride = draw.pick([1, 1, 2, 3]);
  const offset = draw.integer(-Math.min(2, size - 1 + extent), extent);
  const most = Math.floor((size - 1 + extent + offset) / stride) + 1;
  return { size, kernel, stride, dilation, offset, positions: draw.integer(1, Math.min(most, 14)) };
}

/** A window of runs in pieces, firing or not, between neurons that repeat a phase-coded input and an output. */
function bordered(draw: Choices): QuantizedNetwork {
  const vertical = axis(draw, draw.integer(1, 11));
  const horizontal = axis(draw, draw.integer(1, 11));
  const both = (field: keyof Axis): Pair => [vertical[field], horizontal[field]];
  const [size, region, kernel] = [both("size"), both("positions"), both("kernel")];
  const inputs = draw.pick([16, 4, 8, 20, 32, 48]);
  const outputs = draw.pick([8, 9, 16, 24]);
  const random = draw.random();
  const limit = draw.pick([128, 32]);
  const bits = draw.pick([8, 8, 8, 16]);
  const count = outputs * kernel[0] * kernel[1] * inputs;
  const value = () => (random() % (2 * limit)) - limit;
  const channels = (n: number): Pair => [0, n];
  const repeat = (source: number, [height, width]: Pair, n: number) =>
    projection({
      ...{ source, target: source + 1, sourceChannels: channels(n), targetChannels: channels(n), groups: n },
      ...{ region: [0, 0, height, width] as const, weight: new Int8Array(n).fill(1) },
    });
  // Thresholds for sums of this size, so that levels of all sizes are fired.
  const spread = Math.log2(Math.sqrt(inputs * kernel[0] * kernel[1]) * limit);
  const shift = Array.from({ length: outputs }, () => Math.max(0, Math.round(spread) - 2 + (random() % 3)));
  const fires = !draw.oneIn(4);
  const target = population(fires ? "bistable" : "output", [...region, outputs], 2, {
    bias: shift.map(() => (random() % 64) - 32),
    ...(fires && { shift, initial: shift.map((s) => random() % 2 ** s) }),
  });
  return network(
    7,
    [
      population("input", [...size, inputs], 0),
      population("bistable", [...size, inputs], 1),
      target,
      ...(fires ? [population("output", [...region, outputs], 3)] : []),
    ],
    [
      repeat(0, size, inputs),
      projection({
        ...{ source: 1, target: 2, sourceChannels: channels(inputs), targetChannels: channels(outputs) },
        ...{
          region: [0, 0, ...region] as const,
          kernel,
          stride: both("stride"),
          dilation: both("dilation"),
          offset: both("offset"),
        },
        weight: bits === 8 ? Int8Array.from({ length: count }, value) : Int16Array.from({ length: count }, value),
      }),
      ...(fires ? [repeat(2, region, outputs)] : []),
    ],
    { coding: "phase" },
  );
}

for (let part = 0; part < 8; part++) {
  test(`windows over borders, part ${part}`, async () => {
    let spikes = 0;
    for (let seed = part * 50; seed < (part + 1) * 50; seed++) {
      const source = new Choices([seed]).random();
      const draw = new Choices(Array.from({ length: 40 }, source));
      const bytes = writeModel(bordered(draw));
      const model = readModel(bytes);
      const { height, width, channels } = model.populations[0];
      const samples = Uint8Array.from({ length: height * width * channels }, () => (source() % 3 ? source() % 256 : 0));
      const expected = evaluate(model, samples).potentials.at(-1)!;
      for (const potential of expected) if (potential > 0) spikes++;
      await expectPotentials(bytes, samples, expected, builds, `seed ${seed}`);
    }
    assert.ok(spikes > 1000, `only ${spikes} answers are not 0`);
  });
}

test.run();
