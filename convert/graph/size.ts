/** Refuses graphs whose tensors are larger than what can be converted, before they are made where their sizes are written down. */

import type { InputShape } from "../form/input.ts";
import type { Ann } from "../onnx/execute.ts";
import type { GraphNode } from "../onnx/node.ts";
import type { Graph } from "../onnx/parse.ts";
import type { Problem } from "../refusal.ts";

/** Values that a tensor of the graph may have: 128 Mi, half a GiB of floats. */
const MOST_VALUES = 2 ** 27;
/** Values of all tensors together: what the runtime can hold beside its weights. */
const MOST_TOGETHER = 2 ** 29;

const product = (sizes: Iterable<number>): number => [...sizes].reduce((all, size) => all * Math.max(0, size), 1);

const excess = (values: number, most = MOST_VALUES): string => `${values} values; ${most} are supported`;

/** The problem of an input of a shape; none where it is small enough. */
export function inputSizeProblems(name: string, dims: readonly number[]): Problem[] {
  const values = product(dims);
  if (values <= MOST_VALUES) return [];
  return [{ node: `input '${name}'`, op: "", reason: `has the shape ${dims.join("×")}, ${excess(values)}` }];
}

/** The problem of the population that holds several inputs side by side; none where it is small enough. */
export function besideProblems({ height, width, channels }: InputShape): Problem[] {
  const values = product([height, width, channels]);
  if (values <= MOST_VALUES) return [];
  const reason = `has inputs of so unlike shapes that side by side they take ${height}×${width}×${channels}, ${excess(values)}`;
  return [{ node: "the graph", op: "", reason }];
}

/** Operators that enlarge, and the places of operands that state the shape of what they give, factors for it, or what both ends get. */
const SHAPES: Readonly<Record<string, number>> = { ConstantOfShape: 0, Expand: 1, Resize: 3 };
const FACTORS: Readonly<Record<string, number>> = { Tile: 1, Upsample: 1, Resize: 2 };
const PADS: Readonly<Record<string, number>> = { Pad: 1 };

/** Operators that count from one number to another, or spread numbers over classes. */
const COUNTED = new Set(["Range", "OneHot"]);

/** Growth of a node, and of all that multiply together, from which it is not left to the runtime. */
const WATCHED = 2 ** 12;
const WATCHED_TOGETHER = 2 ** 20;

/** The values of an operand, empty where they are not known. */
type Known = (tensor: string) => ArrayLike<number>;

/** The operand that states something, by a table of its places; undefined where there is none. */
function statingOperand({ op, inputs }: GraphNode, places: Readonly<Record<string, number>>): string | undefined {
  // Before version 11 Resize had no region before its scales.
  const place = op === "Resize" && places === FACTORS && inputs.length === 2 ? 1 : places[op];
  return (place === undefined ? undefined : inputs[place]) || undefined;
}

function stated(node: GraphNode, places: Readonly<Record<string, number>>, known: Known): number[] {
  const operand = statingOperand(node, places);
  return operand === undefined ? [] : Array.from(known(operand));
}

/** Operands of a node that say how large what it gives is. */
function sizingOperands(node: GraphNode): string[] {
  const operands = COUNTED.has(node.op)
    ? node.inputs.slice(0, 3)
    : [SHAPES, FACTORS, PADS].map((places) => statingOperand(node, places));
  return operands.filter((name): name is string => Boolean(name));
}

/** What a node multiplies the values of its first operand by. */
function factorOf(node: GraphNode, known: Known): number {
  const strides = node.op === "ConvTranspose" ? (node.ints("strides") ?? []) : [];
  return product([...stated(node, FACTORS, known), ...strides, ...(node.floats("scales") ?? [])]);
}

/** What dimensions grow by, the last one first, where all begins and then all ends are given. */
function addedBy(pads: readonly number[]): number[] {
  const axes = pads.length >> 1;
  return Array.from({ length: axes }, (_, k) => Math.max(0, pads[axes - 1 - k] + pads[pads.length - 1 - k]));
}

/** Steps of a Range, classes of a OneHot. */
function countOf({ op, inputs }: GraphNode, known: Known): number {
  if (!COUNTED.has(op)) return 0;
  const [first, second, third] = inputs.slice(0, 3).map((name) => known(name)[0]);
  return Math.ceil(op === "OneHot" ? second : (second - first) / third) || 0;
}

/**
 * How many values a node gives, as far as its operands and attributes say.
 * @param dims shape of its first operand, empty where it is not known: as few values as it can have then
 */
function valuesOf(node: GraphNode, known: Known, dims: readonly number[] = []): number {
  const shape = [...stated(node, SHAPES, known), ...(node.ints("output_shape") ?? [])];
  // What is stated of the last axes only leaves the first as they are.
  const before = node.op === "ConstantOfShape" ? [] : dims.slice(0, Math.max(0, dims.length - shape.length));
  const own = node.op === "ConvTranspose" ? [] : (node.ints("pads") ?? []);
  const added = addedBy([...stated(node, PADS, known), ...own]);
  const backwards = [...dims].reverse();
  const padded = Array.from(
    { length: Math.max(added.length, backwards.length) },
    (_, k) => (backwards[k] ?? 1) + (added[k] ?? 0),
  );
  const shaped = shape.length > 0 ? product([...before, ...shape]) : 0;
  return Math.max(shaped, product(padded), product(dims) * factorOf(node, known), countOf(node, known));
}

const tooLarge = ({ name, op }: GraphNode, values: number): Problem[] =>
  values > MOST_VALUES ? [{ node: name, op, reason: `gives ${excess(values)}` }] : [];

const constantsOf =
  ({ constants }: Graph): Known =>
  (tensor) =>
    constants.get(tensor)?.().data ?? [];

/** The problems of nodes that state in so many numbers how large what they give is. */
export function statedSizeProblems(graph: Graph): Problem[] {
  return graph.nodes.flatMap((node) => tooLarge(node, valuesOf(node, constantsOf(graph))));
}

/**
 * The problem of a node that would give too much by what is computed before it, found before it is run. Only nodes whose size is
 * computed, or that enlarge by much, are looked at, each with what leads to it.
 * @param nodes those that will be run, in topological order
 */
export async function computedSizeProblems(graph: Graph, nodes: readonly GraphNode[], ann: Ann): Promise<Problem[]> {
  const fixed = constantsOf(graph);
  const isConstant = (name: string) => graph.constants.has(name);
  const together = product(nodes.map((node) => Math.max(1, factorOf(node, fixed))));
  const watched = nodes.filter(
    (node) =>
      sizingOperands(node).some((name) => !isConstant(name)) ||
      valuesOf(node, fixed) >= WATCHED ||
      (together >= WATCHED_TOGETHER && factorOf(node, fixed) > 1),
  );
  for (const node of watched) {
    const sizing = new Set(sizingOperands(node));
    const needed = [...new Set([node.inputs[0], ...sizing])].filter((name) => name && !isConstant(name));
    const found = needed.length > 0 ? await ann.probe(needed, (name) => sizing.has(name)) : null;
    const known: Known = (name) => found?.values.get(name)?.data ?? fixed(name);
    const first = found?.dims.get(node.inputs[0]) ?? graph.constants.get(node.inputs[0])?.().dims;
    const problems = tooLarge(node, valuesOf(node, known, first));
    if (problems.length > 0) return problems;
  }
  return [];
}

/**
 * The problem of a Concat that would give too much, found before it is run: joins of joins double what there is at every node. Sizes are
 * estimated from the inputs on, as if nothing else enlarged or reduced; where an estimate is too large, true sizes take its place.
 * @param nodes those that will be run, in topological order
 * @param inputs shapes of the inputs
 */
export async function joinedSizeProblems(
  graph: Graph,
  nodes: readonly GraphNode[],
  inputs: readonly { readonly name: string; readonly dims: readonly number[] }[],
  ann: Ann,
): Promise<Problem[]> {
  const estimates = new Map(inputs.map(({ name, dims }) => [name, product(dims)]));
  const sizeOf = (name: string): number =>
    estimates.get(name) ?? (graph.constants.has(name) ? product(graph.constants.get(name)!().dims) : 0);
  const joined = (node: GraphNode): number => node.inputs.reduce((all, name) => all + sizeOf(name), 0);
  for (const node of nodes) {
    let values = 0;
    if (node.op !== "Concat") for (const name of node.inputs) values = Math.max(values, estimates.get(name) ?? 0);
    else if (joined(node) <= MOST_VALUES) values = joined(node);
    else {
      const computed = [...new Set(node.inputs)].filter((name) => name && !graph.constants.has(name));
      const { dims } = await ann.probe(computed, () => false);
      for (const [name, sizes] of dims) estimates.set(name, product(sizes));
      values = joined(node);
      const problems = tooLarge(node, values);
      if (problems.length > 0) return problems;
    }
    for (const name of node.outputs) estimates.set(name, values);
  }
  return [];
}

/** The problems of tensors, as they were found to be. */
export function sizeProblems(dims: ReadonlyMap<string, readonly number[]>): Problem[] {
  let together = 0;
  for (const [name, sizes] of dims) {
    const values = product(sizes);
    if (values > MOST_VALUES) {
      return [{ node: `tensor '${name}'`, op: "", reason: `has the shape ${sizes.join("×")}, ${excess(values)}` }];
    }
    together += values;
  }
  if (together <= MOST_TOGETHER) return [];
  return [{ node: "the graph", op: "", reason: `has tensors of ${excess(together, MOST_TOGETHER)}` }];
}
