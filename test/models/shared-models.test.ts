/**
 * The real models of ../shared, through the commands a user types. Quality over all test images is measured by
 * `npm run quality` and recorded in docs/measurements.md; here a part of them guards against regressions.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";

const shared = fileURLToPath(new URL("../../../shared/", import.meta.url));
const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const IMAGES = 60;
const STEPPED = 20;

interface Case {
  readonly model: string;
  readonly data: string;
  readonly preprocessing: readonly string[];
  /** Least agreement with the ANN over the first images, a few images below what was measured. */
  readonly agreement: number;
}

const cifar = ["--mean", "0.485,0.456,0.406", "--std", "0.229,0.224,0.225"];
const raw = ["--scale", "1"];
const cases: readonly Case[] = [
  { model: "resnet20-cifar10.onnx", data: "cifar10", preprocessing: cifar, agreement: 0.95 },
  { model: "resnet56-cifar10.onnx", data: "cifar10", preprocessing: cifar, agreement: 0.95 },
  { model: "resnet8-cifar10.onnx", data: "cifar10", preprocessing: raw, agreement: 0.95 },
  { model: "mnist-8/model.onnx", data: "mnist", preprocessing: raw, agreement: 0.98 },
  {
    model: "squeezenet1.0-imagenet.onnx",
    data: "imagenet",
    preprocessing: [...raw, "--mean", "104,117,123", "--channel-order", "bgr"],
    agreement: 0.85,
  },
];

const bsnn = (...args: string[]) =>
  JSON.parse(execFileSync(process.execPath, [cli, ...args, "--json"], { encoding: "utf8" }));

const models = suite("shared models");
const folder = mkdtempSync(join(tmpdir(), "bsnn-"));
models.after(() => rmSync(folder, { recursive: true }));

for (const { model, data, preprocessing, agreement } of cases) {
  const onnx = join(shared, "models", model);
  if (!existsSync(onnx)) {
    console.warn(`SKIPPED: ${model} is not at ../shared/models; its conversion is not checked here`);
    continue;
  }
  models(`${model} converts, agrees with the ANN, and steps equal periods`, () => {
    const file = join(folder, "model.bsnn.gguf");
    const images = join(shared, "data", data);
    bsnn("convert", onnx, "-o", file, "--calibration", join(images, "calibration"), ...preprocessing);
    const test = join(images, "test");
    const whole = bsnn("eval", file, "--data", test, "--limit", String(IMAGES), "--onnx", onnx);
    assert.equal(whole.images, IMAGES);
    assert.ok(whole.ann.agreement >= agreement, `agreement ${whole.ann.agreement}`);
    const [period, step] = ["period", "step"].map((mode) =>
      bsnn("eval", file, "--data", test, "--limit", String(STEPPED), "--mode", mode),
    );
    assert.equal(step.digest, period.digest);
    for (const key of ["top1", "spikesPerImage", "synapticOperationsPerImage", "steps"]) {
      assert.equal(step[key], period[key], key);
    }
  });
}

models.run();
