/** The built command, run. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The built command. */
export const CLI = fileURLToPath(new URL("../../../dist/cli.js", import.meta.url));

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command. */
export function bsnn(...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { encoding: "utf8" });
  return { code: status, stdout, stderr };
}

/** Runs the built command with `--json`, expects success, and returns the document it printed. */
export function json(...args: string[]): Record<string, unknown> {
  const { code, stdout, stderr } = bsnn(...args, "--json");
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}
