import { test } from "uvu";
import { ConversionError } from "../../convert/errors.ts";
import type { InputOptions } from "../../convert/form/input.ts";
import { assertSame, SIGNED_RANGE } from "../support/convert/compare.ts";
import { randomGraph } from "../support/convert/random-graph.ts";

const GRAPHS = 60;

const INPUTS: readonly InputOptions[] = [SIGNED_RANGE, { range: [0, 2.55] }, { range: [-1, 2], signed: true }];

test(`${GRAPHS} random graphs compute what onnxruntime-web computes, or are refused`, async () => {
  let refused = 0;
  let silent = 0;
  for (let seed = 1; seed <= GRAPHS; seed++) {
    try {
      await assertSame(randomGraph(seed, 4 + (seed % 9)), INPUTS[seed % INPUTS.length]);
    } catch (error) {
      // A graph whose output is a dead rectification compares nothing.
      if (/all zero/.test((error as Error).message)) silent++;
      else if (error instanceof ConversionError && error.code === "unsupported") refused++;
      else throw new Error(`graph ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
  if (refused > GRAPHS / 10) throw new Error(`${refused} of ${GRAPHS} graphs were refused`);
  if (silent > GRAPHS / 10)
    throw new Error(`${silent} of ${GRAPHS} graphs compared nothing: their values are all zero`);
});

test.run();
