/** Prints the digest of research: the entry's address, the model's path and that of the samples are its arguments. */
import { readFile } from "node:fs/promises";
import process from "node:process";
import { digestOf } from "./lab.js";

const [entry, model, samples] = process.argv.slice(2);
const { load } = await import(entry);
console.log(await digestOf(load, model, new Uint8Array(await readFile(samples)).subarray(0, 784)));
