/** The lab page in Chromium converts: the same files as the command writes, and refusals that name nodes. */

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import { load } from "../../../../bindings/lab.ts";
import { OnnxBuilder } from "../../../support/convert/onnx-builder.ts";
import { available } from "../../../support/hosts/available.ts";
import { chromium } from "../../../support/hosts/chromium.ts";
import { bsnn } from "../../../support/hosts/command.ts";
import { PROJECT } from "../../../support/hosts/folders.ts";
import { type Lab, openLab, shown } from "../../../support/hosts/lab.ts";
import { emptyFolder } from "../../../support/hosts/package.ts";

const test = suite("lab page");

const SHARED = join(PROJECT, "../shared");

if (await available(chromium)) {
  let lab: Lab;
  let folder: Awaited<ReturnType<typeof emptyFolder>>;

  test.before(async () => {
    folder = await emptyFolder();
    lab = await openLab();
  });
  test.after(async () => {
    await lab?.close();
    await folder?.remove();
  });

  test("a model that cannot be converted is refused with the names of its nodes", async () => {
    const page = await lab.open();
    const g = new OnnxBuilder({ input: [1, 1, 8, 8] });
    g.output(g.op("Sin", [g.relu(g.conv(g.input, 1, 2, [3, 3]))], {}, { name: "odd" }));
    const model = join(folder.path, "odd.onnx");
    await writeFile(model, g.encode());
    await page.setInputFiles("#file", [model, join(PROJECT, "models/seven.png")]);
    await page.click("#convert-start");
    await page.waitForSelector("#convert-error", { timeout: 60_000 });
    assert.match((await page.textContent("#convert-error"))!, /Sin 'odd'/);
    await page.context().close();
  });

  const resnet = join(SHARED, "models/resnet20-cifar10.onnx");
  const converts = async (model: string, images: readonly string[], mean: string, std: string): Promise<void> => {
    const name = model.split("/").at(-1)!.replace(".onnx", "");
    const page = await lab.open();
    await page.setInputFiles("#file", [model, ...images]);
    await page.fill("#convert-mean", mean);
    await page.fill("#convert-std", std);
    await page.click("#convert-start");
    await page.waitForSelector("#convert-save", { timeout: 180_000 });
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#convert-save")]);
    const fromTab = readFileSync(await download.path());
    const calibration = join(folder.path, `calibration-${name}`);
    await mkdir(calibration);
    for (const image of images) await copyFile(image, join(calibration, image.split("/").at(-1)!));
    const out = join(folder.path, `${name}.bsnn.gguf`);
    const { code, stderr } = bsnn(
      "convert",
      model,
      "-o",
      out,
      "--calibration",
      calibration,
      "--mean",
      mean,
      "--std",
      std,
    );
    assert.equal(code, 0, stderr);
    assert.ok(fromTab.equals(readFileSync(out)), "the tab's file and the command's");
    await page.click("#convert-use");
    await page.waitForFunction(() => globalThis.lab.recording);
    await page.click("#ann");
    await page.waitForFunction(() => globalThis.lab.original, undefined, { timeout: 60_000 });
    const { period } = await shown(page);
    const own = await load(out);
    const { samples } = await shown(page);
    assert.deepEqual(period, [...own.run(samples).outputs[0].potentials]);
    own.dispose();
    await page.context().close();
  };

  test("a model converted in the tab is the command's, byte for byte", async () => {
    await converts(join(PROJECT, "models/digits.onnx"), [join(PROJECT, "models/seven.png")], "0", "1");
  });

  if (existsSync(resnet)) {
    test("so is ResNet20", async () => {
      const calibration = join(SHARED, "data/cifar10/calibration");
      const images: string[] = [];
      for (const label of readdirSync(calibration)) {
        const [first] = readdirSync(join(calibration, label)).sort();
        const copy = join(folder.path, `${label}-${first}`);
        await copyFile(join(calibration, label, first), copy);
        images.push(copy);
      }
      await converts(resnet, images, "0.485,0.456,0.406", "0.229,0.224,0.225");
    });
  } else process.stderr.write("SKIPPED: ResNet20 is not at ../shared\n");

  test("no error, no warning, nothing forbidden by the policy, nothing asked of elsewhere", () => {
    assert.deepEqual(lab.complaints, []);
  });
}

test.run();
