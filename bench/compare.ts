/**
 * The bistable network beside earlier conversions: `bsnn compare` on the shared models, and what it claims.
 *
 *   npm run compare -- [--models resnet20,resnet56,vgg16] [--limit 500] [--minutes 60] [--steps 512] [--workers 1]
 *     [--out FOLDER] [--tables] [-- OPTIONS]
 *
 * In FOLDER (default: compare/) it writes each model, converted with schedules, its report and its figures as JSON, and keeps what has
 * been measured, so that a run that was interrupted goes on. A network is measured on `--limit` images, or on as many as fit in
 * `--minutes`. What is printed are the tables of docs/paper.md; with `--tables` those of the last run. What follows a second `--` is given
 * to `bsnn compare`.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Document, markdownOf } from "./compare-tables.ts";
import { type SharedModel, sharedModels } from "./shared-models.ts";

const { values: options, positionals } = parseArgs({
  options: {
    models: { type: "string", default: "resnet20,resnet56,vgg16" },
    limit: { type: "string", default: "500" },
    minutes: { type: "string", default: "60" },
    steps: { type: "string", default: "512" },
    workers: { type: "string", default: "1" },
    out: { type: "string", default: "compare" },
    tables: { type: "boolean", default: false },
  },
  allowPositionals: true,
});

const CLI = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const out = resolve(options.out!);

function bsnn(args: readonly string[]): string {
  const { status, stdout } = spawnSync(process.execPath, [CLI, ...args], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`bsnn ${args[0]} failed with exit code ${status}`);
  return stdout;
}

async function compare({ name, onnx, data, preprocessing }: SharedModel) {
  const model = join(out, `${name}.bsnn.gguf`);
  const { scale, mean, std, channelOrder } = preprocessing;
  if (!existsSync(model)) {
    const told = ["--scale", scale, "--mean", mean, "--std", std, "--channel-order", channelOrder];
    const calibration = ["--calibration", join(data, "calibration"), "--name", name];
    bsnn(["convert", onnx, "-o", model, ...calibration, "--early", ...told.map(String)]);
  }
  const { limit, minutes, steps, workers } = options;
  const json = bsnn([
    ...["compare", model, "--onnx", onnx, "--data", join(data, "test"), "--calibration", join(data, "calibration")],
    ...["--limit", limit!, "--minutes", minutes!, "--steps", steps!, "--workers", workers!, "--keep", out],
    ...["--report", join(out, `${name}.html`), "--json", ...positionals],
  ]);
  await writeFile(join(out, `${name}.json`), json);
}

const models = sharedModels(options.models!.split(","));
await mkdir(out, { recursive: true });
for (const model of models) {
  if (!options.tables) await compare(model);
  const document = JSON.parse(await readFile(join(out, `${model.name}.json`), "utf8")) as Document;
  console.log(`\n${markdownOf(model.name, document)}`);
}
process.exit();
