#!/usr/bin/env node
/**
 * The `bsnn` command. Exit codes: 0 done, 2 bad input or usage, 1 a failure inside. What parses command lines and writes help takes as long
 * to load as all that an image needs, so that a plain `run` starts without it.
 */

import { format } from "node:util";
import { plainRun } from "./program/plain-run.ts";
import { reportFailure } from "./report/failure.ts";
import { plainLines } from "./report/plain.ts";

/** Runs one command line and returns its exit code. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const plain = plainRun(args);
    if (!plain) return await (await import("./program/program.ts")).runProgram(args);
    await (await import("./commands/run.ts")).run(...plain);
    return 0;
  } catch (error) {
    return reportFailure("bsnn", error);
  }
}

// Libraries that log must not mix into results: standard output carries nothing else.
// What they say may hold names from a model.
const say = (...parts: readonly unknown[]): void => {
  process.stderr.write(`${plainLines(format(...parts))}\n`);
};
Object.assign(console, { log: say, info: say, debug: say, warn: say, error: say });

// Not by process.exitCode: a library's idle worker must not keep a finished command alive.
process.exit(await main(process.argv.slice(2)));
