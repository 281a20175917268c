/**
 * Classifies the image on the page, without a bundler: bsnn/ holds browser.js and the .wasm files of the package's dist/, and its
 * images/index.js as images.js. The image is fitted to the model's input as the model's file says.
 */

import { load } from "./bsnn/browser.js";
import { createImageReader } from "./bsnn/images.js";

const network = await load("digits.bsnn.gguf");
const image = document.querySelector("#digit");
const file = await (await fetch(image.src)).blob();
const samples = await createImageReader().samples(file, network.input);

const [best] = network.classify(samples);
document.querySelector("#answer").textContent = best.label;
