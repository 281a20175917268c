/** What a conversion of few phases leaves out, on the digits model. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "uvu";
import { convert, type Ingredient } from "../../convert/index.ts";
import { drawDigit } from "../../models/drawn/digits.ts";
import { Random } from "../../models/drawn/random.ts";

const model = readFileSync(new URL("../../models/digits.onnx", import.meta.url));

async function converted(phases: number, without?: readonly Ingredient[]) {
  const random = new Random(5);
  const { file, notes, ann } = await convert(model, {
    phases,
    ...(without && { without }),
    preprocessing: { scale: 1 / 255, mean: [0], std: [1], channelOrder: "rgb" },
    calibration: async () => Array.from({ length: 32 }, (_, n) => drawDigit(n % 10, random)),
  });
  await ann.dispose();
  return { file: Buffer.from(file), told: notes.find((note) => note.includes("left out: on 8 inputs")) };
}

test("a conversion of 4 phases is that without what its note names", async () => {
  const { file, told = "" } = await converted(4);
  const named: Ingredient[] = [];
  if (told.includes("corrected biases")) named.push("bias");
  if (told.includes("fitted scales")) named.push("fit");
  assert.ok(named.length > 0, "something is left out here, so that there is something to compare");
  assert.ok((await converted(4, named)).file.equals(file), told);
});

test("with 7 phases nothing is tried", async () => {
  const { file, told } = await converted(7);
  assert.equal(told, undefined);
  assert.ok((await converted(7, [])).file.equals(file));
});

test.run();
