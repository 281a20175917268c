/**
 * What it takes to convert networks of the paper's size: processor time by stage, and memory; then, of the converted one, the time of an
 * image and the slowest populations.
 *
 *   npm run conversion -- [--models resnet34,vgg16] [--images 60] [--alone] [--json]
 *
 * Each model is generated into a temporary folder, of exactly torchvision's shapes and with seeded weights, and converted in a process of
 * its own on random images of 224×224. A second thread runs the original (dist/convert-worker.js), unless it is left alone.
 */

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { load } from "../bindings/node.ts";
import { convert } from "../convert/index.ts";
import { openThread } from "../hosts/node/networks/executor.ts";
import { listing, table } from "../hosts/node/report/terminal.ts";
import { Random } from "../models/drawn/random.ts";
import { PAPER_MODELS, paperModel } from "./paper-models.ts";
import { LayerTimer } from "./speed/layers.ts";
import { CORES } from "./speed/programs.ts";
import { quartiles } from "./statistics.ts";

const { values: options } = parseArgs({
  options: {
    models: { type: "string", default: PAPER_MODELS.join() },
    images: { type: "string", default: "60" },
    json: { type: "boolean", default: false },
    /** Gives the conversion no second thread. */
    alone: { type: "boolean", default: false },
    /** Converts one file, in a process of its own. */
    file: { type: "string" },
  },
});

/** What a conversion took. */
interface Measured {
  readonly images: number;
  /** Bytes of the converted file, and the first digits of their SHA-256. */
  readonly bytes: number;
  readonly digest: string;
  /** Seconds of the processor's time. */
  readonly processor: number;
  /** Seconds by the clock. */
  readonly elapsed: number;
  /** Seconds of the processor's time, by stage. */
  readonly stages: Readonly<Record<string, number>>;
  /** Largest resident memory, MB. */
  readonly memory: number;
  readonly run: Run;
}

/** What the converted network takes, on one thread. */
interface Run {
  readonly build: string;
  /** Of an image, in ms of the processor's time. */
  readonly ms: number;
  /** Linear memory, MB. */
  readonly linearMemory: number;
  /** All populations that multiply, the slowest first. */
  readonly populations: readonly { readonly what: string; readonly macs: number; readonly rate: number }[];
}

/** Images that a converted network is timed on. */
const TIMED = 3;

/** Times a converted network. @param path of its file */
async function timeRun(file: Uint8Array, path: string, images: readonly Uint8Array[]): Promise<Run> {
  const net = await load(file);
  const times = images.map((samples) => {
    const begin = performance.now();
    net.run(samples);
    return performance.now() - begin;
  });
  const { build, memory } = net;
  net.dispose();
  const timer = await LayerTimer.load(build, CORES[build], path);
  timer.count(images[0]);
  for (const samples of images) timer.pass(samples);
  const populations = timer
    .result()
    .layers.filter(({ macs }) => macs > 0)
    .map(({ shape, projections, macs, ms }) => ({
      what: `${shape.join("×")}, ${projections}`,
      macs,
      rate: macs / ms.median / 1e6,
    }));
  return {
    build,
    ms: quartiles(times).median,
    linearMemory: memory / 1e6,
    populations: populations.sort((a, b) => a.rate - b.rate),
  };
}

async function measure(path: string): Promise<Measured> {
  const model = await readFile(path);
  const images = Number(options.images);
  const random = new Random(7);
  const begin = Date.now();
  const before = process.cpuUsage();
  // Stages are then timed by the processor, whose time other work on the machine hardly lengthens.
  performance.now = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  };
  const script = new URL("../dist/convert-worker.js", import.meta.url);
  const { file, ann, stages } = await convert(model, {
    ...(!options.alone && { executor: () => openThread(script) }),
    calibration: async ({ height, width, channels }) =>
      Array.from({ length: images }, () =>
        Uint8Array.from({ length: height * width * channels }, () => Math.floor(256 * random.uniform())),
      ),
  });
  await ann.dispose();
  const { user, system } = process.cpuUsage(before);
  const converted = {
    images,
    bytes: file.length,
    digest: createHash("sha256").update(file).digest("hex").slice(0, 12),
    processor: (user + system) / 1e6,
    elapsed: (Date.now() - begin) / 1000,
    stages,
    memory: process.resourceUsage().maxRSS / 1024,
  };
  const written = `${path}.bsnn.gguf`;
  await writeFile(written, file);
  try {
    const size = 224 * 224 * 3;
    const inputs = Array.from({ length: TIMED }, () => Uint8Array.from({ length: size }, () => 256 * random.uniform()));
    return { ...converted, run: await timeRun(file, written, inputs) };
  } finally {
    await rm(written);
  }
}

async function main(): Promise<void> {
  if (options.file) {
    console.log(JSON.stringify(await measure(options.file)));
    return;
  }
  const folder = await mkdtemp(join(tmpdir(), "bsnn-conversion-"));
  const results: (Measured & { readonly model: string })[] = [];
  try {
    for (const model of options.models.split(",")) {
      const path = join(folder, `${model}.onnx`);
      await writeFile(path, paperModel(model));
      const script = fileURLToPath(import.meta.url);
      const alone = options.alone ? ["--alone"] : [];
      const command = ["--import", "tsx", script, "--file", path, "--images", options.images, ...alone];
      const text = execFileSync(process.execPath, command, { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
      const measured = JSON.parse(text) as Measured;
      results.push({ model, ...measured });
      await rm(path);
      if (!options.json) console.log(`${model}\n${listing(stagesOf(measured))}\n`);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  if (options.json) {
    console.log(JSON.stringify(results, null, 2));
    return;
  }
  const rows = results.map(({ model, images, processor, elapsed, memory, bytes, digest }) => [
    model,
    String(images),
    ...[processor, elapsed, memory, bytes / 1e6].map((value) => value.toFixed(0)),
    digest,
  ]);
  console.log(table(["model", "images", "processor s", "clock s", "memory MB", "file MB", "SHA-256"], rows));
}

/** Populations that are printed. */
const SLOWEST = 5;

const stagesOf = ({ stages, processor, memory, run }: Measured): [string, string][] => [
  ...Object.entries(stages).map(([stage, seconds]): [string, string] => [stage, `${seconds.toFixed(1)} s`]),
  ["processor", `${processor.toFixed(1)} s`],
  ["memory", `${memory.toFixed(0)} MB`],
  [`an image, ${run.build}`, `${run.ms.toFixed(0)} ms, ${run.linearMemory.toFixed(0)} MB`],
  ...run.populations
    .slice(0, SLOWEST)
    .map(({ what, macs, rate }): [string, string] => [
      what,
      `${rate.toFixed(1)} GMAC/s of ${(macs / 1e6).toFixed(0)} million`,
    ]),
];

await main();
