/** `bsnn/images` in Chromium without codecs: the samples are the command's, whatever an image is given as. */

import assert from "node:assert/strict";
import { copyFile, cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { suite } from "uvu";
import { createImageReader, type InputShape } from "../../../bindings/images/node.ts";
import { encodePng } from "../../support/files/png.ts";
import { available } from "../../support/hosts/available.ts";
import { type Browser, chromium, launch, type Site, serve } from "../../support/hosts/chromium.ts";
import { PROJECT } from "../../support/hosts/folders.ts";
import { emptyFolder } from "../../support/hosts/package.ts";
import { random } from "../../support/random.ts";

const test = suite("images in browsers");

const SHAPES: Readonly<Record<string, InputShape>> = {
  same: { width: 30, height: 20, channels: 3 },
  small: { width: 9, height: 7, channels: 3 },
  grey: { width: 28, height: 28, channels: 1, fit: "contain" },
  cover: { width: 16, height: 16, channels: 3, fit: "cover" },
};

const PAGE = `
import { createImageReader } from "./dist/images/index.js";
const reader = createImageReader();
const shapes = ${JSON.stringify(SHAPES)};
const bytes = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
async function sources(name) {
  const file = await bytes(name);
  const blob = new Blob([file]);
  const bitmap = await createImageBitmap(blob);
  const offscreen = new OffscreenCanvas(bitmap.width, bitmap.height);
  offscreen.getContext("2d").drawImage(bitmap, 0, 0);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  const data = canvas.getContext("2d").getImageData(0, 0, bitmap.width, bitmap.height);
  return { file, blob, bitmap, offscreen, canvas, data };
}
const found = {};
for (const name of ["noise.png", "photo.jpg"]) {
  for (const [kind, source] of Object.entries(await sources(name))) {
    for (const [shape, wanted] of Object.entries(shapes)) {
      found[name + " " + kind + " " + shape] = [...await reader.samples(source, wanted)];
    }
  }
}
for (const name of ["turned.png", "turned.jpg"]) {
  found[name] = [...await reader.samples(await bytes(name), { width: 20, height: 30, channels: 3 })];
}
// Foreign content in an SVG counts as another site's.
const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><foreignObject width="9" height="9"/></svg>';
const foreign = new Image();
foreign.src = URL.createObjectURL(new Blob([svg], { type: "image/svg+xml" }));
await foreign.decode();
const tainted = new OffscreenCanvas(30, 20);
tainted.getContext("2d").drawImage(foreign, 0, 0);
found.tainted = await reader.decode(tainted).catch(({ name, code, message }) => ({ name, code, message }));
found.broken = await reader.decode((await bytes("noise.png")).subarray(0, 200)).catch(String);
document.querySelector("#found").textContent = JSON.stringify(found);
`;

if (await available(chromium)) {
  let browser: Browser;
  let site: Site;
  let folder: Awaited<ReturnType<typeof emptyFolder>>;

  test.before(async () => {
    folder = await emptyFolder();
    await mkdir(join(folder.path, "dist"));
    for (const part of ["images", "shared"]) {
      await cp(join(PROJECT, "dist", part), join(folder.path, "dist", part), { recursive: true });
    }
    await writeFile(join(folder.path, "page.js"), PAGE);
    await writeFile(
      join(folder.path, "index.html"),
      `<!doctype html><script type="module" src="page.js"></script><output id="found"></output>`,
    );
    const next = random(8);
    const noise = Array.from({ length: 1800 }, () => Math.floor(256 * next()));
    await writeFile(join(folder.path, "noise.png"), encodePng(30, 20, "rgb", noise));
    await writeFile(join(folder.path, "turned.png"), encodePng(30, 20, "rgb", noise, 8, orientation(6)));
    await copyFile(join(PROJECT, "test/hosts/browser/photo.jpg"), join(folder.path, "photo.jpg"));
    await copyFile(join(PROJECT, "test/hosts/browser/turned.jpg"), join(folder.path, "turned.jpg"));
    site = await serve(folder.path);
    browser = await launch();
  });
  test.after(async () => {
    await browser?.close();
    await site?.close();
    await folder?.remove();
  });

  test("every kind of source gives the samples of Node", async () => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => errors.push(message.text()));
    await page.goto(site.address);
    await page.waitForSelector("#found:not(:empty)", { timeout: 30_000 }).catch((error) => {
      throw new Error(errors.join("; "), { cause: error });
    });
    const { broken, tainted, ...found } = JSON.parse((await page.textContent("#found"))!);
    assert.deepEqual(errors, []);
    assert.match(broken, /ImageError: cannot be decoded as PNG/);
    assert.deepEqual([tainted.name, tainted.code], ["BsnnError", "bad-input"]);
    assert.match(tainted.message, /^source cannot be read: .*(?:origin|taint)/);
    const reader = createImageReader();
    const files = new Map<string, Buffer>();
    for (const [name, samples] of Object.entries<number[]>(found)) {
      const [file, , shape] = name.split(" ");
      if (!files.has(file)) files.set(file, await readFile(join(folder.path, file)));
      const wanted = SHAPES[shape] ?? { width: 20, height: 30, channels: 3 };
      const expected = await reader.samples(files.get(file)!, wanted);
      // What is not resized is the same of a PNG; a resizer rounds otherwise, and so do decoders of JPEG.
      const most = file.endsWith(".jpg") ? 3 : shape === "same" || shape === undefined ? 0 : 1;
      const off = Math.max(...samples.map((sample, i) => Math.abs(sample - expected[i])));
      assert.equal(samples.length, expected.length, name);
      assert.ok(off <= most, `${name}: off by ${off}`);
    }
    await page.close();
  });
}

/** An eXIf chunk's content that says how to turn an image. */
function orientation(tag: number): Uint8Array {
  const entry = [0x12, 0x01, 3, 0, 1, 0, 0, 0, tag, 0, 0, 0];
  return Uint8Array.of(0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, ...entry, 0, 0, 0, 0);
}

test.run();
