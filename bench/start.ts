/**
 * How long the command's starts take beside an empty Node's, in turns: `--help`, and `run` on the digits model and one image. What each
 * Node says is divided by what `node -e 0` took on the same Node in the same round.
 */

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { print, table } from "../hosts/node/report/terminal.ts";
import { quartiles } from "./statistics.ts";

const { values } = parseArgs({ options: { rounds: { type: "string", default: "40" } } });
const rounds = Number(values.rounds);
if (!(Number.isInteger(rounds) && rounds > 0))
  throw new Error(`--rounds: found ${values.rounds}; a number from 1 is supported`);
const cli = "dist/cli.js";
const STARTS: Readonly<Record<string, readonly string[]>> = {
  "node -e 0": ["-e", "0"],
  "bsnn --help": [cli, "--help"],
  "bsnn run": [cli, "run", "models/digits.bsnn.gguf", "models/seven.png"],
};

/** Ms from the start of a process to its end. */
function msOf(program: string, args: readonly string[]): number {
  const start = performance.now();
  execFileSync(program, args, { stdio: "ignore" });
  return performance.now() - start;
}

const names = Object.keys(STARTS);
const nodes = ["node20", "node22", "node24"].map((name) => ({
  name,
  program: `test/hosts/node_modules/${name}/bin/node`,
}));
const rows: string[][] = [];
for (const { name, program } of nodes.filter((each) => existsSync(each.program))) {
  for (const start of names) msOf(program, STARTS[start]);
  const times: Record<string, number[]> = Object.fromEntries(names.map((start) => [start, []]));
  for (let round = 0; round < rounds; round++)
    for (const start of names) times[start].push(msOf(program, STARTS[start]));
  const empty = times[names[0]];
  for (const start of names) {
    const { lower, median } = quartiles(times[start]);
    const ratio = quartiles(times[start].map((ms, round) => ms / empty[round]));
    const shares = [ratio.median, lower / quartiles(empty).lower].map((each) => each.toFixed(2));
    rows.push([name, start, `${median.toFixed(1)} ms`, `${lower.toFixed(1)} ms`, ...shares]);
  }
}
const head = ["", "start", "median", "lower quartile", "of an empty Node's", "by lower quartiles"];
await print(`${table(head, rows)}\n\n${rounds} rounds, in turns\n`);
