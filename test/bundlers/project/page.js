/** What a page says of the digits model: its name, the build that runs it, the class of a black image. */
import { load } from "bsnn";
import { load as loadInline } from "bsnn/inline";

async function answers() {
  const texts = [];
  for (const open of [load, loadInline]) {
    const network = await open("/digits.bsnn.gguf");
    texts.push(`${network.name} ${network.build} ${network.classify(new Uint8Array(784))[0].label}`);
  }
  return texts.join(", ");
}

answers().then(show, (error) => show(String(error)));

function show(text) {
  const output = document.createElement("output");
  output.textContent = text;
  document.body.append(output);
}
