/** The core's builds that this engine can run. */

import { load } from "../../bindings/node.ts";
import type { Network } from "../../bindings/types.ts";
import { writeModel } from "../../convert/write/model.ts";
import { network, population, projection } from "../reference/build.ts";

export type CoreBuild = Network["build"];

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
