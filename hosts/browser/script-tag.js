/**
 * Classifies the image on the page, without a bundler: bsnn/ holds browser.js and the .wasm files of the package's dist/. The image is
 * stretched to the model's input, which is what a file that states no `fit` asks for; `bsnn/images`, which bundlers find, does all fits.
 */

import { load } from "./bsnn/browser.js";

const network = await load("digits.bsnn.gguf");
const { width, height } = network.input;

const image = document.querySelector("#digit");
await image.decode();
const context = new OffscreenCanvas(width, height).getContext("2d");
context.drawImage(image, 0, 0, width, height);
const { data } = context.getImageData(0, 0, width, height);
const samples = Uint8Array.from({ length: width * height }, (_, i) => data[4 * i]);

const [best] = network.classify(samples);
document.querySelector("#answer").textContent = best.label;
