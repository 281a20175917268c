/**
 * Spikes of inactivated neurons (SIN): how many neurons that are silent in the bistable network spike when the same network
 * integrates and fires at once, without bistable gating.
 *
 *   npm run inactivated -- [--models resnet20] [--limit 20] [--periods N] [--json]
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { load } from "../bindings/lab.ts";
import { convert } from "../convert/index.ts";
import { readImageFolder } from "../hosts/node/data/dataset.ts";
import { type InputShape, readSamples } from "../hosts/node/data/images.ts";
import { sharedModels } from "./shared-models.ts";

const { values: options } = parseArgs({
  options: {
    models: { type: "string", default: "resnet20" },
    limit: { type: "string", default: "20" },
    periods: { type: "string" },
    json: { type: "boolean", default: false },
  },
});

const CALIBRATION_IMAGES = 100;

async function readFolder(folder: string, limit: number, shape: InputShape): Promise<Uint8Array[]> {
  const { images } = await readImageFolder(folder);
  const chosen = images.filter((_, k) => k % Math.ceil(images.length / limit) === 0);
  return Promise.all(chosen.map(({ path }) => readSamples(path, shape)));
}

const tables: object[] = [];
for (const model of sharedModels(options.models!.split(","))) {
  const { file } = await convert(await readFile(model.onnx), {
    preprocessing: model.preprocessing,
    calibration: (shape) => readFolder(join(model.data, "calibration"), CALIBRATION_IMAGES, shape),
  });
  const net = await load(file);
  const images = await readFolder(join(model.data, "test"), Number(options.limit), net.input);
  const periods = options.periods ? Number(options.periods) : Math.ceil(net.latency / net.phases);
  const sums = new Map<number, { inactivated: number; spiking: number; sin: number; spikes: number }>();
  for (const image of images) {
    for (const step of net.continuous(image, { neuron: "phase", steps: periods * net.phases })) step.spikes(0);
    for (const counts of net.inactivity()) {
      const sum = sums.get(counts.population) ?? { inactivated: 0, spiking: 0, sin: 0, spikes: 0 };
      sum.inactivated += counts.inactivated;
      sum.spiking += counts.spikingInactivated;
      sum.sin += counts.inactivatedSpikes;
      sum.spikes += counts.spikes;
      sums.set(counts.population, sum);
    }
  }
  const rows = [...sums].map(([population, sum]) => ({
    population: net.populations[population].name,
    depth: net.populations[population].depth,
    inactivatedNeurons: sum.inactivated / images.length,
    ofThemSpiking: sum.spiking / sum.inactivated,
    shareOfSpikes: sum.sin / sum.spikes,
  }));
  tables.push({ model: model.name, images: images.length, periods, rows });
  if (!options.json) {
    console.log(
      `${model.name}, ${images.length} images, ${periods} periods of ${net.phases} steps, without bistable gating`,
    );
    console.table(rows);
  }
  net.dispose();
}
if (options.json) console.log(JSON.stringify(tables, null, 2));
