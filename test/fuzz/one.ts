/** Fuzzes one target in this process: `one.ts TARGET RUNS SECONDS SEED`; fuzz.ts starts it. */

import { watchJavaScript, watchWasm } from "./coverage.ts";
import { keepFound } from "./found.ts";
import { fuzz } from "./loop.ts";
import { type Name, targetOf } from "./target.ts";
import { watchForHangs } from "./watchdog.ts";

const [name, runs, seconds, seed] = process.argv.slice(2);
watchWasm();
watchJavaScript();
const target = await targetOf(name as Name);
const { about, stop } = watchForHangs(target.longest);
const outcome = await fuzz(target, { runs: Number(runs), seconds: Number(seconds), seed: Number(seed) }, about);
await stop();
const { executions, sites, allSites, pieces, corpus, slowestMs, memory, fault } = outcome;
const megabytes = memory.map((bytes) => bytes / 1e6);
const took = outcome.seconds;
console.log(
  `${name}: ${executions} executions in ${took.toFixed()} s (${(executions / took).toFixed()}/s); ${corpus} inputs kept; ` +
    `reached ${sites} of ${allSites} branches of WebAssembly, ${pieces} pieces of JavaScript; ` +
    `slowest ${slowestMs.toFixed()} ms; memory ${megabytes[0].toFixed()} → ${megabytes[1].toFixed()} MB`,
);
if (fault !== null) {
  console.error(`${name}: FAULT, kept as ${keepFound(name as Name, fault.input)}`, fault.error);
  process.exit(1);
}
process.exit(0);
