/** Builds the programs that measure, and runs them in an engine. */
import { fork } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { CoreBuild } from "../../bindings/types.ts";
import type { Cores, Modules } from "./plan.ts";

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
/** From here both the project's packages and those of `bench/package.json` are found. */
const BUILT = join(PROJECT, "bench/node_modules/.cache/bsnn");

export const CORES: Cores = {
  baseline: join(PROJECT, "dist/core.wasm"),
  relaxed: join(PROJECT, "dist/core.relaxed.wasm"),
  lab: join(PROJECT, "dist/core.lab.wasm"),
  threads: {
    baseline: join(PROJECT, "dist/core.threads.wasm"),
    relaxed: join(PROJECT, "dist/core.threads.relaxed.wasm"),
  },
  worker: join(PROJECT, "dist/node-worker.js"),
};
export const PEAKS: Modules = {
  baseline: join(BUILT, "dots.wasm"),
  relaxed: join(BUILT, "dots.relaxed.wasm"),
};

const PROGRAMS = ["time-models", "start-cold", "endure"] as const;

/** Bundles the programs, so that no loader of TypeScript is part of what they measure, and compiles the bare loops. */
export async function buildPrograms(): Promise<void> {
  await mkdir(BUILT, { recursive: true });
  await build({
    absWorkingDir: PROJECT,
    entryPoints: PROGRAMS.map((name) => `bench/speed/${name}.ts`),
    outdir: BUILT,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    // CommonJS, and what the package itself bundles too.
    logLevel: "warning",
  });
  for (const name of ["baseline", "relaxed"] as const) await compileLoop(name);
}

async function compileLoop(name: CoreBuild): Promise<void> {
  const { default: asc } = await import("assemblyscript/asc");
  const features = name === "relaxed" ? ["simd", "relaxed-simd"] : ["simd"];
  const { error, stderr } = await asc.main([
    join(PROJECT, "bench/peak/dots.ts"),
    ...["--baseDir", PROJECT, "--config", "none", "--runtime", "stub", "--use", "abort=", "-O3"],
    ...["--outFile", PEAKS[name]],
    ...features.flatMap((feature) => ["--enable", feature]),
  ]);
  if (error) throw new Error(stderr.toString(), { cause: error });
}

/** A Node that programs run in. */
export interface Engine {
  readonly name: string;
  readonly path: string;
}

/**
 * Runs a program with its plan and returns its result.
 * @param folder for the plan's file
 * @param flags of the engine
 */
export async function runProgram<Result>(
  program: (typeof PROGRAMS)[number],
  plan: object,
  engine: Engine,
  folder: string,
  flags: readonly string[] = [],
): Promise<Result> {
  const path = join(folder, `${program}.json`);
  await writeFile(path, JSON.stringify(plan));
  return new Promise((resolve, reject) => {
    const child = fork(join(BUILT, `${program}.mjs`), [path], {
      execPath: engine.path,
      execArgv: [...flags],
      // Standard output belongs to the command; what runtimes print goes to standard error.
      stdio: ["ignore", 2, 2, "ipc"],
    });
    let result: Result | undefined;
    child.once("message", (message) => {
      result = message as Result;
    });
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      if (result !== undefined) resolve(result);
      else reject(new Error(`${program} in ${engine.name} ended with ${signal ?? code} and no result`));
    });
  });
}
