/**
 * Coverage-guided fuzzing of everything that meets other people's bytes:
 *
 *   npm run fuzz -- [TARGET…] [--runs N | --seconds S] [--seed N]
 *
 * Each target runs in a process of its own, which ends at the first fault; the input lies in test/fuzz/found/TARGET/ then, and is
 * tried by `npm test` from then on.
 */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { NAMES, type Name } from "./target.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: "string" }, seconds: { type: "string" }, seed: { type: "string" } },
});
const unknown = positionals.filter((name) => !NAMES.includes(name as Name));
const seconds = Number(values.seconds ?? (values.runs === undefined ? 60 : 1e6));
const runs = Number(values.runs ?? Number.MAX_SAFE_INTEGER);
if (unknown.length > 0 || !(seconds > 0) || !(runs > 0)) {
  console.error(`usage: npm run fuzz -- [${NAMES.join("|")}]… [--runs N | --seconds S] [--seed N]`);
  process.exit(2);
}
const seed = values.seed ?? String(Date.now() % 2 ** 31);
console.log(`seed ${seed}`);
let failed = false;
for (const name of positionals.length > 0 ? positionals : NAMES) {
  const one = fileURLToPath(new URL("one.ts", import.meta.url));
  const { status } = spawnSync(
    process.execPath,
    ["--import", "tsx", "--expose-gc", "--no-warnings", one, name, String(runs), String(seconds), seed],
    { stdio: "inherit" },
  );
  failed ||= status !== 0;
}
process.exitCode = failed ? 1 : 0;
