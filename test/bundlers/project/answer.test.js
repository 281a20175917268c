/** For runners whose tests have a realm of their own: bytes and samples of it are taken for what they are. */
import { readFile } from "node:fs/promises";
import { load } from "bsnn";
import { load as loadInline } from "bsnn/inline";

test("the model answers", async () => {
  const file = new Uint8Array(await readFile("public/digits.bsnn.gguf"));
  for (const open of [load, loadInline]) {
    const network = await open(file);
    expect(network.classify(new Uint8Array(784))[0].label).toBe("1");
    expect(network.classify(new Uint8ClampedArray(784))[0].label).toBe("1");
    expect((await open(file.buffer)).name).toBe("digits");
  }
});
