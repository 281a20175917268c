/**
 * The bistable network beside earlier conversions: `bsnn compare` on the shared models, and what it claims.
 *
 *   npm run compare -- [--models resnet20,resnet56,vgg16] [--limit 500] [--steps 512] [--workers 1] [--out FOLDER] [-- OPTIONS]
 *
 * In FOLDER (default: compare/) it writes each model, converted with schedules, its report and its figures as JSON, and keeps what has
 * been measured, so that a run that was interrupted goes on. What follows a second `--` is given to `bsnn compare`.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { table } from "../hosts/node/report/terminal.ts";
import { type SharedModel, sharedModels } from "./shared-models.ts";

const { values: options, positionals } = parseArgs({
  options: {
    models: { type: "string", default: "resnet20,resnet56,vgg16" },
    limit: { type: "string", default: "500" },
    steps: { type: "string", default: "512" },
    workers: { type: "string", default: "1" },
    out: { type: "string", default: "compare" },
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
  const { limit, steps, workers } = options;
  const json = bsnn([
    ...["compare", model, "--onnx", onnx, "--data", join(data, "test"), "--calibration", join(data, "calibration")],
    ...["--limit", limit!, "--steps", steps!, "--workers", workers!, "--keep", out],
    ...["--report", join(out, `${name}.html`), "--json", ...positionals],
  ]);
  await writeFile(join(out, `${name}.json`), json);
}

interface Document {
  readonly images: number;
  readonly annTop1: number;
  readonly methods: readonly {
    readonly title: string;
    readonly reach: Readonly<Record<"minus1" | "minusHalf" | "agreement99", { readonly steps: number } | null>>;
  }[];
  readonly claims: readonly { readonly claim: string; readonly holds: boolean | null; readonly found: string }[];
}

await mkdir(out, { recursive: true });
for (const model of sharedModels(options.models!.split(","))) {
  await compare(model);
  const { images, annTop1, methods, claims } = JSON.parse(
    await readFile(join(out, `${model.name}.json`), "utf8"),
  ) as Document;
  console.log(`\n${model.name}: ${images} images, ANN top-1 ${(100 * annTop1).toFixed(1)} %\n`);
  const reached = (reach: { readonly steps: number } | null) => (reach ? String(reach.steps) : "–");
  console.log(
    table(
      ["method", "steps to ANN − 1", "to ANN − 0.5", "to 99 % agreement"],
      methods.map(({ title, reach }) => [
        title,
        reached(reach.minus1),
        reached(reach.minusHalf),
        reached(reach.agreement99),
      ]),
    ),
  );
  console.log();
  const held = (holds: boolean | null) => (holds === null ? "not told" : holds ? "holds" : "does not hold");
  console.log(
    table(
      ["", "claim", "found"],
      claims.map(({ claim, holds, found }) => [held(holds), claim, found]),
    ),
  );
}
process.exit();
