/** Node, Deno and Bun: the entry to load, the model's path, the samples' path and their count are its arguments. */

import { readFile } from "node:fs/promises";
import { argv } from "node:process";
import { answerPooled } from "./answer.js";

const [entry, model, samples, count] = argv.slice(2);
const { loadPool } = await import(entry);
console.log(
  JSON.stringify(await answerPooled(loadPool, model, new Uint8Array(await readFile(samples)), Number(count))),
);
