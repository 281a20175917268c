/** Runs one measurement in a process of its own (Node, Deno, Bun) and prints it; the first line says that an answer is there. */

import { readFile } from "node:fs/promises";
import process from "node:process";
import { load } from "bsnn";
import { answerAll } from "./answers.js";

const { model, inputs, build, mode } = JSON.parse(process.argv[2]);
const network = await load(new Uint8Array(await readFile(model.path)), { build });
const samples = new Uint8Array(await readFile(inputs.path));
const answers = await answerAll(network, samples, inputs.count, mode, () => console.log("first"));
console.log(JSON.stringify({ ...answers, build: network.build }));
network.dispose();
