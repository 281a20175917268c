/** The pool on other hosts with threads gives the digest that every host gives. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { suite } from "uvu";
import golden from "../../hosts/golden.json" with { type: "json" };
import { available } from "../../support/hosts/available.ts";
import { launch, serve } from "../../support/hosts/chromium.ts";
import { PROJECT } from "../../support/hosts/folders.ts";
import { hosts } from "../../support/hosts/hosts.ts";
import { processHosts } from "../../support/hosts/processes.ts";
import { runProgram } from "../../support/hosts/programs.ts";

const PROGRAMS = fileURLToPath(new URL("programs/", import.meta.url));
const DIST = join(PROJECT, "dist");
const MODEL = join(PROJECT, "models/digits.bsnn.gguf");
const SAMPLES = join(PROJECT, "test/hosts/digits.raw");
const { count, digest } = golden.digits;

function checkAnswer(text: string | null): void {
  const potentials = JSON.parse(text ?? '"no answer"') as number[] | string;
  assert.notEqual(typeof potentials, "string", `${potentials}`);
  assert.equal(
    createHash("sha256")
      .update(Int32Array.from(potentials as number[]))
      .digest("hex"),
    digest,
  );
}

const test = suite("pool on other hosts");

for (const host of processHosts) {
  if (!(await available(hosts.find(({ name }) => name === host.name)!))) continue;
  const { name, program, entry } = host;
  const args = host.arguments([PROJECT]);
  test(name, async () => {
    const address = pathToFileURL(join(DIST, entry)).href;
    const script = [join(PROGRAMS, "process.js"), address, MODEL, SAMPLES, String(count)];
    const { stdout } = await runProgram(program, [...args, ...script], PROJECT);
    checkAnswer(stdout);
  });
}

const chromium = hosts.find(({ name }) => name === "chromium")!;
if (await available(chromium)) {
  test("chromium", async () => {
    const beside = ["browser.js", "worker.js", "core.wasm", "core.relaxed.wasm"];
    const routes = beside.map((name): [string, string] => [`dist/${name}`, join(DIST, name)]);
    const site = await serve(PROGRAMS, new Map([...routes, ["model", MODEL], ["samples", SAMPLES]]));
    const browser = await launch();
    try {
      const page = await browser.newPage();
      await page.goto(`${site.address}page.html?count=${count}`);
      await page.waitForSelector("output", { timeout: 60_000 });
      checkAnswer(await page.textContent("output"));
    } finally {
      await browser.close();
      await site.close();
    }
  });
}

test.run();
