/** The Python package as a contender: a process that runs images when it is told to, and takes its own time. */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Contender } from "./contender.ts";
import type { PythonPackage, Subject } from "./plan.ts";

const run = promisify(execFile);

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
const PYTHON = join(PROJECT, "test/hosts/node_modules/.cache/python/bin/python");

/** Builds the package and installs it into a folder; null where Python's packages are not installed. */
export async function installPython(folder: string): Promise<PythonPackage | null> {
  if (!existsSync(PYTHON)) return null;
  await run(process.execPath, [join(PROJECT, "scripts/python-wheel.mjs"), folder, "--install"]);
  return { python: PYTHON, packages: join(folder, "python"), script: join(PROJECT, "bench/speed/run_images.py") };
}

/** What the process says of one run. */
interface Said {
  readonly ms: number;
  readonly logits?: readonly number[];
  readonly potentials?: readonly (readonly number[])[];
}

/** Starts the process. @throws where Python's packages are not installed */
export async function pythonContender(
  { model, samples }: Subject,
  installed: PythonPackage | null,
  processor: boolean,
): Promise<Contender> {
  if (!installed) throw new Error("not installed (test/hosts/python/install)");
  const child = spawn(installed.python, [installed.script, model, samples, processor ? "processor" : "clock"], {
    env: { ...process.env, PYTHONPATH: installed.packages },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (what: "time" | "answer", image: number): Promise<Said> => {
    child.stdin.write(`${what} ${image}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error("the Python process ended");
    return JSON.parse(value);
  };
  await ask("time", 0);
  let last: Said | null = null;
  return {
    name: "python",
    run: async (image) => {
      last = await ask("answer", image);
      return Float32Array.from(last.logits!);
    },
    potentials: () => last!.potentials!.map((values) => Int32Array.from(values)),
    clocked: async (image) => (await ask("time", image)).ms,
  };
}
