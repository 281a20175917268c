/** Windows that reach over the border of their map, partly or wholly, in every direction: kernels leave out what lies outside. */

import assert from "node:assert/strict";
import { test } from "uvu";
import type { QuantizedNetwork } from "../../../convert/network/network.ts";
import type { Pair } from "../../../convert/wiring.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { network, population, projection, repeat } from "../../reference/build.ts";
import { evaluate } from "../../reference/period.ts";
import { readModel } from "../../reference/reader.ts";
import { availableBuilds, expectPotentials } from "../../support/core/builds.ts";
import { Choices } from "../../support/core/choices.ts";

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

/** As many windows over the same map, as far as the rule allows beyond its end as they were before its beginning. */
function flip(given: Axis): Axis {
  const extent = (given.kernel - 1) * given.dilation + 1;
  const reach = (given.positions - 1) * given.stride + extent;
  return { ...given, offset: Math.min(extent, reach - given.offset - given.size) };
}

/**
 * Windows between neurons that repeat a phase-coded input and neurons that fire, or an output: one projection or two that add
 * up, of a part of the neurons maybe, grouped maybe, of pooled levels maybe.
 */
function bordered(draw: Choices): QuantizedNetwork {
  const vertical = axis(draw, draw.integer(1, 11));
  const horizontal = axis(draw, draw.integer(1, 11));
  const size: Pair = [vertical.size, horizontal.size];
  const region: Pair = [vertical.positions, horizontal.positions];
  const inputs = draw.pick([16, 4, 8, 20, 32, 48, 64]);
  const outputs = draw.pick([8, 9, 16, 24]);
  const random = draw.random();
  const limit = draw.pick([128, 32]);
  /** Windows of the same region, the second projection's over the same map by other offsets. */
  const windows = (own: { readonly vertical: Axis; readonly horizontal: Axis }, part: boolean) => {
    const both = (field: keyof Axis): Pair => [own.vertical[field], own.horizontal[field]];
    const groups = inputs % 32 === 0 && outputs % 16 === 0 && draw.oneIn(3) ? 2 : 1;
    const kernel = both("kernel");
    const count = (outputs * kernel[0] * kernel[1] * inputs) / groups;
    const value = () => (random() % (2 * limit)) - limit;
    const top = part ? draw.integer(0, region[0] - 1) : 0;
    return projection({
      ...{ source: 1, target: 2, sourceChannels: [0, inputs], targetChannels: [0, outputs], groups },
      region: [top, 0, region[0] - top, region[1]],
      ...{ kernel, stride: both("stride"), dilation: both("dilation"), offset: both("offset") },
      // Pooling by 3 at every place, the borders padded, keeps the map's size.
      pool: draw.oneIn(4)
        ? { kind: "max", size, kernel: [3, 3], stride: [1, 1], dilation: [1, 1], offset: [1, 1] }
        : null,
      weight: draw.oneIn(4) ? Int16Array.from({ length: count }, value) : Int8Array.from({ length: count }, value),
    });
  };
  const own = { vertical, horizontal };
  const turned = { vertical: flip(vertical), horizontal: flip(horizontal) };
  const synapses = draw.oneIn(2) ? [windows(own, false)] : [windows(turned, draw.oneIn(2)), windows(own, false)];
  // Thresholds for sums of this size, so that levels of all sizes are fired.
  const spread = Math.log2(Math.sqrt(inputs * vertical.kernel * horizontal.kernel) * limit);
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
    [repeat(0, 1, [...size, inputs]), ...synapses, ...(fires ? [repeat(2, 3, [...region, outputs])] : [])],
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
