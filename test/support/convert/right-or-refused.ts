/** Holds conversions against the original: right within the bound of their quantisation, or refused with a reason. */

import assert from "node:assert/strict";
import { load } from "../../../bindings/node.ts";
import { ConversionError } from "../../../convert/errors.ts";
import { annInput } from "../../../convert/index.ts";
import { runtime } from "../../../convert/onnx/runtime.ts";
import type { AnyGraph } from "./any-graph.ts";
import { SIGNED_RANGE } from "./compare.ts";
import { convertOnRandom, decode, marginsOf, type WholeWay } from "./whole-way.ts";

/** A model and its inputs. */
type Graph = Pick<AnyGraph, "model" | "inputs">;

/** The outputs of a model that nothing of the converter has touched; null where onnxruntime does not run it. */
async function outputsOf({ model, inputs }: Graph, given: readonly Float32Array[], names = Object.keys(inputs)) {
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

/** Whether onnxruntime runs a model at all. */
export const runsAtAll = async (graph: Graph): Promise<boolean> => {
  const size = Object.values(graph.inputs).reduce((sum, dims) => sum + sizeOf(dims), 0);
  return (await outputsOf(graph, [new Float32Array(size)])) !== null;
};

/** Requires that a model that onnxruntime runs is converted to a network of the same outputs, or refused as not supported. */
export async function rightOrRefused(graph: Graph): Promise<"refused" | "converted"> {
  let way: WholeWay;
  try {
    way = await convertOnRandom(graph.model, SIGNED_RANGE, {});
  } catch (error) {
    if (error instanceof ConversionError && error.code === "unsupported") {
      assert.match(error.message, /cannot be converted.*: \S|found .* supported/s);
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
  assert.ok(own, "onnxruntime does not run it");
  own.forEach((outputs, n) => {
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
