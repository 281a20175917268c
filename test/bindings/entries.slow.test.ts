/**
 * Every function that an entry of the package exports, and every method of what those give, takes anything on its own host, or says what is
 * wrong with it. What is newly exported is attacked without being named here.
 */

import assert from "node:assert/strict";
import { copyFile, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { build, type Plugin } from "esbuild";
import { suite } from "uvu";
import type { Report } from "../support/attack/entries.ts";
import { available } from "../support/hosts/available.ts";
import { chromium, launch, serve } from "../support/hosts/chromium.ts";
import { PROJECT } from "../support/hosts/folders.ts";
import { installedPackage } from "../support/hosts/package.ts";
import { processes, processHosts } from "../support/hosts/processes.ts";
import { runProgram } from "../support/hosts/programs.ts";
import { COMPATIBILITY, edgeLight, miniflare, workerd } from "../support/hosts/workerd.ts";

const test = suite("entries");

/** Entries of the package that hosts import by their own conditions, or by these names. */
const ATTACKED = [".", "./images", "./lab", "./inline"];
/** Names for what a condition chooses. */
const ALIASES = ["./browser", "./bun", "./deno", "./edge-light", "./node", "./workerd"];
/** Attacked in arguments.slow.test.ts, and the same on every host. */
const ELSEWHERE = ["./convert"];

let root = "";
let remove = async (): Promise<void> => undefined;
test.before(async () => {
  ({ root, remove } = await installedPackage());
  await copyFile(join(PROJECT, "models/digits.bsnn.gguf"), join(root, "model.gguf"));
  await copyFile(join(PROJECT, "models/seven.png"), join(root, "picture.png"));
  await build({
    entryPoints: [join(PROJECT, "test/support/attack/entries.ts")],
    outfile: join(root, "attack.js"),
    bundle: true,
    format: "esm",
  });
});
test.after(() => remove());

/** Reads what a host has told, and holds that everything was attacked and nothing fell. */
function check(told: string, ...names: string[]): void {
  const { faults, attacked, attempts, unhandled } = JSON.parse(told) as Report;
  assert.deepEqual(faults, []);
  assert.deepEqual(unhandled, []);
  const methods = ["load", "load().run", "load().steps().spikes"].map((path) => `main.${path}`);
  for (const name of [...methods, ...names]) assert.ok(attacked.includes(name), `${name} was not attacked`);
  assert.ok(attempts > 5000, `${attempts} attempts`);
}

const READER = "images.createImageReader().samples";
const LAB = "lab.load().continuous";
const POOL = "main.loadPool().run";

test("the package has no entry that is not attacked", async () => {
  const { exports } = JSON.parse(await readFile(join(PROJECT, "package.json"), "utf8"));
  const entries = Object.keys(exports).filter((path) => !/[.*]\w*$/.test(path.slice(1)));
  assert.deepEqual(entries.sort(), [...ATTACKED, ...ALIASES, ...ELSEWHERE].sort());
});

const PROCESS = `
import { readFileSync } from "node:fs";
import * as entry from "bsnn";
import * as images from "bsnn/images";
import * as inline from "bsnn/inline";
import * as lab from "bsnn/lab";
import { attackEntries } from "./attack.js";
const bytes = (name) => new Uint8Array(readFileSync(name));
// Pools take time to start, and are attacked on Node elsewhere.
const { loadPool, ...others } = entry;
const main = globalThis.Deno ? entry : others;
const vm = globalThis.Deno ? null : await import("node:vm");
const foreign = (text) => vm ? vm.runInNewContext(text, { AbortSignal }) : eval(text);
const extra = {
  "bytes of another realm": () => foreign("new Uint8Array(784)"),
  "proxy of another realm": () => foreign("new Proxy({}, { get() { throw new Error('foreign') } })"),
  "function of another realm": () => foreign("(() => { throw 1 })"),
  "module of another realm": () => foreign("new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0))"),
};
console.log(JSON.stringify(await attackEntries({ main, images, lab, inline }, bytes("model.gguf"), bytes("picture.png"), extra)));
`;

for (const [name, ...more] of [["node 22"], ["deno", POOL]]) {
  const host = processHosts.find((one) => one.name === name)!;
  if (!(await available(...processes.filter((one) => one.name === name)))) continue;
  test(`on ${name} every export takes anything`, async () => {
    await writeFile(join(root, "attack-process.js"), PROCESS);
    const { stdout } = await runProgram(host.program, [...host.arguments([root]), "attack-process.js"], root);
    check(stdout, READER, LAB, ...more);
  });
}

const PAGE = `
import { attackEntries } from "./attack.js";
import * as main from "./node_modules/bsnn/dist/browser.js";
import * as images from "./node_modules/bsnn/dist/images/index.js";
import * as inline from "./node_modules/bsnn/dist/inline.js";
import * as lab from "./node_modules/bsnn/dist/lab/browser.js";
const bytes = async (name) => new Uint8Array(await (await fetch(name)).arrayBuffer());
const frame = document.body.appendChild(document.createElement("iframe")).contentWindow;
const extra = {
  "bytes of a frame": () => new frame.Uint8Array(784),
  "signal of a frame": () => new frame.AbortController().signal,
  "response of a frame": () => new frame.Response(new Uint8Array(8)),
  "another origin's window": () => frame,
  "object that is undefined": () => document.all,
  "empty canvas": () => new OffscreenCanvas(0, 0),
  "canvas that is lost": () => {
    const canvas = document.createElement("canvas");
    canvas.transferControlToOffscreen();
    return canvas;
  },
  "picture that is none": () => new Image(),
  element: () => document.body,
};
const output = document.createElement("output");
output.textContent = await attackEntries({ main, images, lab, inline }, await bytes("model.gguf"), await bytes("picture.png"), extra)
  .then(JSON.stringify, (error) => JSON.stringify({ faults: [String(error.stack)] }));
document.body.append(output);
`;

if (await available(chromium)) {
  test("in Chromium every export takes anything", async () => {
    await writeFile(join(root, "attack-page.js"), PAGE);
    await writeFile(
      join(root, "attack-page.html"),
      '<!doctype html><title>attack</title><body><script type="module" src="attack-page.js"></script>',
    );
    const site = await serve(root);
    const browser = await launch();
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(String(error.stack)));
      await page.goto(`${site.address}attack-page.html`);
      await page.waitForSelector("output", { timeout: 120_000 });
      check((await page.textContent("output")) ?? "", READER, LAB, POOL);
      assert.deepEqual(errors, []);
    } finally {
      await browser.close();
      await site.close();
    }
  });
}

const WORKER = `
import * as main from "bsnn";
import * as images from "bsnn/images";
import { attackEntries } from "./attack.js";
export default {
  async fetch(request) {
    const form = await request.formData();
    const bytes = async (name) => new Uint8Array(await form.get(name).arrayBuffer());
    return Response.json(await attackEntries({ main: { ...main }, images: { ...images } }, await bytes("model"), await bytes("picture")));
  },
};
`;

/** Puts a worker's modules of WebAssembly beside it. */
async function workerModules(condition: string): Promise<unknown[]> {
  const wasm = new Map<string, string>();
  const beside: Plugin = {
    name: "beside",
    setup({ onResolve, resolve }) {
      onResolve({ filter: /\.wasm(\?module)?$/ }, async ({ path, resolveDir, pluginData, kind }) => {
        if (pluginData === "asked") return undefined;
        const found = await resolve(path.replace("?module", ""), { resolveDir, kind, pluginData: "asked" });
        wasm.set(basename(path), found.path);
        return { path: `./${basename(path)}`, external: true };
      });
    },
  };
  await writeFile(join(root, "attack-worker.js"), WORKER);
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["attack-worker.js"],
    bundle: true,
    format: "esm",
    conditions: [condition],
    plugins: [beside],
    loader: { ".wasm": "file" },
    outdir: "out",
    write: false,
  });
  const script = outputFiles.find(({ path }) => path.endsWith(".js"))!;
  return [
    { type: "ESModule", path: "worker.js", contents: script.text },
    ...(await Promise.all(
      [...wasm].map(async ([path, file]) => ({ type: "CompiledWasm", path, contents: await readFile(file) })),
    )),
  ];
}

for (const [condition, host] of Object.entries({ workerd, "edge-light": edgeLight })) {
  if (!(await available(host))) continue;
  test(`on ${host.name} every export takes anything`, async () => {
    const { Miniflare, Log, LogLevel } = miniflare();
    const modules = await workerModules(condition);
    const server = new Miniflare({ modules, compatibilityDate: COMPATIBILITY, log: new Log(LogLevel.NONE) });
    try {
      const body = new FormData();
      body.set("model", new Blob([await readFile(join(root, "model.gguf"))]));
      body.set("picture", new Blob([await readFile(join(root, "picture.png"))]));
      const response = await fetch(await server.ready, { method: "POST", body });
      check(await response.text(), READER);
    } finally {
      await server.dispose();
    }
  });
}

test.run();
