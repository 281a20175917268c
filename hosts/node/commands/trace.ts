/** `bsnn trace`: what every neuron does while a network answers to one input. */

import { basename, resolve } from "node:path";
import manifest from "../../../package.json" with { type: "json" };
import { type Item, inputOf } from "../data/inputs.ts";
import { eachItem } from "../data/sources.ts";
import { loadEarly } from "../networks/early.ts";
import { loadModel } from "../networks/model.ts";
import { positionOf } from "../networks/timing.ts";
import { InputError } from "../report/failure.ts";
import { checkFolder, type Section, writeCsv, writeReport } from "../report/html/index.ts";
import { answerJson, printJson, runJson } from "../report/json.ts";
import { checkWritable, writeOutput } from "../report/output-file.ts";
import { plain } from "../report/plain.ts";
import { listing, print } from "../report/terminal.ts";
import { recordingArrays } from "../trace/arrays.ts";
import { chooseNeurons, parseNeuron } from "../trace/choose.ts";
import { factsOf, neuronName, sectionsOf } from "../trace/figures.ts";
import { nirData } from "../trace/nir-data.ts";
import { type Chosen, type Course, follow, type Recording, type Runnable, record } from "../trace/record.ts";

interface Options {
  report?: string;
  npz?: string;
  nirData?: string;
  csv?: string;
  neuron?: string[];
  delay?: string;
  json?: true;
}

/** @throws InputError where a file holds no input or several */
async function onlyItem(paths: readonly string[], model: string, { network }: Runnable): Promise<Item> {
  const items: Item[] = [];
  for await (const item of eachItem(paths, model, inputOf(network))) items.push(item);
  if (items.length === 1) return items[0];
  throw new InputError(`${paths.join(", ")}: holds ${items.length} inputs; trace follows one`);
}

async function load(path: string, delay: string | undefined): Promise<Runnable> {
  if (delay === undefined) return { network: (await loadModel(path)).network, early: null };
  const { network, schedule } = await loadEarly(path, delay);
  return schedule ? { network, early: { delay: schedule, schedule } } : { network, early: null };
}

function chosenNeurons(
  given: readonly string[],
  runnable: Runnable,
  samples: Uint8Array,
  recording: Recording,
): Chosen {
  if (given.length === 0) return chooseNeurons(runnable, samples, recording);
  return given.map((text) => {
    const { index, neuron } = parseNeuron(text, runnable.network);
    return { lane: recording.lanes[index], neuron };
  });
}

function json(
  modelPath: string,
  { network, early }: Runnable,
  recording: Recording,
  courses: readonly Course[],
  { delay }: Options,
  file: string,
  files: readonly string[],
): object {
  const [output] = recording.outputs;
  const order = [...output.values.keys()].sort((a, b) => output.values[b] - output.values[a] || a - b);
  const top = network.classifier
    ? order
        .slice(0, 5)
        .map((index) => ({ index, label: network.labels[index] ?? String(index), value: output.values[index] }))
    : [];
  const spikesByPopulation = recording.lanes.map(({ times }) => times.length);
  return {
    ...runJson(modelPath, "step", network),
    steps: recording.steps,
    ...(early && { delay }),
    file,
    ...answerJson(top, recording.outputs),
    spikes: spikesByPopulation.reduce((sum, spikes) => sum + spikes, 0),
    spikesByPopulation,
    followed: courses.map(({ lane: { population, levels }, neuron, spikes }) => ({
      population: population.index,
      name: population.name,
      position: positionOf(population, neuron),
      level: levels[neuron],
      spikeTimes: spikes.map(({ t }) => t),
      signs: spikes.map(({ sign }) => sign),
    })),
    files,
  };
}

/** Does what `bsnn trace` was told. */
export async function run(modelPath: string, imagePaths: readonly string[], options: Options): Promise<void> {
  const outputs = [options.report, options.npz, options.nirData].filter((path) => path !== undefined);
  if (outputs.length === 0 && options.csv === undefined) {
    throw new InputError("trace: nothing to write; give --report, --npz, --nir-data or --csv");
  }
  const targets = new Set<string>();
  for (const path of outputs) targets.add(resolve(await checkWritable(path, [modelPath, ...imagePaths])));
  if (targets.size < outputs.length) throw new InputError("trace: two outputs have the same name");
  if (options.csv !== undefined) await checkFolder(options.csv);
  const runnable = await load(modelPath, options.delay);
  const { network } = runnable;
  for (const text of options.neuron ?? []) parseNeuron(text, network);
  const imagePath = imagePaths.join(" + ");
  const item = await onlyItem(imagePaths, modelPath, runnable);
  const samples = await item.read();
  const recording = record(runnable, samples);
  const courses = follow(
    runnable,
    samples,
    recording,
    chosenNeurons(options.neuron ?? [], runnable, samples, recording),
  );
  const sections = sectionsOf(network, recording, courses, samples, basename(imagePath));
  const files = await write(options, { modelPath, imagePath, runnable, recording, courses, sections });
  if (options.json) {
    return await printJson(json(modelPath, runnable, recording, courses, options, item.name, files));
  }
  const followed = courses.map((course): [string, string] => ["neuron", neuronName(course)]);
  const written = files.map((file): [string, string] => ["written", file]);
  return print(
    `${plain(item.name)}\n${listing([...factsOf(network, recording, options.delay), ...followed, ...written])}\n`,
  );
}

interface Written {
  readonly modelPath: string;
  readonly imagePath: string;
  readonly runnable: Runnable;
  readonly recording: Recording;
  readonly courses: readonly Course[];
  readonly sections: readonly Section[];
}

/** Writes what was asked for; the paths of the files. */
async function write(
  { report, npz, nirData: events, csv, delay }: Options,
  { modelPath, imagePath, runnable: { network }, recording, courses, sections }: Written,
): Promise<string[]> {
  const files: string[] = [];
  if (report !== undefined) {
    await writeReport(report, {
      title: `${network.name || basename(modelPath)} sees ${basename(imagePath)}`,
      summary: "What every neuron of a spiking network does, time step by time step, from one input to the answer.",
      facts: [["model", basename(modelPath)], ...factsOf(network, recording, delay)],
      sections,
      footer: `Written by bsnn ${manifest.version}.`,
    });
    files.push(report);
  }
  if (npz !== undefined) {
    await writeOutput(npz, recordingArrays(recording, courses));
    files.push(npz);
  }
  if (events !== undefined) {
    await writeOutput(events, nirData(recording));
    files.push(events);
  }
  if (csv !== undefined) files.push(...(await writeCsv(csv, sections)));
  return files;
}
