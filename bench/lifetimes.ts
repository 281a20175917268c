/**
 * Loads, runs and disposes of one network again and again, and prints what memory is left after each tenth:
 *
 *   npm run lifetimes -- [--times 10000] [--model FILE]
 *
 * It fails where the last tenth holds more than a tenth more than the second one.
 */

import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { load } from "../bindings/node.ts";

const { values } = parseArgs({ options: { times: { type: "string" }, model: { type: "string" } } });
const times = Number(values.times ?? 10_000);
const bytes = new Uint8Array(await readFile(values.model ?? new URL("../models/digits.bsnn.gguf", import.meta.url)));
if (!(times >= 100)) {
  console.error("usage: npm run lifetimes -- [--times N, from 100] [--model FILE]");
  process.exit(2);
}

const kept = await load(bytes);
const { height, width, channels } = kept.input;
const samples = Uint8Array.from({ length: height * width * channels }, (_, i) => (i * 73) % 256);
const answer = (network: typeof kept): string =>
  JSON.stringify(network.run(samples).outputs.map((o) => [...o.potentials]));
const expected = answer(kept);

/** Resident memory after garbage is collected, MB. */
function memory(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage.rss() / 1e6;
}

const marks: number[] = [];
const begin = performance.now();
for (let i = 1; i <= times; i++) {
  const network = await load(bytes);
  if (answer(network) !== expected || answer(kept) !== expected) throw new Error(`another answer the ${i}th time`);
  network.dispose();
  if (i % Math.floor(times / 10) === 0) marks.push(memory());
}
const seconds = (performance.now() - begin) / 1000;
console.log(
  `${times} networks loaded, run and disposed of, and ${times} runs of one that stayed, in ${seconds.toFixed()} s`,
);
console.log(`memory after each tenth: ${marks.map((mark) => mark.toFixed()).join(", ")} MB`);
if (marks.at(-1)! > 1.1 * marks[1]) {
  console.error("memory grows");
  process.exitCode = 1;
}
