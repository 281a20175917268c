/** Writes a network of several inputs, its original and what the API says of it, for the tests of the Python package: `several.ts FOLDER`. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "../../../bindings/node.ts";
import { convertSeveral, severalInputs, severalSamples } from "../../support/convert/several.ts";
import { oddModels } from "../../support/core/odd-models.ts";

const [, , folder] = process.argv;
const { file, ann } = await convertSeveral();
await ann.dispose();
const net = await load(file);
const answers = Array.from({ length: 4 }, (_, seed) => {
  const { scene, detail, state } = severalSamples(seed);
  const encoded = net.encode(state, "state");
  const { logits } = net.run({ scene, detail, state: encoded });
  const lists = { scene, detail, state, encoded, logits };
  return Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, Array.from<number>(values)]));
});
const { inputs } = net;
writeFileSync(join(folder, "several.onnx"), severalInputs());
writeFileSync(join(folder, "several.bsnn.gguf"), file);
writeFileSync(join(folder, "several.json"), JSON.stringify({ inputs, answers }));
for (const [k, { what, file, sound }] of (await oddModels()).entries()) {
  const kind = join(folder, sound ? "sound" : "odd");
  mkdirSync(kind, { recursive: true });
  writeFileSync(join(kind, `${k} ${what}`), file);
}
