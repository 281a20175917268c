/** `bsnn/lab` gives the same spikes, answers and counts on every host that it has an entry for. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { suite } from "uvu";
import { load } from "../../bindings/lab.ts";
import { available } from "../support/hosts/available.ts";
import { chromium, launch, serve } from "../support/hosts/chromium.ts";
import { PROJECT } from "../support/hosts/folders.ts";
import { processes, processHosts } from "../support/hosts/processes.ts";
import { runProgram } from "../support/hosts/programs.ts";
// @ts-expect-error: a program, of which there are no types
import { digestOf } from "./programs/lab.js";

const test = suite("lab on hosts");
const MODEL = join(PROJECT, "models/digits.bsnn.gguf");
const SAMPLES = join(PROJECT, "test/hosts/digits.raw");
const expected: string = await digestOf(load, MODEL, new Uint8Array(await readFile(SAMPLES)).subarray(0, 784));

for (const host of processHosts) {
  const [named] = processes.filter(({ name }) => name === host.name);
  if (!(await available(named))) continue;
  test(`on ${host.name} research has the digest it has here`, async () => {
    const entry = pathToFileURL(join(PROJECT, "dist", host.name === "deno" ? "lab/deno.js" : "lab.js")).href;
    const program = join(PROJECT, "test/hosts/programs/lab-process.js");
    const args = [...host.arguments([PROJECT]), program, entry, MODEL, SAMPLES];
    assert.equal((await runProgram(host.program, args, PROJECT)).stdout.trim(), expected);
  });
}

if (await available(chromium)) {
  test("in Chromium research has the digest it has here", async () => {
    const programs = ["lab.js", "lab-page.js", "lab-page.html"].map((name): [string, string] => [
      name,
      join(PROJECT, "test/hosts/programs", name),
    ]);
    const dist = ["lab/browser.js", "core.lab.wasm"].map((name): [string, string] => [
      `dist/${name}`,
      join(PROJECT, "dist", name),
    ]);
    const site = await serve(PROJECT, new Map([...programs, ...dist, ["model", MODEL], ["samples", SAMPLES]]));
    const browser = await launch();
    try {
      const page = await browser.newPage();
      await page.goto(`${site.address}lab-page.html`);
      await page.waitForSelector("output", { timeout: 120_000 });
      assert.equal(await page.textContent("output"), expected);
    } finally {
      await browser.close();
      await site.close();
    }
  });
}

test.run();
