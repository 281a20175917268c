/** Shows the digest of research in a page. */
import { load } from "./dist/lab/browser.js";
import { digestOf } from "./lab.js";

const samples = new Uint8Array(await (await fetch("samples")).arrayBuffer()).subarray(0, 784);
const output = document.createElement("output");
output.textContent = await digestOf(load, new URL("model", location.href), samples).catch((error) => String(error));
document.body.append(output);
