/** The installed package in the hands of bundlers, test runners and compilers, each without settings of its own for bsnn. */

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { cp, mkdir, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { suite } from "uvu";
import { available } from "../support/hosts/available.ts";
import { type Browser, chromium, launch, POLICY, serve } from "../support/hosts/chromium.ts";
import { RUNTIMES } from "../support/hosts/folders.ts";
import { installedPackage } from "../support/hosts/package.ts";
import { isExecutable } from "../support/hosts/programs.ts";

const execute = promisify(execFile);
const TOOLS = fileURLToPath(new URL("node_modules/", import.meta.url));
const test = suite("bundlers");

/** What the project's programs say: the digits model takes a black image for a 1, whichever build runs it. */
const ANSWERS = /^digits (?:baseline|relaxed) 1, digits (?:baseline|relaxed) 1$/;

const required = process.env.BSNN_REQUIRE_HOSTS === "1";
const installed = await isExecutable(join(TOOLS, ".bin/webpack"));
if (!installed) {
  const missing = "bundlers are not installed (npm ci --prefix test/bundlers)";
  if (required) throw new Error(missing);
  process.stderr.write(`SKIPPED: ${missing}\n`);
}
const browsers = installed && (await available(chromium));

let root: string;
let remove: () => Promise<void>;
let browser: Browser | null = null;

test.before(async () => {
  if (!installed) return;
  ({ root, remove } = await installedPackage());
  await cp(fileURLToPath(new URL("project", import.meta.url)), root, { recursive: true });
  await mkdir(join(root, "public"));
  await cp(join(root, "node_modules/bsnn/models/digits.bsnn.gguf"), join(root, "public/digits.bsnn.gguf"));
  // What configuration files import is looked for beside them.
  await symlink(join(TOOLS, "@rollup"), join(root, "node_modules/@rollup"));
  if (browsers) browser = await launch();
});
test.after(async () => {
  await browser?.close();
  await remove?.();
});

/** Runs a tool of the test's own by its script, in the project. */
async function tool(script: string, ...args: string[]): Promise<string> {
  const { stdout } = await execute(process.execPath, [join(TOOLS, script), ...args], { cwd: root });
  return stdout;
}

/** Where it can, esbuild puts its program in the place of the script that would start it. */
async function esbuild(...args: string[]): Promise<void> {
  await execute(join(TOOLS, "esbuild/bin/esbuild"), [...args, "--bundle", "--log-level=error"], { cwd: root });
}

async function program(file: string): Promise<string> {
  const { stdout } = await execute(process.execPath, [file], { cwd: root });
  return stdout.trim();
}

/** What a page says at last. */
async function pageSays(address: string): Promise<string> {
  const page = await browser!.newPage();
  try {
    await page.goto(address);
    await page.waitForSelector("output", { timeout: 60_000 });
    return (await page.textContent("output")) ?? "";
  } finally {
    await page.close();
  }
}

/** What a built page says, served from its folder. */
async function builtPageSays(folder: string, policy = POLICY): Promise<string> {
  const model = join(root, "public/digits.bsnn.gguf");
  const site = await serve(join(root, folder), new Map([["digits.bsnn.gguf", model]]), policy);
  try {
    return await pageSays(site.address);
  } finally {
    await site.close();
  }
}

/** A page of one script, for bundlers that make only that. */
async function pageAround(folder: string, script: string): Promise<void> {
  const html = `<!doctype html><meta charset="utf-8"><title>bsnn</title><body><script type="module" src="${script}"></script></body>`;
  await writeFile(join(root, folder, "index.html"), html);
}

function check(name: string, needed: boolean, run: () => Promise<void>): void {
  if (needed) test(name, run);
}

let port = 46000 + (process.pid % 1000);

for (const version of [5, 6, 7, 8]) {
  const vite = `vite${version}/bin/vite.js`;

  check(`Vite ${version} builds a page`, browsers, async () => {
    await tool(vite, "build", "--outDir", `vite${version}`, "--logLevel", "error");
    assert.match(await builtPageSays(`vite${version}`), ANSWERS);
  });

  check(`Vite ${version} serves a page while it is written`, browsers, async () => {
    await rm(join(root, "node_modules/.vite"), { recursive: true, force: true });
    port++;
    const args = [join(TOOLS, vite), "--host", "127.0.0.1", "--port", String(port), "--strictPort"];
    const server = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    try {
      await new Promise<void>((resolve, reject) => {
        server.stdout.on("data", (text) => String(text).includes("ready") && resolve());
        server.on("exit", (code) => reject(new Error(`the server ended with ${code}`)));
      });
      assert.match(await pageSays(`http://127.0.0.1:${port}/`), ANSWERS);
    } finally {
      server.kill();
    }
  });

  check(`Vite ${version} builds for a server, all taken in`, installed, async () => {
    const config = join(root, `ssr${version}.config.js`);
    await writeFile(config, "export default { ssr: { noExternal: true } };\n");
    const folder = `vite${version}-ssr`;
    await tool(vite, "build", "--ssr", "node.js", "--config", config, "--outDir", folder, "--logLevel", "error");
    assert.match(await program(`${folder}/node.js`), ANSWERS);
  });
}

check("webpack 5 builds a page", browsers, async () => {
  await tool("webpack-cli/bin/cli.js", "--mode", "production", "--entry", "./page.js", "-o", "webpack");
  await pageAround("webpack", "main.js");
  assert.match(await builtPageSays("webpack"), ANSWERS);
});

check("webpack 5 builds for Node", installed, async () => {
  const args = ["--mode", "production", "--target", "node", "--entry", "./node.js", "-o", "webpack-node"];
  await tool("webpack-cli/bin/cli.js", ...args);
  await writeFile(join(root, "webpack-node/package.json"), "{}\n");
  assert.match(await program("webpack-node/main.js"), ANSWERS);
});

check("esbuild builds a page", browsers, async () => {
  await esbuild("page.js", "--format=esm", "--outdir=esbuild");
  await pageAround("esbuild", "page.js");
  assert.match(await builtPageSays("esbuild"), ANSWERS);
});

for (const [format, ending] of [
  ["esm", "mjs"],
  ["cjs", "cjs"],
]) {
  check(`esbuild builds for Node, ${format}`, installed, async () => {
    const outfile = `esbuild-node/node.${ending}`;
    await esbuild("node.js", "--platform=node", `--format=${format}`, `--outfile=${outfile}`);
    assert.match(await program(outfile), ANSWERS);
  });
}

check("Rollup builds for Node", installed, async () => {
  await tool("rollup/dist/bin/rollup", "node.js", "-c", "--external", "node:fs/promises", "-d", "rollup", "--silent");
  assert.match(await program("rollup/node.js"), ANSWERS);
});

check("Parcel builds a page", browsers, async () => {
  await tool("parcel/lib/bin.js", "build", "index.html", "--dist-dir", "parcel", "--no-cache", "--log-level", "error");
  // Its pages have a script inside, which says where the others are.
  const policy = POLICY.replace("script-src", "script-src 'unsafe-inline'");
  assert.match(await builtPageSays("parcel", policy), ANSWERS);
});

const bun = join(RUNTIMES, ".bin/bun");
check("Bun builds a program", installed && (await isExecutable(bun)), async () => {
  await execute(bun, ["build", "node.js", "--target=bun", "--outdir", "bun"], { cwd: root });
  const { stdout } = await execute(bun, ["bun/node.js"], { cwd: root });
  assert.match(stdout.trim(), ANSWERS);
});

check("Bun compiles a program into one file", installed && (await isExecutable(bun)), async () => {
  await execute(bun, ["build", "node.js", "--compile", "--outfile", "compiled"], { cwd: root });
  const { stdout } = await execute(join(root, "compiled"), { cwd: root });
  assert.match(stdout.trim(), ANSWERS);
});

for (const environment of ["node", "jsdom"]) {
  check(`Vitest runs tests in ${environment}`, installed, async () => {
    await symlink(join(TOOLS, "jsdom"), join(root, "node_modules/jsdom")).catch(() => {});
    await tool("vitest/vitest.mjs", "run", "--globals", "--environment", environment, "answer.test.js");
  });
}

check("Jest runs tests", installed, async () => {
  const args = ["--experimental-vm-modules", join(TOOLS, "jest/bin/jest.js"), "answer.test.js"];
  await execute(process.execPath, args, { cwd: root });
});

/** Modules and how they are found; TypeScript 7 knows the oldest way no more. */
const RESOLUTIONS = [
  { module: "node16", moduleResolution: "node16" },
  { module: "esnext", moduleResolution: "bundler" },
  { module: "esnext", moduleResolution: "node10" },
];

for (const version of [5, 6, 7]) {
  for (const resolution of RESOLUTIONS) {
    const { moduleResolution } = resolution;
    if (version === 7 && moduleResolution === "node10") continue;
    for (const lib of [["es2022"], ["es2022", "dom"]]) {
      check(`TypeScript ${version} knows the types: ${moduleResolution}, ${lib}`, installed, async () => {
        const deprecated = version === 6 && moduleResolution === "node10" && { ignoreDeprecations: "6.0" };
        const compilerOptions = {
          ...resolution,
          ...deprecated,
          lib,
          target: "es2022",
          types: [],
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
        };
        const config = JSON.stringify({ compilerOptions, files: ["consumer.ts"] });
        await writeFile(join(root, "tsconfig.json"), config);
        try {
          await tool(`typescript${version}/bin/tsc`, "-p", ".");
        } catch (error) {
          assert.fail((error as { stdout: string }).stdout);
        } finally {
          await rm(join(root, "tsconfig.json"));
        }
      });
    }
  }
}

check("what is built carries the core along or inside", installed, async () => {
  const files = await readdir(join(root, "webpack-node"));
  // The core and the core for several threads, two builds of each.
  assert.equal(files.filter((name) => name.endsWith(".wasm")).length, 4);
});

test.run();
