/**
 * What comparing a model's checksum adds to loading it:
 *
 *   npm run checksum -- [FILE…] [--rounds N]
 *
 * Each file takes turns with itself less its checksum, whose key has another name then: in one process that has loaded it before,
 * and in fresh processes that load it once. Times are the processor's, so that other work counts less.
 */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { load } from "../bindings/node.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: "string", default: "100" }, once: { type: "string" } },
});

/** A file's bytes as they are, or with a checksum that no reader knows. */
function bytesOf(path: string, stated: boolean): Uint8Array {
  const bytes = new Uint8Array(readFileSync(path));
  const at = Buffer.from(bytes.buffer).indexOf("bsnn.checksum");
  if (at < 0) throw new Error(`${path} states no checksum`);
  if (!stated) bytes[at] ^= 1;
  return bytes;
}

/** Processor time of a load, ms. */
async function timeOf(bytes: Uint8Array): Promise<number> {
  const before = process.cpuUsage();
  const network = await load(bytes);
  const { user, system } = process.cpuUsage(before);
  network.dispose();
  return (user + system) / 1000;
}

const sorted = (times: readonly number[]) => [...times].sort((a, b) => a - b);
const median = (times: readonly number[]) => sorted(times)[times.length >> 1];

/** Times of both by turns, ms; which comes first changes. */
async function takeTurns(rounds: number, time: (stated: boolean) => Promise<number>): Promise<[number[], number[]]> {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    for (const turn of [0, 1]) {
      const stated = (round + turn) % 2;
      times[stated].push(await time(stated === 1));
    }
  }
  return times;
}

function line(name: string, how: string, [without, compared]: readonly [number[], number[]]): string {
  const share = (of: (times: readonly number[]) => number) =>
    `${of(without).toFixed(3)} → ${of(compared).toFixed(3)} ms (${((of(compared) / of(without) - 1) * 100).toFixed(1)} %)`;
  return `${name}, ${how}: least ${share((times) => Math.min(...times))}, median ${share(median)}`;
}

if (values.once !== undefined) {
  console.log(await timeOf(bytesOf(positionals[0], values.once === "stated")));
} else {
  const own = fileURLToPath(import.meta.url);
  const rounds = Number(values.rounds);
  const files =
    positionals.length > 0 ? positionals : [fileURLToPath(new URL("../models/digits.bsnn.gguf", import.meta.url))];
  for (const file of files) {
    const both = [bytesOf(file, false), bytesOf(file, true)];
    await takeTurns(20, (stated) => timeOf(both[Number(stated)]));
    console.log(
      line(basename(file), "loaded before", await takeTurns(rounds, (stated) => timeOf(both[Number(stated)]))),
    );
    const fresh = async (stated: boolean) =>
      Number(execFileSync(process.execPath, [...process.execArgv, own, file, "--once", stated ? "stated" : "plain"]));
    console.log(line(basename(file), "first in its process", await takeTurns(Math.ceil(rounds / 4), fresh)));
  }
}
