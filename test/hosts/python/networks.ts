/** Writes random networks with what the API says of them, for the tests of the Python package: `networks.ts FOLDER COUNT`. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { load } from "../../../bindings/node.ts";
import type { Network } from "../../../bindings/types.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { cases } from "../../support/core/networks.ts";

const [, , folder, count] = process.argv;

/** What a population has to tell, null where it has nothing. */
function each(net: Network, read: (population: number) => ArrayLike<number>): (number[] | null)[] {
  return net.populations.map(({ index }) => {
    try {
      return Array.from(read(index));
    } catch {
      return null;
    }
  });
}

const drawn = fc.sample(cases, { numRuns: Number(count), seed: 20 });
for (const [i, { network, samples, presentations, carry }] of drawn.entries()) {
  const file = writeModel(network);
  const net = await load(file);
  const { projections, populations, input, labels, classifier } = net;
  const runs = (["period", "step"] as const).map((mode) => {
    const options = { mode, presentations, carry };
    const { steps, outputs } = net.run(samples, options);
    return {
      options,
      steps,
      values: outputs.map(({ values }) => Array.from(values)),
      levels: each(net, (population) => net.levels(population)),
      potentials: each(net, (population) => net.potentials(population)),
      activity: net.activity(),
    };
  });
  writeFileSync(join(folder, `${i}.bsnn.gguf`), file);
  writeFileSync(join(folder, `${i}.raw`), samples);
  const info = { projections, populations, input, labels, classifier };
  writeFileSync(join(folder, `${i}.json`), JSON.stringify({ info, runs }));
}
