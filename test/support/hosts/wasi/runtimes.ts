/** The WASI runtimes, each started by its launcher in hosts/wasi/ as a user would. */

import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { CHROMIUM, launch, serve } from "../chromium.ts";
import { PROJECT, RUNTIMES } from "../folders.ts";
import type { Host } from "../host.ts";
import { isExecutable, versionOf } from "../programs.ts";

const execute = promisify(execFile);

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** From its start to its end, in ms. */
  readonly ms: number;
}

/** A runtime with the command in it. */
export interface Command {
  /**
   * Runs the command.
   * @param folder the only one it can see
   * @param args model and options
   * @param input its standard input, in pieces
   */
  run(folder: string, args: readonly string[], input: readonly Uint8Array[]): Promise<Finished>;
  close(): Promise<void>;
}

export interface Runtime extends Pick<Host, "name" | "words" | "version"> {
  /** The command that installs it. */
  readonly install: string;
  /** Exit code of the command's refusals: a component can only tell success from failure. */
  readonly refusal: 1 | 2;
  /** @param wasm path of bsnn.wasi.wasm */
  open(wasm: string): Promise<Command>;
}

const LAUNCHERS = join(PROJECT, "hosts/wasi/");
const PYTHON = join(RUNTIMES, ".cache/wasi/python/bin/python");
const WAZERO = join(RUNTIMES, ".cache/wasi/bin/wazero");
const JCO = join(RUNTIMES, ".bin/jco");
const SHIM = join(PROJECT, "node_modules/@bjorn3/browser_wasi_shim/package.json");

const [OURS, FROM_NPM] = [[".cache/wasi/bin", ".cache/wasi/python/bin"], [".bin"]].map((folders) =>
  folders.map((folder) => join(RUNTIMES, folder)),
);
/** Finds programs by their names, as after installing them for good; Node stays the one that runs the tests. */
export const ENVIRONMENT = { ...process.env, PATH: [...OURS, process.env.PATH, ...FROM_NPM].join(delimiter) };

const INSTALLED_BY_NPM = "npm ci --prefix test/hosts";
const INSTALLED_BY_US = `${INSTALLED_BY_NPM}; test/hosts/wasi/install`;

function start(
  program: string,
  args: readonly string[],
  folder: string,
  input: readonly Uint8Array[],
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(program, args, { cwd: folder, stdio: "pipe", env: ENVIRONMENT });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? -1, stdout, stderr, ms: performance.now() - begin }));
    // A command that refuses its arguments reads nothing.
    child.stdin.on("error", () => undefined);
    const feed = async (): Promise<void> => {
      for (const [i, piece] of input.entries()) {
        if (i > 0) await new Promise((resolve) => setTimeout(resolve, 5));
        child.stdin.write(piece);
      }
      child.stdin.end();
    };
    void feed();
  });
}

/** A runtime that is a program: `arguments` come before the model. */
function program(path: string, args: (wasm: string) => readonly string[]): (wasm: string) => Promise<Command> {
  return async (wasm) => ({
    run: (folder, rest, input) => start(path, [...args(wasm), ...rest], folder, input),
    close: async () => undefined,
  });
}

/** As `program`, with the command wrapped as a component by jco. */
function componentProgram(path: string, args: (component: string) => readonly string[]): Runtime["open"] {
  return async (wasm) => {
    const scratch = await mkdtemp(join(tmpdir(), "bsnn-component-"));
    const component = join(scratch, "bsnn.component.wasm");
    await execute(JCO, ["new", wasm, "--wasi-command", "-o", component]);
    const command = await program(path, args)(component);
    return { ...command, close: () => rm(scratch, { recursive: true, force: true }) };
  };
}

/** The page of hosts/wasi/browser/, built as its README says, in Chromium. */
async function openPage(wasm: string): Promise<Command> {
  const site = await mkdtemp(join(tmpdir(), "bsnn-page-"));
  const outfile = join(site, "page.js");
  await build({
    entryPoints: [join(LAUNCHERS, "browser/page.mjs")],
    bundle: true,
    format: "esm",
    outfile,
    logLevel: "error",
  });
  await writeFile(join(site, "index.html"), await readFile(join(LAUNCHERS, "browser/index.html")));
  await writeFile(join(site, "bsnn.wasi.wasm"), await readFile(wasm));
  const server = await serve(site);
  const browser = await launch();
  return {
    async run(folder, [model, ...options], input) {
      const page = await browser.newPage();
      try {
        await page.goto(server.address);
        const file = join(site, "input");
        await writeFile(file, Buffer.concat(input));
        await page.setInputFiles("[name=model]", join(folder, model));
        await page.setInputFiles("[name=image]", file);
        await page.fill("[name=options]", options.join(" "));
        const begin = performance.now();
        await page.click("button");
        await page.waitForSelector("output[data-code]", { timeout: 300_000 });
        const ms = performance.now() - begin;
        const text = (await page.textContent("output")) ?? "";
        const code = Number(await page.textContent("#code"));
        return { code, stdout: code === 0 ? text : "", stderr: code === 0 ? "" : text, ms };
      } finally {
        await page.close();
      }
    },
    async close() {
      await browser.close();
      await server.close();
      await rm(site, { recursive: true, force: true });
    },
  };
}

const shimVersion = async (): Promise<string | null> =>
  readFile(SHIM, "utf8").then(
    (text) => JSON.parse(text).version,
    () => null,
  );

const wasmtimeVersion = (): Promise<string | null> =>
  versionOf(PYTHON, "-c", "from importlib.metadata import version; print(version('wasmtime'))");

const launcher = (name: string): string => join(LAUNCHERS, name);

export const runtimes: readonly Runtime[] = [
  {
    name: "node:wasi",
    install: "npm ci",
    refusal: 2,
    version: async () => process.versions.node,
    open: program(process.execPath, (wasm) => ["--no-warnings", launcher("run-node.mjs"), wasm]),
  },
  {
    name: "browser_wasi_shim",
    words: "run-shim.mjs",
    install: "npm ci",
    refusal: 2,
    version: shimVersion,
    open: program(process.execPath, (wasm) => [launcher("run-shim.mjs"), wasm]),
  },
  {
    name: "browser_wasi_shim, chromium",
    install: `${INSTALLED_BY_NPM}; apt-get install chromium`,
    refusal: 2,
    version: async () => {
      const [driver, browser] = [join(RUNTIMES, "playwright-core/package.json"), CHROMIUM];
      const driven = await readFile(driver).then(
        () => true,
        () => false,
      );
      return driven && (await isExecutable(browser)) ? shimVersion() : null;
    },
    open: openPage,
  },
  {
    name: "wasmtime",
    words: "run_wasmtime.py",
    install: INSTALLED_BY_US,
    refusal: 2,
    version: wasmtimeVersion,
    open: program(PYTHON, (wasm) => [launcher("run_wasmtime.py"), wasm]),
  },
  {
    name: "wazero",
    words: "run-wazero.sh",
    install: INSTALLED_BY_US,
    refusal: 2,
    version: () => versionOf(WAZERO, "version"),
    open: program("sh", (wasm) => [launcher("run-wazero.sh"), wasm]),
  },
  {
    name: "jco run",
    words: "run-jco.sh",
    install: INSTALLED_BY_NPM,
    refusal: 1,
    version: () => versionOf(JCO),
    open: componentProgram("sh", (component) => [launcher("run-jco.sh"), component]),
  },
  {
    name: "wasmtime, component",
    words: "run_wasmtime_component.py",
    install: INSTALLED_BY_US,
    refusal: 1,
    version: async () => ((await versionOf(JCO)) === null ? null : wasmtimeVersion()),
    open: componentProgram(PYTHON, (component) => [launcher("run_wasmtime_component.py"), component]),
  },
];

/** A model's folder and name, for runtimes that see one folder only. */
export function below(path: string): { folder: string; name: string } {
  return { folder: join(path, ".."), name: basename(path) };
}
