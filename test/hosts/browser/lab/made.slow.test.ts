/** The lab page in Chromium is well made: small, offline after a first visit, flat in memory, accessible. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import { available } from "../../../support/hosts/available.ts";
import { chromium } from "../../../support/hosts/chromium.ts";
import { PROJECT } from "../../../support/hosts/folders.ts";
import { DRAWN, draw, type Lab, openLab, shown } from "../../../support/hosts/lab.ts";

const test = suite("lab page");

if (await available(chromium)) {
  let lab: Lab;

  test.before(async () => {
    lab = await openLab();
  });
  test.after(async () => {
    await lab?.close();
  });

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
    const strokes = [DRAWN["1"], DRAWN["7"]];
    let early = 0;
    for (let n = 0; n < 200; n++) {
      await page.press("#pad", "Delete");
      await draw(page, strokes[n % 2], 1);
      if (n % 10 === 0) await page.waitForFunction(() => globalThis.lab.settled);
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
        // Sheets and boxes once for each theme and width.
        const opened = (theme === "dark") === (width === 1280) ? [null, "#tour-start", "#real-open"] : [null];
        for (const open of opened) {
          if (open) await page.click(open);
          await page.waitForTimeout(200);
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
          assert.ok(found.passes > 8, `axe has looked: ${found.passes} rules`);
          assert.deepEqual(found.serious, [], `${theme}, ${width} pixels, ${open ?? "as it opens"}`);
          if (open === "#tour-start") await page.click("#tour-close");
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
