/**
 * What it takes to convert networks of the paper's size: processor time by stage, and memory.
 *
 *   npm run conversion -- [--models resnet34,vgg16] [--images 60] [--json]
 *
 * Each model is generated into a temporary folder, of exactly torchvision's shapes and with seeded weights, and converted in a process of
 * its own on random images of 224×224.
 */

import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { convert } from "../convert/index.ts";
import { listing, table } from "../hosts/node/report/terminal.ts";
import { Random } from "../models/drawn/random.ts";
import { PAPER_MODELS, paperModel } from "./paper-models.ts";

const { values: options } = parseArgs({
  options: {
    models: { type: "string", default: PAPER_MODELS.join() },
    images: { type: "string", default: "60" },
    json: { type: "boolean", default: false },
    /** Converts one file, in a process of its own. */
    file: { type: "string" },
  },
});

/** What a conversion took. */
interface Measured {
  readonly images: number;
  /** Bytes of the converted file. */
  readonly bytes: number;
  /** Seconds of the processor's time. */
  readonly processor: number;
  /** Seconds by the clock. */
  readonly elapsed: number;
  /** Seconds of the processor's time, by stage. */
  readonly stages: Readonly<Record<string, number>>;
  /** Largest resident memory, MB. */
  readonly memory: number;
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
  const { file, ann, stages } = await convert(model, {
    calibration: async ({ height, width, channels }) =>
      Array.from({ length: images }, () =>
        Uint8Array.from({ length: height * width * channels }, () => Math.floor(256 * random.uniform())),
      ),
  });
  await ann.dispose();
  const { user, system } = process.cpuUsage(before);
  return {
    images,
    bytes: file.length,
    processor: (user + system) / 1e6,
    elapsed: (Date.now() - begin) / 1000,
    stages,
    memory: process.resourceUsage().maxRSS / 1024,
  };
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
      const command = ["--import", "tsx", script, "--file", path, "--images", options.images];
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
  const rows = results.map(({ model, images, processor, elapsed, memory, bytes }) => [
    model,
    String(images),
    ...[processor, elapsed, memory, bytes / 1e6].map((value) => value.toFixed(0)),
  ]);
  console.log(table(["model", "images", "processor s", "clock s", "memory MB", "file MB"], rows));
}

const stagesOf = ({ stages, processor, memory }: Measured): [string, string][] => [
  ...Object.entries(stages).map(([stage, seconds]): [string, string] => [stage, `${seconds.toFixed(1)} s`]),
  ["processor", `${processor.toFixed(1)} s`],
  ["memory", `${memory.toFixed(0)} MB`],
];

await main();
