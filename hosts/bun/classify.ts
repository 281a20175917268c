/**
 * Classifies image files:
 *
 *   bun run classify.ts MODEL.bsnn.gguf IMAGE…
 */

import { readFile } from "node:fs/promises";
import { load } from "bsnn";
import { createImageReader } from "bsnn/images";

const [model, ...paths] = process.argv.slice(2);
if (paths.length === 0) {
  console.error("usage: bun run classify.ts MODEL.bsnn.gguf IMAGE…");
  process.exit(2);
}

const network = await load(model);
const images = createImageReader();
for (const path of paths) {
  const samples = await images.samples(await readFile(path), network.input);
  const [best] = network.classify(samples);
  console.log(`${path}: ${best.label} (${best.value.toFixed(2)})`);
}
