/**
 * docs/hosts.md, run as it stands there. Each section starts in an empty folder: its named blocks become files, its shell blocks
 * run one after another, and what its `text` blocks show must be in their output in that order, what a `page` block shows on that
 * page.
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { suite } from "uvu";
import { available } from "../support/hosts/available.ts";
import { launch, serve } from "../support/hosts/chromium.ts";
import { PROJECT } from "../support/hosts/folders.ts";
import type { Host } from "../support/hosts/host.ts";
import { hosts } from "../support/hosts/hosts.ts";
import { emptyFolder, type Packed, pack } from "../support/hosts/package.ts";
import { installWheel, PYTHON, python } from "../support/hosts/python.ts";
import { wasiHosts } from "../support/hosts/wasi/hosts.ts";
import { ENVIRONMENT } from "../support/hosts/wasi/runtimes.ts";

interface Block {
  readonly kind: string;
  /** What stands after the kind: the name of a file. */
  readonly name: string;
  readonly text: string;
}

interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

const document = await readFile(join(PROJECT, "docs/hosts.md"), "utf8");
const sections: Section[] = document.split(/^## /m).map((text) => ({
  title: text.slice(0, text.indexOf("\n")),
  blocks: [...text.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(([, kind, name = "", text]) => ({
    kind,
    name,
    text,
  })),
}));

/** The hosts that a section's blocks need. */
function neededBy({ blocks }: Section): Host[] {
  const commands = blocks.map(({ kind, text }) => `\`\`\`${kind}\n${text}`).join("");
  return hosts.filter(({ words }) => words !== undefined && commands.includes(words));
}

/** The packages are not on a registry yet, and runtimes are installed already: only the packages are, from what was packed. */
function localised(script: string, { path }: Packed): string {
  const withWheel = `export PATH=${dirname(PYTHON)}:$PATH PYTHONPATH=${wheel}`;
  return script
    .replace(/^pip install bsnn.*$/gm, withWheel)
    .replace(/^npm install bsnn.*$/gm, `npm install --no-audit --no-fund --prefer-offline ${path}`)
    .replace(/^(npm install @|pip install|go install).*$/gm, ":")
    .replaceAll("npx wrangler", "wrangler");
}

/** Runs a shell script; what it has left running is ended with it. */
function runScript(script: string, folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const env = { ...ENVIRONMENT, WRANGLER_SEND_METRICS: "false", CI: "1" };
    // A group of its own, so that what it started in the background can be ended too.
    const child = spawn("bash", ["-euo", "pipefail", "-c", script], { cwd: folder, env, detached: true });
    let stdout = "";
    let all = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      all += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      all += text;
    });
    child.on("error", reject);
    child.on("exit", (code) => {
      try {
        process.kill(-child.pid!, "SIGTERM");
      } catch {
        // Nothing was left running.
      }
      if (code === 0) resolve(stdout);
      else reject(new Error(`the script ended with ${code}:\n${all}`));
    });
  });
}

async function pageText(folder: string, page: string, expected: string): Promise<void> {
  const site = await serve(join(folder, dirname(page)));
  const browser = await launch();
  try {
    const opened = await browser.newPage();
    await opened.goto(`${site.address}${page.slice(dirname(page).length + 1)}`);
    await opened.waitForSelector(`text=${expected}`, { timeout: 30_000 });
  } finally {
    await browser.close();
    await site.close();
  }
}

const test = suite("docs/hosts.md");
const tarball = await emptyFolder();
let packed: Packed;
/** Folder of the Python package, where Python is. */
let wheel = "";

test.before(async () => {
  packed = await pack(tarball.path);
  if ((await python.version()) !== null) wheel = (await installWheel(tarball.path)).installed;
});
test.after(() => tarball.remove());

/** Commands and lines of code up to the first block that shows an answer. */
function linesToFirstAnswer({ blocks }: Section): number {
  const answer = blocks.findIndex(({ kind }) => kind === "text" || kind === "page");
  const lines = blocks.slice(0, answer).flatMap(({ text }) => text.replaceAll("\\\n", "").trim().split("\n"));
  return lines.filter((line) => line !== "").length;
}

for (const section of sections) {
  if (section.blocks.every(({ kind }) => kind !== "sh")) continue;
  const needed = neededBy(section);

  test(`${section.title}: from install to first answer in under ten lines`, () => {
    const lines = linesToFirstAnswer(section);
    assert.ok(lines > 0 && lines < 10, `${lines} lines`);
  });

  if (!(await available(...needed))) continue;
  test(`${section.title}: every block does what it says`, async () => {
    const { path: folder, remove } = await emptyFolder();
    await writeFile(join(folder, "package.json"), "{}\n");
    let script = "";
    const expected: string[] = [];
    for (const { kind, name, text } of section.blocks) {
      if (kind === "sh") {
        script += text;
      } else if (kind === "text") {
        expected.push(text.trim());
      } else if (name !== "" && kind !== "page") {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await writeFile(join(folder, name), text);
      }
    }
    const output = await runScript(localised(script, packed), folder);
    let at = 0;
    for (const text of expected) {
      const found = output.indexOf(text, at);
      assert.ok(found >= 0, `'${text}' is not in the output, or not in its place:\n${output}`);
      at = found + text.length;
    }
    for (const { name, text } of section.blocks.filter(({ kind }) => kind === "page")) {
      await pageText(folder, name, text.trim());
    }
    await remove();
  });
}

test("every host of the table is shown", () => {
  const shown = new Set(sections.flatMap(neededBy));
  // WASI in other words is in hosts/wasi/README.md; Node is what runs this.
  const elsewhere = wasiHosts.filter((host) => !shown.has(host)).map(({ name }) => name);
  assert.deepEqual(elsewhere, ["node:wasi", "browser_wasi_shim", "browser_wasi_shim, chromium", "wasmtime, component"]);
  const missing = hosts.filter((host) => host.words !== undefined && !shown.has(host) && !wasiHosts.includes(host));
  assert.deepEqual(missing, []);
});

test.run();
