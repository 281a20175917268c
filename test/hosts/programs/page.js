/** Runs one measurement in a page, with the package's browser entry as it lies in node_modules. */

import { answerAll } from "./answers.js";
import { load } from "./node_modules/bsnn/dist/browser.js";

/** Shows the result as text, for the driver to read. */
function tell(measured) {
  const output = document.createElement("output");
  output.textContent = JSON.stringify(measured);
  document.body.append(output);
}

const { searchParams } = new URL(location.href);
try {
  const network = await load("model", { build: searchParams.get("build") });
  const samples = new Uint8Array(await (await fetch("samples")).arrayBuffer());
  let coldMs = 0;
  const answers = await answerAll(network, samples, Number(searchParams.get("count")), searchParams.get("mode"), () => {
    coldMs = performance.now();
  });
  tell({ ...answers, coldMs, build: network.build });
} catch (error) {
  tell({ error: String(error) });
}
