/** Networks as onnxruntime's quantiser writes them are converted as the real numbers that they stand for. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "uvu";
import { load } from "../../../bindings/node.ts";
import { annInput, convert } from "../../../convert/index.ts";
import { runtime } from "../../../convert/onnx/runtime.ts";
import { random } from "../../support/random.ts";

/** The original's own rounding, to 8 bits at every layer, relative to its answers. */
const ROUNDING = 0.04;

const next = random(5);
const images = Array.from({ length: 24 }, () => Uint8Array.from({ length: 300 }, () => Math.floor(256 * next())));

function errorOf(found: Float32Array[], expected: Float32Array[]): number {
  let difference = 0;
  let reference = 0;
  for (const [n, values] of expected.entries()) {
    for (const [k, value] of values.entries()) {
      difference += (found[n][k] - value) ** 2;
      reference += value ** 2;
    }
  }
  return Math.sqrt(difference / reference);
}

for (const name of ["integers", "integers-per-channel", "qdq-per-channel", "dynamic"]) {
  test(`${name}: what the converted network answers is what the quantised one does, but for its rounding`, async () => {
    const bytes = new Uint8Array(readFileSync(new URL(`${name}.onnx`, import.meta.url)));
    const { file, unquantized, ann } = await convert(bytes, { calibration: async () => images.slice(0, 16) });
    const network = await load(file);
    const { InferenceSession, Tensor } = await runtime();
    const session = await InferenceSession.create(bytes, { executionProviders: ["wasm"], logSeverityLevel: 4 });
    const found: Float32Array[] = [];
    const read: Float32Array[] = [];
    const expected: Float32Array[] = [];
    for (const samples of images.slice(16)) {
      const input = annInput(unquantized.input, samples);
      const outputs = await session.run({ x: new Tensor("float32", input, [1, 3, 10, 10]) });
      expected.push(Object.values(outputs)[0].data as Float32Array);
      read.push([...(await ann.run(input)).values()][0]);
      found.push(network.run(samples).logits);
    }
    await ann.dispose();
    await session.release();
    network.dispose();
    assert.ok(errorOf(read, expected) < ROUNDING, `as read ${errorOf(read, expected)}`);
    assert.ok(errorOf(found, expected) < ROUNDING, `as converted ${errorOf(found, expected)}`);
    // All of it was read: the seven rectified layers, and the maxima that an average is taken of.
    const depths = unquantized.populations.filter(({ kind }) => kind === "bistable").map(({ depth }) => depth);
    assert.equal(Math.max(...depths), 8, name);
  });
}

test.run();
