/** What a program says of the digits model, through the entry of its host and through the one with the core inside. */
import { readFile } from "node:fs/promises";
import { load } from "bsnn";
import { load as loadInline } from "bsnn/inline";

async function answers() {
  const file = await readFile("public/digits.bsnn.gguf");
  const texts = [];
  for (const open of [load, loadInline]) {
    const network = await open(file);
    texts.push(`${network.name} ${network.build} ${network.classify(new Uint8Array(784))[0].label}`);
  }
  return texts.join(", ");
}

answers().then(console.log, (error) => {
  console.log(String(error));
  process.exitCode = 1;
});
