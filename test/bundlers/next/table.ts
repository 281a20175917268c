/**
 * The installed package in projects of Next.js, without settings: a page, a route that Node runs, one of the edge runtime, built and while
 * they are written, with both of its bundlers. Installs Next.js anew, so that it takes minutes, and prints a table. Exit codes: 0 all
 * answered, 1 some did not.
 */

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { copyFile, cp, mkdir, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { print, table } from "../../../hosts/node/report/terminal.ts";
import { type Browser, launch } from "../../support/hosts/chromium.ts";
import { PROJECT, RUNTIMES } from "../../support/hosts/folders.ts";
import { emptyFolder, install, type Packed, pack } from "../../support/hosts/package.ts";

const execute = promisify(execFile);
const HERE = fileURLToPath(new URL(".", import.meta.url));
const { values: options } = parseArgs({
  options: {
    next: { type: "string", multiple: true, default: ["15", "16"] },
    node: { type: "string", multiple: true, default: ["node20", "node22", "node24"] },
  },
});

/** What asks for each bundler; the first is a version's own. */
const BUNDLERS: Readonly<Record<string, readonly (readonly [name: string, flag: string | null])[]>> = {
  "15": [
    ["webpack", null],
    ["turbopack", "--turbopack"],
  ],
  "16": [
    ["turbopack", null],
    ["webpack", "--webpack"],
  ],
};

const ONE = "digits (?:baseline|relaxed) 1";
/** Pages and Node's routes ask both entries; the edge runtime compiles nothing from bytes. */
const PLACES = [
  { name: "page", path: "", right: new RegExp(`^${ONE}, ${ONE}$`) },
  { name: "Node route", path: "node", right: new RegExp(`^${ONE}, ${ONE}$`) },
  { name: "edge route", path: "edge", right: new RegExp(`^${ONE}$`) },
];

/** A project with Next.js, the package and the digits model. */
async function prepare(folder: string, version: string, packed: Packed): Promise<string> {
  const root = join(folder, `next${version}`);
  await cp(join(HERE, "project"), root, { recursive: true });
  for (const file of ["package.json", "package-lock.json"]) await copyFile(join(HERE, version, file), join(root, file));
  await execute("npm", ["ci", "--no-audit", "--no-fund", "--prefer-offline"], { cwd: root });
  await install(root, packed.path);
  await mkdir(join(root, "public"));
  await copyFile(join(PROJECT, "models/digits.bsnn.gguf"), join(root, "public/digits.bsnn.gguf"));
  return root;
}

/** A port that nobody listens to. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** What Next.js itself said, before a failure of its own. */
function lastLines(error: unknown): string {
  const { stdout = "", stderr = "", message } = error as Error & { stdout?: string; stderr?: string };
  return `${stdout}${stderr}`.trim().split("\n").slice(-30).join("\n") || message;
}

/** Asks all places of a server that `next start` or `next dev` runs. */
async function askServer(node: string, root: string, args: readonly string[], browser: Browser): Promise<string[]> {
  const port = await freePort();
  const script = join(root, "node_modules/next/dist/bin/next");
  const server = spawn(node, [script, ...args, "--port", String(port), "--hostname", "127.0.0.1"], {
    cwd: root,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1" },
    // A group of its own: it starts others.
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (text) => (said += text));
  try {
    await new Promise<void>((resolve, reject) => {
      server.stdout.on("data", () => said.includes("Ready") && resolve());
      server.on("exit", (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
    });
    const address = `http://127.0.0.1:${port}/`;
    const answers: string[] = [];
    for (const { path, right } of PLACES) {
      const answer = await (path === "" ? pageSays(browser, address) : textOf(`${address}${path}`)).catch(String);
      answers.push(right.test(answer) ? "works" : `FAILS: ${answer.slice(0, 300)}`);
    }
    return answers;
  } finally {
    if (server.exitCode === null) {
      const gone = once(server, "close");
      process.kill(-server.pid!);
      await gone;
    }
  }
}

async function textOf(address: string): Promise<string> {
  const response = await fetch(address, { signal: AbortSignal.timeout(120_000) });
  return response.ok ? response.text() : `status ${response.status}: ${await response.text()}`;
}

async function pageSays(browser: Browser, address: string): Promise<string> {
  const page = await browser.newPage();
  try {
    await page.goto(address);
    await page.waitForSelector("output", { timeout: 120_000 });
    return (await page.textContent("output")) ?? "";
  } finally {
    await page.close();
  }
}

const rows: string[][] = [];
const folder = await emptyFolder();
const browser = await launch();
try {
  const packed = await pack(folder.path);
  for (const version of options.next) {
    const root = await prepare(folder.path, version, packed);
    for (const name of options.node) {
      const node = join(RUNTIMES, name, "bin/node");
      if (!existsSync(node)) throw new Error(`${name} is not installed (npm ci --prefix test/hosts)`);
      for (const [bundler, flag] of BUNDLERS[version]) {
        const flags = flag === null ? [] : [flag];
        const next = join(root, "node_modules/next/dist/bin/next");
        const row = (how: string, answers: readonly string[]) => rows.push([version, name, bundler, how, ...answers]);
        for (const built of [true, false]) {
          await rm(join(root, ".next"), { recursive: true, force: true, maxRetries: 5 });
          const how = built ? "built" : "development";
          process.stderr.write(`Next.js ${version}, ${name}, ${bundler}, ${how}\n`);
          try {
            if (built) {
              const env = { ...process.env, NEXT_TELEMETRY_DISABLED: "1" };
              await execute(node, [next, "build", ...flags], { cwd: root, env });
            }
            row(how, await askServer(node, root, built ? ["start"] : ["dev", ...flags], browser));
          } catch (error) {
            process.stderr.write(`${lastLines(error)}\n`);
            row(
              how,
              PLACES.map(() => "FAILS"),
            );
          }
        }
      }
    }
  }
} finally {
  await browser.close();
  await folder.remove();
}
await print(`${table(["Next.js", "Node", "bundler", "", ...PLACES.map(({ name }) => name)], rows)}\n`);
if (rows.some((row) => row.some((cell) => cell.startsWith("FAILS")))) process.exitCode = 1;
