/**
 * Early firing against the gated network, over the test images: steps, levels that did not settle, answers, spikes, and time.
 *
 *   npm run early -- [--models resnet20,squeezenet] [--files FOLDER] [--schedules exact] [--views] [--limit 500] [--json]
 *
 * Models are converted, schedules and all, or with --files read from FOLDER/NAME.bsnn.gguf. With --views there are 20 of every image:
 * shifted by up to two pixels up and down, and one aside, and mirrored.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Delay, type LabNetwork, load } from "../bindings/lab.ts";
import { load as loadDeployed, type Network } from "../bindings/node.ts";
import { convert } from "../convert/index.ts";
import { readImageFolder } from "../hosts/node/data/dataset.ts";
import { type InputShape, readSamples } from "../hosts/node/data/images.ts";
import { openSimulator } from "../hosts/node/networks/simulator.ts";
import { argmax, median, RelativeError } from "../hosts/node/report/scores.ts";
import { table } from "../hosts/node/report/terminal.ts";
import { type SharedModel, sharedModels } from "./shared-models.ts";

const { values: options } = parseArgs({
  options: {
    models: { type: "string", default: "resnet20,resnet56,squeezenet,vgg16,resnet8,mnist-8" },
    files: { type: "string" },
    schedules: { type: "string", default: "exact,close,fast" },
    views: { type: "boolean", default: false },
    limit: { type: "string", default: "500" },
    json: { type: "boolean", default: false },
  },
});

const SCHEDULES = (["exact", "close", "fast"] as const).filter((name) => options.schedules!.split(",").includes(name));
/** Images on which time is measured, and the delay. */
const TIMED = 12;
const TIMED_DELAY = 3;

interface Row {
  readonly network: string;
  readonly delay: string;
  readonly images: number;
  readonly gatedSteps: number;
  readonly steps: number;
  readonly stepsPerAnswer: number;
  readonly gatedTop1: number;
  readonly top1: number;
  readonly agreement: number;
  readonly logitsError: number;
  readonly unsettled: number;
  readonly imagesUnsettled: number;
  readonly sameOutputs: number;
  /** Of bistable neurons; of all that fire, synchronous ones of the gated network too; and operations. */
  readonly spikes: number;
  readonly allSpikes: number;
  readonly operations: number;
  readonly negative: number;
  readonly sin: number;
}

interface Image {
  readonly samples: Uint8Array;
  readonly label: number | null;
}

async function modelFile(model: SharedModel): Promise<Uint8Array> {
  if (options.files) return readFile(join(options.files, `${model.name}.bsnn.gguf`));
  const conversion = await convert(await readFile(model.onnx), {
    name: model.name,
    preprocessing: model.preprocessing,
    calibration: async (shape: InputShape) => {
      const { images } = await readImageFolder(join(model.data, "calibration"));
      return Promise.all(images.map(({ path }) => readSamples(path, shape)));
    },
    simulator: openSimulator,
  });
  return conversion.file;
}

/** An image moved by (dy, dx), what comes in repeats the border, and mirrored if asked for. */
function view(samples: Uint8Array, { height, width, channels }: InputShape, dy: number, dx: number, mirrored: boolean) {
  const moved = new Uint8Array(samples.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const fromY = Math.min(Math.max(y + dy, 0), height - 1);
      const fromX = Math.min(Math.max((mirrored ? width - 1 - x : x) + dx, 0), width - 1);
      for (let c = 0; c < channels; c++) {
        moved[(y * width + x) * channels + c] = samples[(fromY * width + fromX) * channels + c];
      }
    }
  }
  return moved;
}

const SHIFTS = [-2, -1, 0, 1, 2].flatMap((dy) => [0, 1].map((dx) => [dy, dx] as const));

async function testImages(model: SharedModel, shape: InputShape): Promise<Image[]> {
  const { images } = await readImageFolder(join(model.data, "test"), Number(options.limit));
  const all: Image[] = [];
  for (const { path, label } of images) {
    const samples = await readSamples(path, shape);
    if (!options.views) all.push({ samples, label });
    else {
      for (const [dy, dx] of SHIFTS) {
        for (const mirrored of [false, true]) all.push({ samples: view(samples, shape, dy, dx, mirrored), label });
      }
    }
  }
  return all;
}

function measure(network: LabNetwork, name: string, images: readonly Image[], delay: Delay): Row {
  const error = new RelativeError();
  const sum = { top: 0, gatedTop: 0, agreeing: 0, unsettled: 0, imagesUnsettled: 0, same: 0, negative: 0 };
  const spikes = { early: 0, gated: 0, all: 0, operations: 0, gatedOperations: 0, inactivated: 0, spiking: 0 };
  const bistable = network.populations.filter(({ kind }) => kind === "bistable");
  let [steps, stepsPerAnswer] = [0, 0];
  for (const { samples, label } of images) {
    const gated = network.run(samples);
    const gatedActivity = network.activity();
    const early = network.run(samples, { delay });
    const settling = network.settling();
    const activity = network.activity();
    const unsettled = settling.reduce((total, figures) => total + figures.unsettled, 0);
    steps = early.steps;
    stepsPerAnswer = early.stepsPerAnswer;
    error.add(early.logits, gated.logits);
    if (argmax(early.logits) === label) sum.top++;
    if (argmax(gated.logits) === label) sum.gatedTop++;
    if (argmax(early.logits) === argmax(gated.logits)) sum.agreeing++;
    sum.unsettled += unsettled;
    if (unsettled > 0) sum.imagesUnsettled++;
    const same = early.outputs.every(({ potentials }, o) =>
      potentials.every((v, i) => v === gated.outputs[o].potentials[i]),
    );
    if (same) sum.same++;
    for (const figures of settling) {
      spikes.early += figures.spikes;
      sum.negative += figures.negativeSpikes;
      spikes.inactivated += figures.inactivated;
      spikes.spiking += figures.spikingInactivated;
    }
    for (const { index } of bistable) spikes.gated += gatedActivity.spikesByPopulation[index];
    spikes.all += gatedActivity.spikes;
    spikes.operations += activity.synapticOperations;
    spikes.gatedOperations += gatedActivity.synapticOperations;
  }
  const share = (count: number) => count / images.length;
  return {
    network: name,
    delay: String(delay),
    images: images.length,
    gatedSteps: network.latency,
    steps,
    stepsPerAnswer,
    gatedTop1: share(sum.gatedTop),
    top1: share(sum.top),
    agreement: share(sum.agreeing),
    logitsError: error.value,
    unsettled: sum.unsettled,
    imagesUnsettled: sum.imagesUnsettled,
    sameOutputs: share(sum.same),
    spikes: spikes.early / spikes.gated,
    allSpikes: spikes.early / spikes.all,
    operations: spikes.operations / spikes.gatedOperations,
    negative: sum.negative / spikes.early,
    sin: spikes.spiking / spikes.inactivated,
  };
}

/** Time of a run at a delay for each of a gated step run in the deployed core, taking turns; the median. */
function timeRatio(network: LabNetwork, deployed: Network, images: readonly Image[]): number {
  const timed = (run: () => void): number => {
    const begin = performance.now();
    run();
    return performance.now() - begin;
  };
  const chosen = images.slice(0, TIMED);
  const ratios = [...chosen, ...chosen, ...chosen].map(({ samples }) => {
    const gated = timed(() => deployed.run(samples, { mode: "step" }));
    return timed(() => network.run(samples, { delay: TIMED_DELAY })) / gated;
  });
  // The first turns are warming up.
  return median(ratios.slice(chosen.length));
}

const percent = (share: number, digits = 1) => `${(100 * share).toFixed(digits)} %`;
const rows: Row[] = [];
const times: { network: string; ratio: number }[] = [];
for (const model of sharedModels(options.models!.split(","))) {
  const file = await modelFile(model);
  const network = await load(file);
  const images = await testImages(model, network.input);
  for (const delay of SCHEDULES) {
    rows.push(measure(network, model.name, images, delay));
    console.error(`${model.name}, ${delay}: ${rows.at(-1)!.steps} steps`);
  }
  const deployed = await loadDeployed(file, { build: "baseline" });
  times.push({ network: model.name, ratio: timeRatio(network, deployed, images) });
  network.dispose();
  deployed.dispose();
}
if (options.json) console.log(JSON.stringify({ rows, times }, null, 2));
else {
  console.log(
    table(
      [
        "network",
        "schedule",
        "images",
        "gated steps",
        "steps",
        "per answer",
        "top-1 (gated)",
        "agreement",
        "logits error",
        "same outputs",
        "unsettled (images)",
        "spikes",
        "operations",
        "negative",
        "SIN",
      ],
      rows.map((row) => [
        row.network,
        row.delay,
        String(row.images),
        String(row.gatedSteps),
        String(row.steps),
        String(row.stepsPerAnswer),
        `${percent(row.top1)} (${percent(row.gatedTop1)})`,
        percent(row.agreement),
        percent(row.logitsError, 2),
        percent(row.sameOutputs),
        `${row.unsettled} (${row.imagesUnsettled})`,
        row.spikes.toFixed(2),
        row.operations.toFixed(2),
        percent(row.negative),
        percent(row.sin, 3),
      ]),
    ),
  );
  console.log(`\nTime of a run with δ = ${TIMED_DELAY} for each of a gated step run in the deployed baseline core:`);
  for (const { network, ratio } of times) console.log(`${network}: ${ratio.toFixed(2)}`);
}
process.exit();
