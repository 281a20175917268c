/** Walks an ONNX graph, node by node, and collects the populations and projections that compute the same. */

import { isIdentity } from "../form/form.ts";
import { type InputOptions, InputSamples, rangeProblems } from "../form/input.ts";
import type { GraphNode } from "../onnx/node.ts";
import { type Problem, Refusal, unsupported } from "../refusal.ts";
import type { InputCoding, Wiring } from "../wiring.ts";
import { Builder } from "./builder.ts";
import type { Model } from "./model.ts";
import { ENDINGS, endedTensors, follows, leaveOut } from "./operators/ending.ts";
import { OPERATORS } from "./operators/index.ts";
import { refuseIntegers } from "./operators/quantised.ts";
import { besideProblems } from "./size.ts";

/** Operators of which several on one tensor make one population. */
const RECTIFIERS = new Set(["Relu", "Clip", "Max", "Min"]);

/** What a graph was found to compute: populations and projections in the order of the walk, projections of any depth. */
export interface WalkedGraph extends Wiring {
  readonly input: InputCoding;
  /** Multiply-accumulates of the ANN's convolutions and dense layers, padding included. */
  readonly macs: number;
  /** What was done to the graph that a user would want to know ("softmax 'prob' left out: …"). */
  readonly notes: readonly string[];
}

/**
 * Turns a graph into populations and projections.
 * @param options what the samples of each input mean: preprocessed images, or real values in a range
 * @throws ConversionError (`unsupported`) that lists everything that cannot be expressed
 */
export function walkGraph(model: Model, options: readonly InputOptions[]): WalkedGraph {
  const problems: Problem[] = [...model.problems];
  const refused = new Set(problems.map(({ node }) => node));
  const { inputs } = model;
  inputs.forEach(({ name, shape }, k) => {
    if (!("range" in options[k])) problems.push(...rangeProblems(name, shape, inputs.length > 1));
  });
  const samples = new InputSamples(inputs, options);
  const large = inputs.length > 1 ? besideProblems(samples.shape) : [];
  if (large.length > 0) throw unsupported([...problems, ...large]);
  const builder = new Builder(model, samples, inputs.map(({ name }) => name).join("+"));
  for (const { name, layout } of inputs) builder.set(name, builder.held(name, samples.form(name), layout));
  /** Takes one step; a refusal becomes a problem. */
  const attempt = (node: string, op: string, step: () => void, forget = () => {}) => {
    try {
      step();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      problems.push({ node, op, reason: error.message });
      forget();
    }
  };
  const ended = endedTensors(model.nodes, model);
  const leftOut = (node: GraphNode) =>
    follows(node, model) && node.inputs.every((name) => ended.has(name) || !model.dependsOnInput(name));
  for (const node of model.nodes) {
    // What follows a refused node cannot be judged.
    if (refused.has(node.name) || !node.inputs.every((name) => builder.has(name) || !model.dependsOnInput(name)))
      continue;
    attempt(
      node.name,
      node.op,
      () => {
        const parts = node.inputs.find((name) => builder.partsOf(name).length > 1);
        if (parts !== undefined && node.op !== "Concat") {
          // Tensors given one by one are passed on as they are; all that follows them was seen to allow that.
          if (ENDINGS.has(node.op) || leftOut(node)) builder.noteLeftOut(node);
          for (const tensor of node.outputs) builder.passParts(node, parts, tensor);
          return;
        }
        if (leftOut(node)) {
          const [tensor] = node.inputs.filter((name) => builder.has(name));
          leaveOut(node, tensor, builder);
          return;
        }
        if (!ENDINGS.has(node.op)) refuseIntegers(node, builder);
        OPERATORS.get(node.op)!(node, builder);
        for (const tensor of node.outputs) if (isReadTwice(tensor, model, builder)) builder.identity(tensor);
      },
      () => builder.forget(node.outputs),
    );
  }
  for (const tensor of model.ann.outputs) {
    if (builder.has(tensor)) attempt(`output '${tensor}'`, "", () => builder.output(tensor));
    else if (!model.dependsOnInput(tensor)) {
      problems.push({ node: `output '${tensor}'`, op: "", reason: "does not depend on the input" });
    } else if (problems.length === 0) {
      // Of a node that was refused it is not known; of any other there is none.
      problems.push({
        node: `output '${tensor}'`,
        op: "",
        reason: "is no tensor of the graph; names of tensors are supported",
      });
    }
  }
  if (problems.length > 0) throw unsupported(problems);
  const { populations, projections, macs, notes } = builder;
  return { populations, projections, input: samples.coding(), macs, notes };
}

/** True where weights would be applied again for a second reader: such a tensor becomes a population. */
function isReadTwice(tensor: string, model: Model, builder: Builder): boolean {
  if (
    !tensor ||
    !builder.has(tensor) ||
    builder.padded(tensor) ||
    builder.partsOf(tensor).length > 1 ||
    builder.value(tensor).form.terms.every(isIdentity)
  )
    return false;
  const readers = model.consumers(tensor);
  const rectifiers = readers.filter(({ op }) => RECTIFIERS.has(op)).length;
  return readers.length - rectifiers + Math.min(1, rectifiers) > 1;
}
