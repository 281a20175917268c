/** `bsnn trace`: what it writes, prints and refuses, and that a browser shows its report. */

import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import { assertContains } from "../../support/contains.ts";
import { available } from "../../support/hosts/available.ts";
import { chromium, launch, serve } from "../../support/hosts/chromium.ts";
import { bsnn, json } from "../../support/hosts/command.ts";
import { PROJECT } from "../../support/hosts/folders.ts";

const root = mkdtempSync(join(tmpdir(), "bsnn-trace-"));
const path = (...parts: string[]): string => join(root, ...parts);
const model = path("digits.bsnn.gguf");
const image = path("seven.png");
const test = suite("trace");

test.before(() => {
  copyFileSync(join(PROJECT, "models/digits.bsnn.gguf"), model);
  copyFileSync(join(PROJECT, "models/seven.png"), image);
});
test.after(() => rmSync(root, { recursive: true }));

test("it writes what was asked for, and says so", () => {
  const files = [path("t.html"), path("t.npz"), path("t.h5")];
  const { code, stdout, stderr } = bsnn(
    "trace",
    model,
    image,
    "--report",
    files[0],
    "--npz",
    files[1],
    "--nir-data",
    files[2],
    "--csv",
    path("csv"),
  );
  assert.equal(code, 0, stderr);
  for (const file of files) assertContains(stdout, file);
  const report = readFileSync(files[0], "utf8");
  for (const part of ["<!doctype html>", "digits sees seven.png", "/r1/Relu_1_output_0", "Levels building up"])
    assert.ok(report.includes(part), part);
  assert.ok(readdirSync(path("csv")).includes("populations.csv"));
  assert.equal(readFileSync(files[1]).subarray(0, 2).toString(), "PK");
  assert.equal(readFileSync(files[2]).subarray(1, 4).toString(), "HDF");
});

test("its answer, steps and spikes are those of run and eval", () => {
  const found = json("trace", model, image, "--npz", path("a.npz"));
  const [{ top }] = json("run", model, image).images as { top: object[] }[];
  assert.deepEqual(found.top, top);
  assert.equal(found.steps, 50);
  assert.deepEqual(found.files, [path("a.npz")]);
  const early = json("trace", model, image, "--npz", path("a.npz"), "--delay", "exact");
  assert.deepEqual(early.top, top, "exact delays change no answer");
  assert.ok(Number(early.steps) < 50);
  assert.equal(early.delay, "exact");
});

test("neurons that are asked for are followed", () => {
  const { followed } = json(
    "trace",
    model,
    image,
    "--npz",
    path("a.npz"),
    "--neuron",
    "4:14,14,3",
    "--neuron",
    "9:3,3,0",
  );
  assert.deepEqual(
    (followed as { population: number; position: number[] }[]).map(({ population, position }) => [
      population,
      position,
    ]),
    [
      [4, [14, 14, 3]],
      [9, [3, 3, 0]],
    ],
  );
});

test("bad input is refused, and nothing written", () => {
  writeFileSync(path("none.png"), "no image");
  const before = readdirSync(root);
  const out = path("new.html");
  for (const [args, part] of [
    [[model, image], "--report"],
    [[model, path("missing.png"), "--report", out], "missing.png: no such file"],
    [[model, path("none.png"), "--report", out], "none.png"],
    [[model, image, "--report", out, "--npz", out], "same name"],
    [[model, image, "--report", image], "would replace"],
    [[model, image, "--report", path("no", "new.html")], "no such file or folder"],
    [[model, image, "--report", out, "--neuron", "77:0,0,0"], "there is no population '77'"],
    [[model, image, "--report", out, "--csv", image], "expected a folder"],
    [[model, image, "--report", out, "--delay", "soon"], "'soon'"],
    [[image, image, "--report", out], "seven.png"],
  ] as const) {
    const { code, stdout, stderr } = bsnn("trace", ...args);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assertContains(stderr, part);
  }
  assert.deepEqual(readdirSync(root), before);
});

test("a report in a browser: nothing runs or is fetched, nothing is wider than a phone", async () => {
  if (!(await available(chromium))) return;
  bsnn("trace", model, image, "--report", path("t.html"), "--delay", "fast");
  const site = await serve(root, new Map(), "default-src 'none'; style-src 'unsafe-inline'; img-src data:");
  const browser = await launch();
  try {
    const page = await browser.newPage();
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    page.on("pageerror", (error) => said.push(String(error)));
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      await page.goto(`${site.address}t.html`);
      const [scrolls, shown, fetched] = await page.evaluate<[number, string, number]>(`[
        document.documentElement.scrollWidth,
        [...document.querySelectorAll("#spikes > svg")].map((svg) => getComputedStyle(svg).display).join(),
        performance.getEntriesByType("resource").length,
      ]`);
      assert.ok(scrolls <= width, `${scrolls} pixels of ${width}`);
      assert.equal(shown, width === 360 ? "none,block" : "block,none");
      assert.equal(fetched, 0);
    }
    assert.deepEqual(said, []);
  } finally {
    await browser.close();
    await site.close();
  }
});

test.run();
