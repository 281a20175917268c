/** In a page: shows the potentials, or why there are none, as text. */

import { answerByThreads } from "./answer.js";
import { load } from "./dist/browser.js";

const output = document.createElement("output");
try {
  const samples = new Uint8Array(await (await fetch("samples")).arrayBuffer());
  const count = Number(new URL(location.href).searchParams.get("count"));
  output.textContent = JSON.stringify(await answerByThreads(load, "model", samples, count));
} catch (error) {
  output.textContent = JSON.stringify(`${error.code}: ${error.message}`);
}
document.body.append(output);
