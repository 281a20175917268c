/** What is said of the digits model through both entries: its name, the build that runs it, the class of a black image. */
import { load } from "bsnn";
import { load as loadInline } from "bsnn/inline";

export async function answers(model) {
  const texts = [];
  for (const open of [load, loadInline]) {
    const network = await open(model);
    texts.push(`${network.name} ${network.build} ${network.classify(new Uint8Array(784))[0].label}`);
  }
  return texts.join(", ");
}
