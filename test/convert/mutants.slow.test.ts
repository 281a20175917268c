/**
 * ONNX files that are broken in one place or three are refused with a typed error that says what is wrong, or converted to what
 * onnxruntime makes of them, soon. `BSNN_RUNS=50 npm test -- mutants` tries thousands.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { test } from "uvu";
import { ConversionError } from "../../convert/errors.ts";
import { onnx } from "../../convert/onnx/schema/onnx.js";
import { anyGraph } from "../support/convert/any-graph.ts";
import { mutant } from "../support/convert/mutants.ts";
import { rightOrRefused, runsAtAll } from "../support/convert/right-or-refused.ts";
import { choices } from "../support/core/choices.ts";
import { runs } from "../support/core/settings.ts";
import { PROJECT } from "../support/hosts/folders.ts";

const MUTANTS = 80;

/** Processor time, s, and characters of a message. */
const SOON = 15;
const SHORT = 70_000;

const digits = new Uint8Array(readFileSync(join(PROJECT, "models/digits.onnx")));

/** The inputs of a model by name, where all have sizes; null where that cannot be told. */
function inputsOf(model: Uint8Array): Readonly<Record<string, readonly number[]>> | null {
  try {
    const { graph } = onnx.ModelProto.decode(model);
    const constants = new Set((graph?.initializer ?? []).map(({ name }) => name));
    const inputs = (graph?.input ?? []).filter(({ name }) => !constants.has(name));
    const sizes = inputs.map(({ name, type }) => {
      const dims = (type?.tensorType?.shape?.dim ?? []).map((dim) => Number(dim.dimValue ?? 0));
      return [name ?? "", dims] as const;
    });
    const known = sizes.every(([, dims]) => dims.every((n) => n > 0 && n < 1000) && dims[0] === 1);
    return known ? Object.fromEntries(sizes) : null;
  } catch {
    return null;
  }
}

/** What becomes of a model. @throws where the error has no type, or the network is another */
async function judged(model: Uint8Array): Promise<string> {
  const inputs = inputsOf(model);
  try {
    return await rightOrRefused({ model, inputs: inputs ?? {} });
  } catch (error) {
    if (!(error instanceof ConversionError)) {
      // Without inputs of known sizes there is nothing to compare with.
      const compared = inputs && (await runsAtAll({ model, inputs }));
      if (!compared && (error as Error).name === "AssertionError") return "converted";
      throw error;
    }
    assert.ok(["bad-model", "unsupported", "bad-input"].includes(error.code), error.code);
    assert.ok(error.message.length > 0 && error.message.length < SHORT, `${error.message.length} characters`);
    assert.doesNotMatch(error.message, /undefined|\[object/);
    return error.code;
  }
}

test("files that are broken here and there are refused by type, or converted to what they say", async () => {
  const found: Record<string, number> = {};
  await fc.assert(
    fc.asyncProperty(choices, choices, async (drawn, changes) => {
      const graph = drawn.oneIn(12) ? null : anyGraph(drawn);
      const model = mutant(graph?.model ?? digits, changes);
      const begin = process.cpuUsage();
      const what = await judged(model).catch((error) => {
        throw new Error(`${graph?.operators.join(" ") ?? "digits"}: ${error.message}`, { cause: error });
      });
      const { user, system } = process.cpuUsage(begin);
      assert.ok((user + system) / 1e6 < SOON, `${(user + system) / 1e6} s`);
      found[what] = (found[what] ?? 0) + 1;
    }),
    { ...runs(MUTANTS, 20261129), endOnFailure: process.env.BSNN_RUNS !== undefined },
  );
  if (process.env.BSNN_RUNS) console.log(JSON.stringify(found));
  assert.ok((found.converted ?? 0) > 0 && (found["bad-model"] ?? 0) > 0, JSON.stringify(found));
});

test.run();
