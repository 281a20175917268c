/**
 * Classifies image files:
 *
 *   deno run --allow-read classify.ts MODEL.bsnn.gguf IMAGE…
 *
 * Reading the model and the images is the only permission it needs: the core comes with the code.
 */

import { load } from "bsnn";
import { createImageReader } from "bsnn/images";

const [model, ...paths] = Deno.args;
if (paths.length === 0) {
  console.error("usage: deno run --allow-read classify.ts MODEL.bsnn.gguf IMAGE…");
  Deno.exit(2);
}

const network = await load(model);
const images = createImageReader();
for (const path of paths) {
  const samples = await images.samples(await Deno.readFile(path), network.input);
  const [best] = network.classify(samples);
  console.log(`${path}: ${best.label} (${best.value.toFixed(2)})`);
}
