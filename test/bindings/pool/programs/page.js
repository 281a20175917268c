/** In a page: shows the potentials, or why there are none, as text. */

import { answerPooled } from "./answer.js";
import { loadPool } from "./dist/browser.js";

const output = document.createElement("output");
try {
  const samples = new Uint8Array(await (await fetch("samples")).arrayBuffer());
  const count = Number(new URL(location.href).searchParams.get("count"));
  output.textContent = JSON.stringify(await answerPooled(loadPool, "model", samples, count));
} catch (error) {
  output.textContent = JSON.stringify(String(error));
}
document.body.append(output);
