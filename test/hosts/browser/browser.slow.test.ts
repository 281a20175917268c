/** The browser's pages in Chromium, under their strict content security policy: drawn and chosen digits are recognised. */

import assert from "node:assert/strict";
import { copyFile, cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import { FITS } from "../../../bindings/fits.ts";
import { createImageReader } from "../../../bindings/images/node.ts";
import { load } from "../../../bindings/node.ts";
import { convert } from "../../../convert/index.ts";
import { encodePng } from "../../support/files/png.ts";
import { available } from "../../support/hosts/available.ts";
import { type Browser, chromium, launch, type Page, type Site, serve } from "../../support/hosts/chromium.ts";
import { PROJECT } from "../../support/hosts/folders.ts";
import { emptyFolder, install, pack } from "../../support/hosts/package.ts";
import { runProgram } from "../../support/hosts/programs.ts";

const test = suite("browser");

/** A digit as strokes, in pixels of the 28×28 pad. */
const DRAWN: Readonly<Record<string, readonly (readonly (readonly [x: number, y: number])[])[]>> = {
  "1": [
    [
      [14, 5],
      [14, 23],
    ],
  ],
  "7": [
    [
      [7, 6],
      [20, 6],
      [12, 23],
    ],
  ],
  "4": [
    [
      [10, 5],
      [7, 15],
      [20, 15],
    ],
    [
      [17, 9],
      [16, 23],
    ],
  ],
};

if (await available(chromium)) {
  let browser: Browser;
  let site: Site;
  let folder: Awaited<ReturnType<typeof emptyFolder>>;
  /** Files that a test puts in the place of the page's own. */
  const routes = new Map<string, string>();
  /** Whatever the pages complained of: errors, and what the policy forbade. */
  const complaints: string[] = [];

  test.before(async () => {
    folder = await emptyFolder();
    const page = join(folder.path, "page");
    await cp(join(PROJECT, "hosts/browser"), page, { recursive: true });
    await install(page, "--omit=dev", (await pack(folder.path)).path);
    await symlink(join(PROJECT, "node_modules/esbuild"), join(page, "node_modules/esbuild"));
    await runProgram(process.execPath, ["build.mjs"], page);
    await mkdir(join(page, "site/bsnn"));
    const dist = join(page, "node_modules/bsnn/dist");
    for (const name of ["browser.js", "core.wasm", "core.relaxed.wasm"]) {
      await copyFile(join(dist, name), join(page, "site/bsnn", name));
    }
    for (const name of ["script-tag.html", "script-tag.js"]) await copyFile(join(page, name), join(page, "site", name));
    await copyFile(join(PROJECT, "models/seven.png"), join(page, "site/seven.png"));
    await copyFile(join(dist, "images/index.js"), join(page, "site/bsnn/images.js"));
    site = await serve(join(page, "site"), routes);
    browser = await launch();
  });
  test.after(async () => {
    await browser?.close();
    await site?.close();
    await folder?.remove();
  });

  const open = async (name: string): Promise<Page> => {
    const page = await browser.newPage();
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.setViewportSize({ width: 800, height: 700 });
    await page.goto(site.address + name);
    return page;
  };

  const draw = async (page: Page, strokes: (typeof DRAWN)[string]): Promise<void> => {
    const { x: left, y: top } = await page.locator("#pad").boundingBox();
    for (const [[x, y], ...others] of strokes) {
      await page.mouse.move(left + 10 * x, top + 10 * y);
      await page.mouse.down();
      for (const [toX, toY] of others) await page.mouse.move(left + 10 * toX, top + 10 * toY, { steps: 12 });
      await page.mouse.up();
    }
  };

  test("a script tag is enough", async () => {
    const page = await open("script-tag.html");
    await page.waitForSelector("#answer:has-text('7')", { timeout: 30_000 });
    await page.close();
  });

  test("digits drawn on the bundled page are recognised by the worker", async () => {
    const page = await open("");
    await page.waitForSelector("#answer:has-text('Ready')", { timeout: 30_000 });
    for (const [digit, strokes] of Object.entries(DRAWN)) {
      await page.click("#clear");
      await draw(page, strokes);
      await page.waitForSelector(`#answer:has-text("It is a ${digit}")`, { timeout: 10_000 });
    }
    const shown = process.env.BSNN_SCREENSHOT;
    if (shown !== undefined) await page.screenshot({ path: shown });
    await page.close();
  });

  test("a chosen image is recognised, and a file that is none is named", async () => {
    const page = await open("");
    await page.setInputFiles("#file", join(PROJECT, "models/seven.png"));
    await page.waitForSelector("#answer:has-text('It is a 7')", { timeout: 30_000 });
    await page.setInputFiles("#file", join(PROJECT, "package.json"));
    await page.waitForSelector("#answer:has-text('package.json is not an image')", { timeout: 10_000 });
    await page.close();
  });

  /** Images of 84×42 in which digits stand side by side, so that what a fit takes of them decides the answer. */
  async function tiles(): Promise<string[]> {
    const digits = await readFile(join(PROJECT, "test/hosts/digits.raw"));
    const paths: string[] = [];
    for (const i of [0, 8, 13]) {
      const samples = Array.from({ length: 84 * 42 }, (_, at) => {
        const [x, y] = [at % 84, Math.floor(at / 84)];
        const digit = (i + Math.floor(x / 28) + 3 * Math.floor(y / 28)) % 20;
        return digits[784 * digit + 28 * (y % 28) + (x % 28)];
      });
      paths.push(join(folder.path, `tiles${i}.png`));
      await writeFile(paths.at(-1)!, encodePng(84, 42, "grey", samples));
    }
    return paths;
  }

  test("both pages fit an image as the model's file says, and answer what Node does", async () => {
    const onnx = await readFile(join(PROJECT, "models/digits.onnx"));
    const digits = new Uint8Array(await readFile(join(PROJECT, "test/hosts/digits.raw")));
    const calibration = async () => Array.from({ length: 20 }, (_, i) => digits.slice(784 * i, 784 * (i + 1)));
    const paths = await tiles();
    const reader = createImageReader();
    const answers: string[] = [];
    for (const fit of FITS) {
      const path = join(folder.path, `${fit}.bsnn.gguf`);
      await writeFile(path, (await convert(new Uint8Array(onnx), { calibration, fit })).file);
      routes.set("digits.bsnn.gguf", path);
      const network = await load(path);
      const bundled = await open("");
      await bundled.waitForSelector("#answer:has-text('Ready')", { timeout: 30_000 });
      answers.push("");
      for (const image of paths) {
        const [{ label }] = network.classify(await reader.samples(await readFile(image), network.input));
        answers[answers.length - 1] += label;
        await bundled.click("#clear");
        await bundled.setInputFiles("#file", image);
        await bundled.waitForSelector(`#answer:has-text("It is a ${label}")`, { timeout: 10_000 });
        routes.set("seven.png", image);
        const tagged = await open("script-tag.html");
        await tagged.waitForSelector(`#answer:has-text("${label}")`, { timeout: 10_000 });
        await tagged.close();
      }
      await bundled.close();
    }
    routes.clear();
    assert.equal(new Set(answers).size, FITS.length, `each fit answers otherwise: ${answers.join(", ")}`);
  });

  test("nothing was forbidden by the policy and no error was raised", () => {
    assert.deepEqual(complaints, []);
  });
}

test.run();
