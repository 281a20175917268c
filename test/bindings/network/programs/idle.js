/** Node and Bun: a network with several threads, never disposed of, does not keep the program running. */

import { argv } from "node:process";

const [entry, model] = argv.slice(2);
const { load } = await import(entry);
const network = await load(model, { threads: 3 });
const { height, width, channels } = network.input;
network.run(new Uint8Array(height * width * channels));
console.log("done");
