/**
 * The real models of ../shared, through the commands a user types. Quality over all test images is measured by
 * `npm run quality` and recorded in docs/measurements.md; here a part of them guards against regressions.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import { type SharedModel, sharedModels } from "../../bench/shared-models.ts";

const cli = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const IMAGES = 60;
const STEPPED = 20;

/** Least agreement with the ANN over the first images, a few images below what was measured. */
const AGREEMENT: Readonly<Record<string, number>> = {
  resnet20: 0.95,
  resnet56: 0.95,
  resnet8: 0.95,
  "mnist-8": 0.98,
  squeezenet: 0.85,
};

const preprocessingOptions = ({ scale, mean, std, channelOrder }: SharedModel["preprocessing"]): string[] => [
  ...["--scale", String(scale), "--channel-order", channelOrder],
  ...["--mean", mean.join(), "--std", std.join()],
];

const bsnn = (...args: string[]) =>
  JSON.parse(execFileSync(process.execPath, [cli, ...args, "--json"], { encoding: "utf8" }));

const models = suite("shared models");
const folder = mkdtempSync(join(tmpdir(), "bsnn-"));
models.after(() => rmSync(folder, { recursive: true }));

for (const { name, onnx, data, preprocessing } of sharedModels(Object.keys(AGREEMENT))) {
  models(`${name} converts, agrees with the ANN, and steps equal periods`, () => {
    const file = join(folder, "model.bsnn.gguf");
    const calibration = join(data, "calibration");
    bsnn("convert", onnx, "-o", file, "--calibration", calibration, ...preprocessingOptions(preprocessing));
    const test = join(data, "test");
    const whole = bsnn("eval", file, "--data", test, "--limit", String(IMAGES), "--onnx", onnx);
    assert.equal(whole.inputs, IMAGES);
    assert.ok(whole.ann.agreement >= AGREEMENT[name], `agreement ${whole.ann.agreement}`);
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
