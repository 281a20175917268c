/** Runs a converted network early, for the converter to choose schedules by. */

import { load } from "../../../bindings/lab.ts";
import type { DepthFigures, Schedule, Simulator } from "../../../convert/index.ts";

/** @param file a model file */
export async function openSimulator(file: Uint8Array): Promise<Simulator> {
  const network = await load(file);
  const bistable = network.populations.filter(({ kind }) => kind === "bistable");
  const { deepest } = network;
  const valuesOf = () => Float64Array.from(network.outputs().flatMap(({ values }) => [...values]));
  return {
    phases: network.phases,
    deepest,
    neurons: bistable.reduce((sum, { height, width, channels }) => sum + height * width * channels, 0),
    gated: (samples) => {
      network.run(samples);
      const { spikesByPopulation } = network.activity();
      return { values: valuesOf(), spikes: bistable.reduce((sum, { index }) => sum + spikesByPopulation[index], 0) };
    },
    early: (samples, schedule: Schedule, figures) => {
      const { steps } = network.run(samples, { delay: schedule });
      const values = valuesOf();
      if (!figures) return { values, steps, depths: [] };
      const depths = Array.from({ length: deepest }, () => ({
        unsettled: 0,
        atLimit: 0,
        squaredError: 0,
        squaredLevels: 0,
        spikes: 0,
      }));
      for (const settling of network.settling()) {
        const sums = depths[network.populations[settling.population].depth - 1];
        for (const name of Object.keys(sums) as (keyof DepthFigures)[]) sums[name] += settling[name];
      }
      return { values, steps, depths };
    },
    dispose: () => network.dispose(),
  };
}
