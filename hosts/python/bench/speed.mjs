/** Node's side of speed.py: `node speed.mjs MODEL SAMPLES BUILD`; for each line it reads it runs the images once and prints their times. */
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { load } from "../../../dist/node.js";

const [, , model, samples, build] = process.argv;
const net = await load(new Uint8Array(readFileSync(model)), { build });
const all = new Uint8Array(readFileSync(samples));
const size = net.input.height * net.input.width * net.input.channels;
console.log(net.build);
for await (const _ of createInterface({ input: process.stdin })) {
  const times = [];
  for (let at = 0; at < all.length; at += size) {
    const begin = performance.now();
    net.run(all.subarray(at, at + size));
    times.push(performance.now() - begin);
  }
  console.log(JSON.stringify(times));
}
