/** Reads an ONNX model up to the point where its shapes and constants are known. */

import { ConversionError } from "../errors.ts";
import {
  axesProblems,
  type InputShape,
  type InputTensor,
  inputLayout,
  inputShape,
  rangeProblems,
} from "../form/input.ts";
import { Ann, type FixedInput } from "../onnx/execute.ts";
import type { GraphNode } from "../onnx/node.ts";
import { type Graph, type GraphInput, parseModel } from "../onnx/parse.ts";
import { isFloatType, type Tensor, typeName } from "../onnx/tensor.ts";
import { ofInput, type PerInput, requireNames } from "../per-input.ts";
import { type Problem, unsupported } from "../refusal.ts";
import type { Pair } from "../wiring.ts";
import { findProblems } from "./check.ts";
import {
  computedSizeProblems,
  inputSizeProblems,
  joinedSizeProblems,
  limitsOf,
  Probes,
  sizeProblems,
  statedSizeProblems,
} from "./size.ts";

/** What reading is told of a model. */
export interface ReadOptions {
  /** Reads a file of external tensor data by the location that the model names. */
  readonly external?: (location: string) => Uint8Array;
  /** Fixes a dynamic input shape; the batch of 1 may be left out. */
  readonly inputShape?: PerInput<readonly number[]>;
  /** Tensors to end at in place of the graph's outputs, so that what follows them is left to the caller. */
  readonly outputs?: readonly string[];
  /** The range of non-image input, where it was stated: only so that a missing one is reported with everything else. */
  readonly range?: PerInput<Pair>;
}

/** An input that something depends on, and its shape as a map. */
export interface ReadInput extends InputTensor {
  readonly shape: InputShape;
}

/** An ONNX model, its shapes and constants known. */
export interface Model {
  /** The original, ready to run. */
  readonly ann: Ann;
  /** Bytes that it was read from. */
  readonly read: number;
  /** In the order of the graph; those that nothing depends on are left out. */
  readonly inputs: readonly ReadInput[];
  /** Nodes that depend on the input and reach an output, in topological order. */
  readonly nodes: readonly GraphNode[];
  /** What is known not to be supported; `buildNetwork` reports it with what it finds. */
  readonly problems: readonly Problem[];
  dims(tensor: string): readonly number[];
  /** Element type of a tensor of the graph, as onnxruntime names it. */
  elementType(tensor: string): string;
  /** The value of a tensor that does not depend on the input, else null. */
  constant(tensor: string): Tensor | null;
  dependsOnInput(tensor: string): boolean;
  consumers(tensor: string): readonly GraphNode[];
  isOutput(tensor: string): boolean;
  /** Adds a tensor that the graph does not compute to the original, so that populations can be compared with it. */
  derive(op: string, inputs: readonly (string | Tensor)[], attributes?: Readonly<Record<string, number>>): string;
}

/** Operators that read the shape of their operand and not its values. */
const SHAPE_ONLY = new Set(["Shape", "Size"]);

/**
 * Reads an ONNX model and runs it once on zeros, which gives all shapes and the values of all tensors that do not depend
 * on the input, so that shape arithmetic needs no evaluation here.
 * @throws ConversionError `bad-model` for bytes that are no ONNX model or do not run, `unsupported` for a model that cannot
 *   even be run for one input of a known shape
 */
export async function readModel(bytes: Uint8Array, options: ReadOptions = {}): Promise<Model> {
  const graph = endingAt(parseModel(bytes, options.external), options.outputs);
  const path = dataPath(graph);
  const inputs = neededInputs(graph, path);
  const problems = [...outputProblems(graph), ...inputProblems(inputs), ...findProblems(path)];
  const stated = statedSizeProblems(graph);
  if (stated.length > 0) throw unsupported([...problems, ...stated]);
  requireNames("input shape", options.inputShape, namesOf(graph.inputs));
  const several = inputs.length > 1;
  const fixed = inputs.map((input) => ({ input, dims: fixedShape(input, shapeGiven(input, options, several)) }));
  for (const { input, dims } of fixed) {
    if (dims) continue;
    const shape = input.dims?.map((n) => n ?? "?").join("×") ?? "unknown";
    const example = several ? `--input-shape ${input.name}=1,3,224,224, batch 1 included` : EXAMPLE_SHAPE;
    const reason = `has a dynamic shape (${shape}); give one (${example})`;
    problems.push({ node: `input '${input.name}'`, op: "", reason });
  }
  if (inputs.length === 0 || graph.outputs.length === 0 || fixed.some(({ dims }) => !dims)) throw unsupported(problems);

  const first = fixed.map(({ input: { name }, dims }) => ({ name, dims: dims! }));
  const batches = fixed.flatMap(({ input, dims }) => batchProblems(graph, input, dims!, path));
  if (batches.length > 0 && problems.length === 0) throw unsupported(batches);
  const refused = new Set(problems.map(({ node }) => node));
  const running = graph.nodes.filter((node) => path.isLive(node) && !refused.has(node.name));
  const tensors = running.flatMap((node) => node.outputs.filter((name) => name !== ""));
  const isRead = readInputs(inputs, path);
  const attempt = async (shapes: readonly FixedInput[]) => {
    const excess = shapes.flatMap(({ name, dims }) => [...axesProblems(name, dims), ...inputSizeProblems(name, dims)]);
    if (excess.length > 0) throw unsupported([...problems, ...excess]);
    const read = shapes.filter(({ name }) => isRead(name));
    const ann = new Ann(
      graph,
      read,
      shapes.filter((one) => !read.includes(one)),
    );
    const limits = limitsOf(graph, shapes);
    const probes = new Probes(ann);
    const sizes = new Map<string, number>();
    const computed = await computedSizeProblems(graph, running, limits, probes, sizes);
    if (computed.length > 0) throw unsupported([...problems, ...computed]);
    const joined = await joinedSizeProblems(graph, running, shapes, limits, probes, sizes);
    if (joined.length > 0) throw unsupported([...problems, ...joined]);
    const probed = await ann.probe(tensors, (name) => !path.dependsOnInput(name));
    return { read, ann, probed, limits };
  };
  // An input without a batch runs only as it is declared.
  const declared = unbatched(inputs, first, options.inputShape !== undefined);
  let ran: Awaited<ReturnType<typeof attempt>>;
  try {
    ran = await attempt(first).catch((error) => {
      if (!declared || problems.length > 0 || (error as ConversionError).code !== "bad-model") throw error;
      return attempt(declared).catch(() => {
        throw error;
      });
    });
  } catch (error) {
    // An operator that is refused anyway may also be one that does not run.
    if (problems.length === 0 || (error as ConversionError).code !== "bad-model") throw error;
    for (const { name, dims } of first.filter((one) => isRead(one.name))) {
      if (ofInput(options.range, name)) continue;
      problems.push(...rangeProblems(name, inputShape(inputLayout(dims, path.consumers(name))), several));
    }
    throw unsupported(problems);
  }
  const { ann, probed, limits } = ran;
  const large = sizeProblems(probed.dims, limits);
  if (large.length > 0) throw unsupported([...problems, ...large]);
  const read = ran.read.map(({ name, dims }): ReadInput => {
    const layout = inputLayout(dims, path.consumers(name));
    return { name, layout, shape: inputShape(layout) };
  });
  const shapes = new Map(ran.read.map(({ name, dims }) => [name, dims]));
  const outputs = new Set(graph.outputs);
  return {
    ann,
    read: graph.read,
    inputs: read,
    nodes: path.nodes,
    problems,
    dims: (tensor) => shapes.get(tensor) ?? probed.dims.get(tensor) ?? graph.constants.get(tensor)?.().dims ?? [],
    elementType: (tensor) => probed.types.get(tensor) ?? "float32",
    constant: (tensor) => graph.constants.get(tensor)?.() ?? probed.values.get(tensor) ?? null,
    dependsOnInput: path.dependsOnInput,
    consumers: path.consumers,
    isOutput: (tensor) => outputs.has(tensor),
    derive: (op, inputs, attributes) => ann.derive(op, inputs, attributes),
  };
}

function endingAt(graph: Graph, outputs: readonly string[] | undefined): Graph {
  if (!outputs) return graph;
  const tensors = new Set(graph.nodes.flatMap((node) => node.outputs));
  const missing = outputs.filter((name) => !tensors.has(name));
  if (missing.length > 0 || outputs.length === 0) {
    throw new ConversionError("bad-input", `outputs: found no tensor named '${missing.join("', '")}' in the graph`);
  }
  return { ...graph, outputs };
}

function dataPath(graph: Graph) {
  const dependent = new Set(graph.inputs.map(({ name }) => name));
  for (const node of graph.nodes) {
    // A subgraph may read any tensor, whatever the node's own inputs are.
    const depends = node.hasSubgraph || node.inputs.some((name) => dependent.has(name));
    if (depends && !SHAPE_ONLY.has(node.op)) for (const name of node.outputs) dependent.add(name);
  }
  const outputs = new Set(graph.outputs);
  const needed = new Set(outputs);
  const live = new Set<GraphNode>();
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    live.add(node);
    for (const name of node.inputs) needed.add(name);
  }
  const nodes = graph.nodes.filter((node) => live.has(node) && node.outputs.some((name) => dependent.has(name)));
  const readers = new Map<string, GraphNode[]>();
  for (const node of nodes) {
    for (const name of new Set(node.inputs)) {
      const found = readers.get(name);
      if (found) found.push(node);
      else readers.set(name, [node]);
    }
  }
  return {
    nodes,
    isLive: (node: GraphNode) => live.has(node),
    dependsOnInput: (tensor: string) => dependent.has(tensor),
    needs: (tensor: string) => needed.has(tensor) || nodes.some((node) => node.hasSubgraph),
    isOutput: (tensor: string) => outputs.has(tensor),
    consumers: (tensor: string): readonly GraphNode[] => readers.get(tensor) ?? [],
  };
}

const EXAMPLE_SHAPE = "--input-shape, batch 1 included, as in 1,3,224,224";

const namesOf = (inputs: readonly GraphInput[]): string[] => inputs.map(({ name }) => name);

type Path = ReturnType<typeof dataPath>;

/** The inputs that have to be there for the outputs to be computed; all where that cannot be told. */
function neededInputs({ inputs }: Graph, { needs }: Path): readonly GraphInput[] {
  const needed = inputs.filter(({ name }) => needs(name));
  return needed.length > 0 ? needed : inputs.slice(0, 1);
}

/** Tells inputs whose values are read from those of which it is but the shape. */
function readInputs(inputs: readonly GraphInput[], { consumers, needs, isOutput }: Path): (name: string) => boolean {
  const read = new Set(namesOf(inputs).filter((name) => consumers(name).length > 0 || isOutput(name)));
  if (read.size === 0) read.add((inputs.find(({ name }) => needs(name)) ?? inputs[0]).name);
  return (name) => read.has(name);
}

function outputProblems({ outputs }: Graph): Problem[] {
  if (outputs.length > 0) return [];
  return [{ node: "the graph", op: "", reason: "has 0 outputs; at least one is needed" }];
}

function inputProblems(inputs: readonly GraphInput[]): Problem[] {
  if (inputs.length === 0) return [{ node: "the graph", op: "", reason: "has 0 inputs; at least one is needed" }];
  return inputs.flatMap(({ name, elementType }) => {
    if (elementType === 0 || isFloatType(elementType)) return [];
    const reason = `has the input '${name}' of type ${typeName(elementType)}; floats are supported`;
    return [{ node: "the graph", op: "", reason }];
  });
}

/** The shape that was given for an input; one for several is that of those whose own is open. */
function shapeGiven({ name, dims }: GraphInput, { inputShape: given }: ReadOptions, several: boolean) {
  const shape = ofInput(given, name);
  const isOpen = !dims || dims.some((n, k) => n === null && k > 0);
  return several && Array.isArray(given) && !isOpen ? undefined : shape;
}

/** The shapes with those of inputs of two or three axes as they are declared, where none was given: the first may be no batch. */
function unbatched(
  inputs: readonly GraphInput[],
  fixed: readonly FixedInput[],
  given: boolean,
): readonly FixedInput[] | null {
  if (given) return null;
  let other = false;
  const shapes = fixed.map((one, k) => {
    const { dims } = inputs[k];
    if (!dims || dims.length > 3 || dims.some((n) => n === null)) return one;
    other = true;
    return { name: one.name, dims: dims as readonly number[] };
  });
  return other ? shapes : null;
}

/** The nodes that reshape to a batch of another size than one, as a model exported for one size does. */
function batchProblems(
  { nodes, constants }: Graph,
  input: GraphInput,
  dims: readonly number[],
  { isLive, dependsOnInput }: Path,
): Problem[] {
  const batch = input.dims?.[0] ?? 1;
  // Of an input of fewer axes the first may be no batch.
  if (batch === 1 || dims[0] !== 1 || dims.length <= 3) return [];
  return nodes.flatMap((node) => {
    if (node.op !== "Reshape" || !isLive(node) || !dependsOnInput(node.inputs[0])) return [];
    const shape = constants.get(node.inputs[1])?.().data;
    if (!shape || shape.length < 2 || shape[0] !== batch) return [];
    return [
      {
        node: node.name,
        op: node.op,
        reason: `is fixed to a batch of ${batch}; export the model for a batch of 1, or of any size`,
      },
    ];
  });
}

/** The input's shape for a batch of one, or null where it is not known. */
function fixedShape(input: GraphInput, given?: readonly number[]): number[] | null {
  if (given) {
    const declared = input.dims;
    const dims = declared && given.length === declared.length - 1 ? [1, ...given] : [...given];
    const fits =
      !declared || (dims.length === declared.length && dims.every((n, k) => k === 0 || (declared[k] ?? n) === n));
    if (!fits || dims.some((n) => !(Number.isInteger(n) && n > 0))) {
      const shape = declared?.map((n) => n ?? "?").join("×") ?? "unknown";
      throw new ConversionError(
        "bad-input",
        `input shape: found ${given.join("×")}; input '${input.name}' is ${shape}`,
      );
    }
    if ((declared?.[0] === null || hasBatch(dims)) && dims[0] !== 1) {
      throw new ConversionError("bad-input", `input shape: found a batch of ${dims[0]}; a batch of 1 is supported`);
    }
    return dims;
  }
  const { dims } = input;
  if (!dims) return null;
  // A batch, fixed or not, is of one.
  const fixed = dims.map((n, k) => (k === 0 && (hasBatch(dims) || n === null) ? 1 : n));
  return fixed.every((n) => n !== null) ? (fixed as number[]) : null;
}

/** True where the first axis is a batch; [n, 1] is a column vector without one. */
const hasBatch = (dims: readonly (number | null)[]): boolean => dims.length > 2 || (dims.length === 2 && dims[1] !== 1);
