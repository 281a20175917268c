/** The build for wasmtime, whose kernel is laid out in another way, gives the bits of the baseline build. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { test } from "uvu";
import { load, loadWith } from "../../../bindings/node.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { availableBuilds } from "../../support/core/builds.ts";
import { cases } from "../../support/core/networks.ts";
import { runs } from "../../support/core/settings.ts";

if ((await availableBuilds()).includes("relaxed")) {
  const core = await WebAssembly.compile(readFileSync(new URL("../../../dist/core.wasmtime.wasm", import.meta.url)));
  const host = { core: async () => core, bytes: async (source: unknown) => source as Uint8Array };

  test("potentials and levels of random networks", () =>
    fc.assert(
      fc.asyncProperty(cases, async ({ network, samples, presentations, carry }) => {
        const bytes = writeModel(network);
        const [expected, found] = [
          await load(bytes, { build: "baseline" }),
          await loadWith(host, bytes, { build: "relaxed" }),
        ];
        const options = { presentations, carry };
        assert.deepEqual(found.run(samples, options), expected.run(samples, options));
        for (const { index, kind } of expected.populations) {
          if (kind !== "output") assert.deepEqual(found.levels(index), expected.levels(index));
        }
        assert.deepEqual(found.activity(), expected.activity());
      }),
      runs(200),
    ));

  test("a wide network, whose quads come in fours", async () => {
    const bytes = readFileSync(new URL("../../../models/digits.bsnn.gguf", import.meta.url));
    const [expected, found] = [
      await load(bytes, { build: "baseline" }),
      await loadWith(host, new Uint8Array(bytes), { build: "relaxed" }),
    ];
    const digits = new Uint8Array(readFileSync(new URL("../../hosts/digits.raw", import.meta.url)));
    for (let at = 0; at < digits.length; at += 784) {
      const samples = digits.subarray(at, at + 784);
      assert.deepEqual(found.run(samples).outputs, expected.run(samples).outputs);
    }
  });
}

test.run();
