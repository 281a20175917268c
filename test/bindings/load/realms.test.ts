/** Values of another realm (a frame, a `vm` context, a test environment) are taken for what they are, and nothing else is. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { runInNewContext } from "node:vm";
import { test } from "uvu";
import { loadWith } from "../../../bindings/common.ts";
import { load } from "../../../bindings/node.ts";

const file = await readFile(new URL("../../../models/digits.bsnn.gguf", import.meta.url));
const core = await readFile(new URL("../../../dist/core.wasm", import.meta.url));

/** What another realm makes of bytes. */
function foreign<T>(expression: string, bytes: Uint8Array): T {
  return runInNewContext(expression, { list: Array.from(bytes) });
}

test("bytes, buffers and samples", async () => {
  for (const expression of ["Uint8Array.from(list)", "Uint8Array.from(list).buffer"]) {
    const network = await load(foreign<Uint8Array>(expression, file));
    for (const samples of ["Uint8Array.from(list)", "Uint8ClampedArray.from(list)"]) {
      const [best] = network.classify(foreign<Uint8Array>(samples, new Uint8Array(784)));
      assert.equal(best.label, "1");
    }
    network.dispose();
  }
});

test("a compiled core", async () => {
  const module = foreign<WebAssembly.Module>("new WebAssembly.Module(Uint8Array.from(list))", core);
  assert.ok(!(module instanceof WebAssembly.Module), "of another realm");
  const network = await loadWith({ core: async () => module, bytes: async () => file }, file, { build: "baseline" });
  assert.equal(network.name, "digits");
});

test("what feigns to be bytes is refused", async () => {
  const feigned = { [Symbol.toStringTag]: "Uint8Array", length: 784 };
  const network = await load(file);
  assert.throws(() => network.run(feigned as unknown as Uint8Array), /samples must be a Uint8Array/);
  assert.throws(() => network.run(new Int8Array(784) as unknown as Uint8Array), /found Int8Array/);
  await assert.rejects(() => load(feigned as unknown as Uint8Array), { code: "bad-input" });
});

test.run();
