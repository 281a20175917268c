/** Node, Deno and Bun: the entry to load, the model's path, the samples' path and their count are its arguments. */

import { readFile } from "node:fs/promises";
import { argv } from "node:process";
import { answerByThreads } from "./answer.js";

const [entry, model, samples, count] = argv.slice(2);
const { load } = await import(entry);
const all = new Uint8Array(await readFile(samples));
console.log(JSON.stringify(await answerByThreads(load, model, all, Number(count))));
