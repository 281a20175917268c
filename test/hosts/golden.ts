/**
 * Writes what all hosts are compared with: digits.raw, drawn digits as samples, and golden.json, the digest that the slow
 * simulator of test/reference gives for them. Run it after a change of models/digits.bsnn.gguf.
 */

import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { drawDigits } from "../../models/drawn/digits.ts";
import { evaluate } from "../reference/period.ts";
import { readModel } from "../reference/reader.ts";

const COUNT = 20;
const beside = (name: string): URL => new URL(name, import.meta.url);

const digits = drawDigits(COUNT, 5);
const file = await readFile(beside("../../models/digits.bsnn.gguf"));
const model = readModel(file);
const output = model.populations.findIndex(({ kind }) => kind === "output");
const hash = createHash("sha256");
for (const { pixels } of digits) hash.update(Int32Array.from(evaluate(model, pixels).potentials[output]));
await writeFile(beside("digits.raw"), Buffer.concat(digits.map(({ pixels }) => pixels)));
const golden = {
  digits: { count: COUNT, model: createHash("sha256").update(file).digest("hex"), digest: hash.digest("hex") },
};
await writeFile(beside("golden.json"), `${JSON.stringify(golden, null, 2)}\n`);
