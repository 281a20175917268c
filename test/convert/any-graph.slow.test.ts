/**
 * Whatever onnxruntime runs is converted to a network whose outputs are the model's own within the bound of its quantisation, or
 * refused with a reason. `BSNN_RUNS=30 npm test -- any-graph` tries thousands of graphs.
 */

import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "uvu";
import { load } from "../../bindings/node.ts";
import { ConversionError } from "../../convert/errors.ts";
import { annInput } from "../../convert/index.ts";
import { runtime } from "../../convert/onnx/runtime.ts";
import { type AnyGraph, anyGraph } from "../support/convert/any-graph.ts";
import { SIGNED_RANGE } from "../support/convert/compare.ts";
import { convertOnRandom, decode, marginsOf, type WholeWay } from "../support/convert/whole-way.ts";
import { choices } from "../support/core/choices.ts";
import { runs } from "../support/core/settings.ts";

const GRAPHS = 150;

/** The outputs of a model that nothing of the converter has touched; null where onnxruntime does not run it. */
async function outputsOf({ model, inputs }: AnyGraph, given: readonly Float32Array[], names = Object.keys(inputs)) {
  const { InferenceSession, Tensor } = await runtime();
  const quiet = { executionProviders: ["wasm"], logSeverityLevel: 4, graphOptimizationLevel: "disabled" } as const;
  const session = await InferenceSession.create(model, quiet).catch(() => null);
  if (!session) return null;
  try {
    const answers: { data: Float32Array; dims: readonly number[] }[][] = [];
    for (const data of given) {
      const feeds: Record<string, InstanceType<typeof Tensor>> = {};
      let at = 0;
      for (const [name, dims] of Object.entries(inputs)) {
        const size = sizeOf(dims);
        // Those that nothing reads are not among the values.
        const own = names.includes(name) ? data.subarray(at, at + size) : new Float32Array(size);
        if (names.includes(name)) at += size;
        feeds[name] = new Tensor("float32", own, dims);
      }
      const found = await session.run(feeds, { logSeverityLevel: 4 });
      answers.push(session.outputNames.map((name) => found[name] as never));
    }
    return answers;
  } catch {
    return null;
  } finally {
    await session.release();
  }
}

const sizeOf = (dims: readonly number[]): number => dims.reduce((product, n) => product * n, 1);

const runsAtAll = async (graph: AnyGraph): Promise<boolean> => {
  const size = Object.values(graph.inputs).reduce((sum, dims) => sum + sizeOf(dims), 0);
  return (await outputsOf(graph, [new Float32Array(size)])) !== null;
};

async function check(graph: AnyGraph): Promise<"refused" | "converted"> {
  let way: WholeWay;
  try {
    way = await convertOnRandom(graph.model, SIGNED_RANGE, {});
  } catch (error) {
    if (error instanceof ConversionError && error.code === "unsupported") {
      assert.match(error.message, /cannot be converted.*: \S/s);
      return "refused";
    }
    throw error;
  }
  const { conversion, inputs } = way;
  const { worst } = marginsOf(await decode(conversion.file, inputs), way);
  assert.ok(worst <= 1, `an output is off by ${worst} times what quantisation allows`);
  const { input, notes } = conversion.unquantized;
  const own = await outputsOf(
    graph,
    inputs.map((samples) => annInput(input, samples)),
    conversion.ann.inputs.map(({ name }) => name),
  );
  const network = await load(conversion.file);
  const shapes = network.run(inputs[0]).outputs.map(({ shape }) => shape);
  network.dispose();
  // What was left out at an output, or is given in parts, is another tensor.
  if (notes.length > 0) return "converted";
  own!.forEach((outputs, n) => {
    outputs.forEach(({ data, dims }, k) => {
      assert.deepEqual(shapes[k], [...dims]);
      const expected = way.expected[n][k];
      const slack = 1e-4 * expected.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-3);
      data.forEach((value, at) => {
        assert.ok(
          Math.abs(value - expected[at]) <= slack,
          `element ${at} of output ${k} is ${value}, not ${expected[at]}`,
        );
      });
    });
  });
  return "converted";
}

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
        found[await check(graph)]++;
      } catch (error) {
        throw new Error(`${graph.operators.join(" ")}: ${(error as Error).message}`, { cause: error });
      }
    }),
    runs(GRAPHS),
  );
  const all = found.converted + found.refused + found.invalid;
  if (process.env.BSNN_RUNS) console.log(JSON.stringify(found));
  assert.ok(found.converted > 0.5 * all, `too few were compared: ${JSON.stringify(found)}`);
});

test.run();
