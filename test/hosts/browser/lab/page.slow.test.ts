/** The lab page in Chromium: what it shows is what the network does, whatever a visitor draws, switches or opens. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import { load } from "../../../../bindings/lab.ts";
import { writeModel } from "../../../../convert/write/model.ts";
import { network, population, repeat } from "../../../reference/build.ts";
import { encodePng } from "../../../support/files/png.ts";
import { available } from "../../../support/hosts/available.ts";
import { chromium } from "../../../support/hosts/chromium.ts";
import { PROJECT } from "../../../support/hosts/folders.ts";
import { DRAWN, digest, draw, type Lab, openLab, shown } from "../../../support/hosts/lab.ts";
import { emptyFolder } from "../../../support/hosts/package.ts";

const test = suite("lab page");

/** One hidden neuron, K = 4. */
const TINY = network(
  4,
  [
    population("input", [1, 1, 1], 0),
    population("bistable", [1, 1, 1], 1, { shift: [2], initial: [1] }),
    population("output", [1, 1, 1], 2),
  ],
  [repeat(0, 1, [1, 1, 1]), repeat(1, 2, [1, 1, 1])],
);

const digitsPath = join(PROJECT, "models/digits.bsnn.gguf");

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

  test("a digit plays from the first second; who wants no motion is shown the answer", async () => {
    const page = await lab.open({ still: false });
    const at = () => page.evaluate(() => globalThis.lab.t);
    const before = await at();
    await page.waitForFunction((t) => globalThis.lab.t > t + 3, before, { timeout: 10_000 });
    await page.click("#play");
    const stopped = await at();
    await page.waitForTimeout(400);
    assert.equal(await at(), stopped);
    await page.context().close();
    const calm = await lab.open();
    assert.equal((await shown(calm)).t, 49);
    await calm.context().close();
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
    await page.press("#network", "Shift+ArrowRight");
    await page.waitForFunction(() => globalThis.lab.t === 1);
    await page.context().close();
  });

  test("every switch changes what is said, for the same samples", async () => {
    const page = await lab.open({ state: "digit=8.48" });
    const { samples } = await shown(page);
    const said = async () => {
      await shown(page);
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
    assert.deepEqual(ways, ["gated", "phase", "alternating", "integrate-and-fire", "early"]);
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
    const broken: readonly (readonly [name: string, bytes: Uint8Array, says: RegExp])[] = [
      ["cut.bsnn.gguf", readFileSync(digitsPath).subarray(0, 5000), /^cut\.bsnn\.gguf: .*(tensor|end|file)/],
      ["picture.gguf", readFileSync(join(PROJECT, "models/seven.png")), /^picture\.gguf: not a bsnn model/],
      ["nothing.gguf", new Uint8Array(), /^nothing\.gguf: the file is cut short/],
    ];
    for (const [name, bytes, says] of broken) {
      await writeFile(join(folder.path, name), bytes);
      await page.setInputFiles("#file", [join(folder.path, name)]);
      await page.waitForSelector(`#stimulus-note:has-text("${name}: ")`);
      assert.match((await page.textContent("#stimulus-note"))!, says);
    }
    const small = join(folder.path, "other.bsnn.gguf");
    await copyFile(join(lab.folder, "digits-4.bsnn.gguf"), small);
    await page.setInputFiles("#file", [small]);
    await page.waitForFunction(() => globalThis.lab.recording?.steps === 29);
    await page.waitForFunction(() => document.querySelector("#stimulus-note")!.textContent === "");
    await page.setInputFiles("#file", [join(PROJECT, "models/seven.png")]);
    await page.waitForSelector('#say:has-text("The answer is 7")', { state: "attached" });
    const ink = await page.evaluate(() => [...globalThis.lab.samples]);
    const paper = new Array<number>(100 * 90).fill(240);
    ink.forEach((sample, i) => {
      paper[(Math.floor(i / 28) + 50) * 100 + (i % 28) + 8] = 240 - Math.round(sample * 0.8);
    });
    const aside = join(folder.path, "aside.png");
    await writeFile(aside, encodePng(100, 90, "grey", paper));
    await page.setInputFiles("#file", [aside]);
    await page.waitForSelector('#say:has-text("The answer is 7")', { state: "attached" });
    const lit = await page.evaluate(() => globalThis.lab.samples.filter((sample) => sample > 128).length);
    assert.ok(
      lit > 20 && lit < 300,
      `a digit on light paper, small and aside, comes like one of MNIST's: ${lit} samples are lit`,
    );
    await page.setInputFiles("#file", [join(PROJECT, "package.json")]);
    await page.waitForSelector("#stimulus-note:has-text('package.json is not an image')");
    const tiny = join(folder.path, "tiny.bsnn.gguf");
    await writeFile(tiny, writeModel(TINY));
    await page.setInputFiles("#file", [tiny]);
    await page.waitForFunction(() => globalThis.lab.samples.length === 1);
    assert.equal((await shown(page)).steps, 8);
    await page.selectOption("#model", "digits");
    await page.waitForFunction(() => globalThis.lab.samples.length === 784);
    assert.equal((await shown(page)).steps, 50);
    assert.doesNotMatch((await page.textContent("#break-note"))!, /cannot/);
    await page.context().close();
  });

  test("no error, no warning, nothing forbidden by the policy, nothing asked of elsewhere", () => {
    assert.deepEqual(lab.complaints, []);
  });
}

test.run();
