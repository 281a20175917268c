/** The core's builds that this engine can run. */

import assert from "node:assert/strict";
import { load } from "../../../bindings/node.ts";
import type { CoreBuild, RunOptions } from "../../../bindings/types.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { network, population, projection } from "../../reference/build.ts";

const smallest = () =>
  writeModel(
    network(
      7,
      [population("input", [1, 1, 1], 0), population("output", [1, 1, 1], 1)],
      [
        projection({
          source: 0,
          target: 1,
          sourceChannels: [0, 1],
          targetChannels: [0, 1],
          region: [0, 0, 1, 1],
          weight: Int8Array.of(1),
        }),
      ],
    ),
  );

/** Always `baseline`; `relaxed` too unless the engine is said not to support it. */
export async function availableBuilds(): Promise<CoreBuild[]> {
  try {
    (await load(smallest(), { build: "relaxed" })).dispose();
    return ["baseline", "relaxed"];
  } catch (error) {
    if ((error as { code?: string }).code !== "unsupported") throw error;
    console.warn(`relaxed build not tested: ${(error as Error).message}`);
    return ["baseline"];
  }
}

/** Runs a model in every build and mode, and compares the first output's potentials, all of them. */
export async function expectPotentials(
  bytes: Uint8Array,
  samples: Uint8Array,
  expected: readonly number[],
  builds: readonly CoreBuild[],
  what: string,
  options: RunOptions = {},
): Promise<void> {
  for (const build of builds) {
    const net = await load(bytes, { build });
    for (const mode of ["period", "step"] as const) {
      const [{ potentials }] = net.run(samples, { ...options, mode }).outputs;
      const wrong = potentials.findIndex((value, n) => value !== expected[n]);
      assert.equal(potentials.length, expected.length);
      const where = `${build} ${mode}, ${what}: neuron ${wrong}`;
      if (wrong >= 0) assert.fail(`${where}: ${potentials[wrong]}, not ${expected[wrong]}`);
    }
    net.dispose();
  }
}
