/**
 * Whatever onnxruntime runs is converted to a network whose outputs are the model's own within the bound of its quantisation, or
 * refused with a reason. `BSNN_RUNS=30 npm test -- any-graph` tries thousands of graphs.
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "uvu";
import { anyGraph } from "../support/convert/any-graph.ts";
import { rightOrRefused, runsAtAll } from "../support/convert/right-or-refused.ts";
import { choices } from "../support/core/choices.ts";
import { runs } from "../support/core/settings.ts";

const GRAPHS = 150;

test("graphs of any supported operators compute what onnxruntime-web computes, or are refused", async () => {
  const found = { converted: 0, refused: 0, invalid: 0 };
  await fc.assert(
    fc.asyncProperty(choices, async (drawn) => {
      const graph = anyGraph(drawn);
      if (!(await runsAtAll(graph))) {
        found.invalid++;
        return;
      }
      try {
        found[await rightOrRefused(graph)]++;
      } catch (error) {
        throw new Error(`${graph.operators.join(" ")}: ${(error as Error).message}`, { cause: error });
      }
    }),
    runs(GRAPHS, 20261129),
  );
  const all = found.converted + found.refused + found.invalid;
  if (process.env.BSNN_RUNS) console.log(JSON.stringify(found));
  assert.ok(found.converted > 0.5 * all, `too few were compared: ${JSON.stringify(found)}`);
});

test.run();
