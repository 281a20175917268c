/** Python: the wheel, built here and installed into a folder of its own, with the packages that test/hosts/python/install has put there. */

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { PROJECT, RUNTIMES } from "./folders.ts";
import type { Host } from "./host.ts";
import { runProgram, versionOf } from "./programs.ts";

const execute = promisify(execFile);

export const PYTHON = join(RUNTIMES, ".cache/python/bin/python");

/** Builds the wheel into a folder, and installs it below. */
export async function installWheel(folder: string): Promise<{ wheel: string; installed: string }> {
  const script = join(PROJECT, "scripts/python-wheel.mjs");
  const { stdout } = await execute(process.execPath, [script, folder, "--install"]);
  return { wheel: stdout.trim(), installed: join(folder, "python") };
}

export const python: Host = {
  name: "python",
  words: "pip install bsnn",
  builds: ["baseline", "relaxed"],
  install: "npm ci --prefix test/hosts; test/hosts/python/install",
  version: () => versionOf(PYTHON),
  open: async (root) => {
    const { installed } = await installWheel(root);
    return {
      async measure(work) {
        const env = { ...process.env, PYTHONPATH: installed };
        const { stdout, firstLineMs } = await runProgram(PYTHON, ["process.py", JSON.stringify(work)], root, env);
        const { build, digest, msPerImage } = JSON.parse(stdout.slice(stdout.indexOf("\n")));
        if (build !== work.build) throw new Error(`Python took the ${build} build, not the ${work.build} one`);
        return { digest, msPerImage, coldMs: firstLineMs };
      },
      close: async () => undefined,
    };
  },
};
