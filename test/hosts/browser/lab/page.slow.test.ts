/** The lab page in Chromium: what it shows is what the network does, whatever a visitor draws, switches, drops or converts. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import { load } from "../../../../bindings/lab.ts";
import { OnnxBuilder } from "../../../support/convert/onnx-builder.ts";
import { available } from "../../../support/hosts/available.ts";
import { chromium } from "../../../support/hosts/chromium.ts";
import { bsnn } from "../../../support/hosts/command.ts";
import { PROJECT } from "../../../support/hosts/folders.ts";
import { type Lab, type LabPage, openLab, type Shown } from "../../../support/hosts/lab.ts";
import { emptyFolder } from "../../../support/hosts/package.ts";

const test = suite("lab page");

const SHARED = join(PROJECT, "../shared");
const digitsPath = join(PROJECT, "models/digits.bsnn.gguf");

declare global {
  var lab: Shown;
}

/** Digits as strokes, in tenths of the pad. */
const DRAWN: Readonly<Record<string, readonly (readonly number[])[]>> = {
  "1": [[5, 1, 5, 9]],
  "4": [
    [4, 1, 2, 6, 8, 6],
    [6, 3, 6, 9],
  ],
  "7": [[1, 5, 4, 5, 2.5, 9]],
};

async function draw(page: LabPage, strokes: readonly (readonly number[])[], steps = 6): Promise<void> {
  const { x, y, width, height } = await page.locator("#pad").boundingBox();
  const at = (stroke: readonly number[], i: number) =>
    [x + (width * stroke[i]) / 10, y + (height * stroke[i + 1]) / 10] as const;
  for (const stroke of strokes) {
    await page.mouse.move(...at(stroke, 0));
    await page.mouse.down();
    for (let i = 2; i < stroke.length; i += 2) await page.mouse.move(...at(stroke, i), { steps });
    await page.mouse.up();
  }
}

/** What the page has recorded of its samples, once it has. */
async function shown(
  page: LabPage,
): Promise<{ samples: Uint8Array; potentials: number[]; period: number[]; steps: number; t: number }> {
  await page.waitForFunction(() => globalThis.lab.recording && globalThis.lab.answer);
  await page.waitForTimeout(150);
  const found = await page.evaluate(() => ({
    samples: [...globalThis.lab.samples],
    potentials: [...globalThis.lab.recording!.potentials],
    period: [...globalThis.lab.answer!.potentials],
    steps: globalThis.lab.recording!.steps,
    t: globalThis.lab.t,
  }));
  return { ...found, samples: Uint8Array.from(found.samples) };
}

const digest = (values: readonly number[]) => createHash("sha256").update(Int32Array.from(values)).digest("hex");

if (await available(chromium)) {
  let lab: Lab;
  let folder: Awaited<ReturnType<typeof emptyFolder>>;
  let net: Awaited<ReturnType<typeof load>>;

  test.before(async () => {
    folder = await emptyFolder();
    net = await load(digitsPath);
    lab = await openLab();
  });
  test.after(async () => {
    await lab?.close();
    await folder?.remove();
    net?.dispose();
  });

  test("what is drawn is recognised, and gives Node's digest", async () => {
    const page = await lab.open();
    for (const [digit, strokes] of Object.entries(DRAWN)) {
      await page.click("#clear");
      await draw(page, strokes);
      await page.waitForSelector(`#say:has-text("The answer is ${digit}")`, { state: "attached" });
      const { samples, potentials, period } = await shown(page);
      const { outputs } = net.run(samples);
      assert.equal(digest(potentials), digest([...outputs[0].potentials]));
      assert.deepEqual(period, potentials, "period mode and time steps");
    }
    await page.context().close();
  });

  test("stepping to the end comes to what period mode answers, and every step to what steps() gives", async () => {
    const page = await lab.open({ state: "digit=6.5&t=0" });
    const { samples, steps } = await shown(page);
    const spikes = Array.from(net.steps(samples), (step) =>
      net.populations.map(({ kind, index }) => (kind === "output" || kind === "input" ? [] : [...step.spikes(index)])),
    );
    const read = () =>
      page.evaluate(() => {
        const { t, recording } = globalThis.lab;
        return recording!.trains.map(({ starts, neurons }) => [...neurons.slice(starts[t], starts[t + 1])]);
      });
    for (const t of [0, 1, 7, 8, 25, 49]) {
      await page.fill("#scrub", String(t));
      await page.waitForFunction((at) => document.querySelector("#time")!.textContent?.startsWith(`t = ${at} `), t);
      assert.deepEqual(await read(), spikes[t], `scrubbed to ${t}`);
    }
    await page.fill("#scrub", "0");
    for (let t = 1; t < steps; t++) await page.click("#forward");
    assert.equal((await shown(page)).t, steps - 1);
    const values = net.run(samples).logits;
    const bars = await page.evaluate(() => [...document.querySelectorAll(".bar-value")].map((bar) => bar.textContent));
    assert.deepEqual(
      bars,
      Array.from(values, (value) => value.toFixed(1)),
    );
    await page.press("#network", "Home");
    await page.waitForFunction(() => globalThis.lab.t === 0);
    await page.press("body", "Shift+ArrowRight");
    await page.waitForFunction(() => globalThis.lab.t === 1);
    await page.context().close();
  });

  test("every switch changes what is said, for the same samples", async () => {
    const page = await lab.open({ state: "digit=8.48" });
    const { samples } = await shown(page);
    const said = async () => {
      await page.waitForTimeout(300);
      return page.textContent("#break-note");
    };
    const notes = new Set([await said()]);
    const add = async (what: string) => {
      const text = await said();
      assert.ok(!notes.has(text), `${what}: ${text}`);
      notes.add(text);
    };
    const ways = await page.evaluate(() =>
      [...document.querySelectorAll<HTMLOptionElement>("#way option")].map(({ value }) => value),
    );
    assert.deepEqual(ways.slice(0, 2), ["gated", "early"]);
    for (const way of ways.slice(1)) {
      await page.selectOption("#way", way);
      await page.waitForFunction((wanted) => globalThis.lab.recording?.way === wanted, way);
      await add(way);
    }
    await page.selectOption("#way", "early");
    for (const delay of ["fast", "1", "2", "5"]) {
      await page.selectOption("#delay", delay);
      await add(`delay ${delay}`);
      const { steps } = await shown(page);
      assert.equal(steps, net.run(samples, { delay: delay === "fast" ? delay : Number(delay) }).steps);
    }
    await page.click("#mend");
    await page.waitForFunction(() => globalThis.lab.recording?.way === "gated");
    await page.selectOption("#silence-population", "5");
    await page.click("#silence");
    await add("silence");
    const { potentials } = await shown(page);
    assert.notDeepEqual(potentials, [...net.run(samples).outputs[0].potentials]);
    await page.click("#silenced button");
    await page.waitForTimeout(300);
    assert.deepEqual((await shown(page)).potentials, [...net.run(samples).outputs[0].potentials]);
    for (const phases of [3, 8]) {
      await page.selectOption("#phases", String(phases));
      await page.waitForFunction((wanted) => globalThis.lab.recording?.steps === wanted, 7 * phases + 1);
      assert.deepEqual((await shown(page)).samples, samples);
    }
    await page.context().close();
  });

  test("a neuron opens with its formula, by pointer and by keyboard", async () => {
    const page = await lab.open({ state: "digit=3.3" });
    const { samples } = await shown(page);
    await page.press("#network", "PageDown");
    await page.press("#network", "]");
    const title = (await page.textContent("#inspector-title"))!;
    const [, c, y, x] = title.match(/channel (\d+), row (\d+), column (\d+)/)!.map(Number);
    net.run(samples);
    const population = net.populations[2];
    const neuron = (y * population.width + x) * population.channels + c;
    assert.match(title, /^r1,/);
    const v = net.potentials(2)[neuron].toLocaleString("en");
    assert.ok((await page.textContent("#formula"))?.includes(`= ${v}, over`), `${v} in the formula`);
    await page.press("body", "Escape");
    await page.context().close();
  });

  test("the tour goes through its eight stops and leaves the page usable", async () => {
    const page = await lab.open();
    await page.click("#tour-start");
    const titles = new Set<string | null>();
    for (let stop = 0; stop < 8; stop++) {
      titles.add(await page.textContent("#tour-title"));
      await page.waitForTimeout(150);
      await page.click("#tour-next");
    }
    assert.equal(titles.size, 8);
    await page.waitForFunction(() => !document.querySelector<HTMLDialogElement>("#tour")!.open);
    await page.context().close();
  });

  test("an address brings back what it was copied from", async () => {
    const page = await lab.open();
    await page.click("#clear");
    await draw(page, DRAWN["4"]);
    await page.selectOption("#way", "early");
    await page.selectOption("#delay", "2");
    await page.waitForTimeout(300);
    await page.fill("#scrub", "11");
    await page.waitForFunction(() => location.hash.includes("t=11"));
    const before = await shown(page);
    const [, state] = page.url().split("#");
    await page.context().close();
    const again = await lab.open({ state });
    assert.deepEqual(await shown(again), before);
    await again.context().close();
  });

  test("a model file is opened, one that is none is refused, and an image is shown", async () => {
    const page = await lab.open();
    const broken = join(folder.path, "broken.bsnn.gguf");
    await writeFile(broken, readFileSync(digitsPath).subarray(0, 5000));
    await page.setInputFiles("#file", [broken]);
    await page.waitForFunction(() => document.querySelector("#stimulus-note")!.textContent !== "");
    assert.match((await page.textContent("#stimulus-note"))!, /tensor|end|file/);
    const small = join(folder.path, "other.bsnn.gguf");
    await copyFile(join(lab.folder, "digits-4.bsnn.gguf"), small);
    await page.setInputFiles("#file", [small]);
    await page.waitForFunction(() => globalThis.lab.recording?.steps === 29);
    await page.setInputFiles("#file", [join(PROJECT, "models/seven.png")]);
    await page.waitForSelector('#say:has-text("The answer is 7")', { state: "attached" });
    await page.setInputFiles("#file", [join(PROJECT, "package.json")]);
    await page.waitForSelector("#stimulus-note:has-text('package.json is not an image')");
    await page.context().close();
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

  test("a first visit loads at most 200 kB gzipped, and after it the page works offline", async () => {
    const page = await lab.open();
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null, undefined, { timeout: 20_000 });
    const names = new Set(
      lab.requests.map((address) => address.replace(lab.address, "").replace(/#.*/, "") || "index.html"),
    );
    assert.ok(names.has("core.lab.wasm") && names.has("digits.bsnn.gguf"), [...names].join());
    assert.ok(![...names].some((name) => /^ort|converter|onnx/.test(name)));
    const bytes = [...names].reduce(
      (sum, name) => sum + gzipSync(readFileSync(join(lab.folder, name)), { level: 9 }).length,
      0,
    );
    assert.ok(bytes <= 200_000, `${bytes} bytes`);
    await page.context().setOffline(true);
    await page.reload();
    await page.waitForSelector("html[data-ready]", { state: "attached" });
    await shown(page);
    await page.context().close();
  });

  test("memory stays flat over 200 drawings", async () => {
    const page = await lab.open();
    const session = await page.context().newCDPSession(page);
    await session.send("Performance.enable");
    const heap = async () => {
      await session.send("HeapProfiler.collectGarbage");
      const { metrics } = await session.send("Performance.getMetrics");
      return metrics.find(({ name }) => name === "JSHeapUsedSize")!.value;
    };
    const strokes = Object.values(DRAWN);
    let early = 0;
    for (let n = 0; n < 200; n++) {
      await page.click("#clear");
      await draw(page, strokes[n % 3], 2);
      if (n % 10 === 0) await page.waitForFunction(() => globalThis.lab.answer);
      if (n === 50) early = await heap();
    }
    await page.waitForTimeout(500);
    const late = await heap();
    assert.ok(late < early + 3e6, `${early} bytes after 50 drawings, ${late} after 200`);
    await page.context().close();
  });

  test("nothing serious is found by axe, in both themes and at both widths", async () => {
    const axe = readFileSync(join(PROJECT, "node_modules/axe-core/axe.min.js"), "utf8");
    for (const theme of ["dark", "light"] as const) {
      for (const [width, height] of [
        [1280, 800],
        [360, 740],
      ]) {
        const page = await lab.open({ theme, width, height, state: "way=early&delay=fast&digit=3.3&silent=5.2" });
        await page.addInitScript({ content: axe });
        await page.reload();
        await page.waitForSelector("html[data-ready]", { state: "attached" });
        await shown(page);
        for (const open of ["#tour-start", "#real-open"]) {
          const found = await page.evaluate(async () => {
            type Axe = {
              run(): Promise<{
                passes: unknown[];
                violations: { id: string; impact: string; nodes: { html: string }[] }[];
              }>;
            };
            const { passes, violations } = await (globalThis as unknown as { axe: Axe }).axe.run();
            const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
            return { passes: passes.length, serious: serious.map(({ id, nodes }) => `${id}: ${nodes[0].html}`) };
          });
          assert.ok(found.passes > 20, "axe has looked");
          assert.deepEqual(found.serious, [], `${theme}, ${width} pixels`);
          await page.click(open);
          await page.waitForTimeout(200);
        }
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${wide} pixels too wide`);
        await page.context().close();
      }
    }
  });

  test("no error, no warning, nothing forbidden by the policy, nothing asked of elsewhere", () => {
    assert.deepEqual(lab.complaints, []);
  });
}

test.run();
