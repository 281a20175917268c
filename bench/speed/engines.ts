/** The Node versions to measure in. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Engine } from "./programs.ts";

const run = promisify(execFile);

async function describe(path: string): Promise<Engine> {
  const { stdout } = await run(path, ["-p", 'process.version + " (V8 " + process.versions.v8 + ")"']);
  return { name: `Node ${stdout.trim().slice(1)}`, path };
}

/**
 * Finds Node by major version: this process, or what `npm ci --prefix test/hosts` installs. Versions that are not there are
 * noted and left out.
 */
export async function findEngines(majors: readonly string[], note: (text: string) => void): Promise<Engine[]> {
  const found: Engine[] = [];
  for (const major of majors) {
    const installed = fileURLToPath(new URL(`../../test/hosts/node_modules/node${major}/bin/node`, import.meta.url));
    if (process.versions.node.split(".")[0] === major) found.push(await describe(process.execPath));
    else if (existsSync(installed)) found.push(await describe(installed));
    else note(`skipped: Node ${major}, which is not installed (npm ci --prefix test/hosts)`);
  }
  return found;
}
