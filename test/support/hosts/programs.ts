/** Programs run by a host: found, started, listened to. */

import { execFile, spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** First version-like word that a program prints for `--version`, or null where it is not there. */
export async function versionOf(program: string, ...args: string[]): Promise<string | null> {
  try {
    const { stdout } = await execute(program, args.length > 0 ? args : ["--version"]);
    return stdout.match(/\d+[.-]\d+[\w.-]*/)?.[0] ?? stdout.trim();
  } catch {
    return null;
  }
}

export async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

export interface Finished {
  /** Standard output. */
  readonly stdout: string;
  /** From the start of the process to the first line of its output, in ms. */
  readonly firstLineMs: number;
}

/** Runs a program to its end. @throws Error with its standard error where it fails */
export function runProgram(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const begin = performance.now();
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    let firstLineMs = Number.NaN;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      if (Number.isNaN(firstLineMs) && stdout.includes("\n")) firstLineMs = performance.now() - begin;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0) resolve({ stdout, firstLineMs });
      else reject(new Error(`${program} ${args.join(" ")} ended with ${code}: ${stderr.trim()}`));
    });
  });
}
