/** Refuses graphs whose tensors are larger than what can be converted, before they are made where their sizes are written down. */

import type { InputShape } from "../form/input.ts";
import type { Ann } from "../onnx/execute.ts";
import type { GraphNode } from "../onnx/node.ts";
import type { Graph } from "../onnx/parse.ts";
import type { Problem } from "../refusal.ts";

/** Values that a tensor of the graph may have: 128 Mi, half a GiB of floats. */
const MOST_VALUES = 2 ** 27;

/** Values that a tensor may have whatever was read; and for every byte of the model, and every value of its inputs, that many more. */
const ANY_VALUES = 2 ** 24;
const VALUES_PER_BYTE = 2 ** 12;
const VALUES_PER_INPUT = 2 ** 6;

/** How many times as many all tensors together may have: at most what the runtime can hold beside its weights. */
const TOGETHER = 4;

/** Multiply-accumulates and comparisons of one inference: whatever was read, for every byte of the model, and at most. */
const ANY_WORK = 2 ** 33;
const WORK_PER_BYTE = 2 ** 22;
const MOST_WORK = 2 ** 42;

/** What a graph may come to: in proportion to what was read, so that a small file does not stand for days of work. */
export interface Limits {
  /** Values of a tensor. */
  readonly values: number;
  /** Multiply-accumulates and comparisons of an inference. */
  readonly work: number;
}

/** @param inputs shapes of the inputs */
export function limitsOf({ read }: Graph, inputs: readonly { readonly dims: readonly number[] }[]): Limits {
  const given = inputs.reduce((sum, { dims }) => sum + product(dims), 0);
  return {
    values: Math.min(MOST_VALUES, Math.max(ANY_VALUES, VALUES_PER_BYTE * read + VALUES_PER_INPUT * given)),
    work: Math.min(MOST_WORK, Math.max(ANY_WORK, WORK_PER_BYTE * read)),
  };
}

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

const tooLarge = ({ name, op }: GraphNode, values: number, most = MOST_VALUES): Problem[] =>
  values > most ? [{ node: name, op, reason: `gives ${excess(values, most)}` }] : [];

const constantsOf =
  ({ constants }: Graph): Known =>
  (tensor) =>
    constants.get(tensor)?.().data ?? [];

/** The problems of nodes that state in so many numbers how large what they give is. */
export function statedSizeProblems(graph: Graph): Problem[] {
  return graph.nodes.flatMap((node) => tooLarge(node, valuesOf(node, constantsOf(graph))));
}

/** Runs of a part of the graph by which sizes are found out before all of it is run. */
const MOST_PROBES = 1024;

/** Values of tensors that are kept from one of them for the next. */
const MOST_KEPT = 2 ** 24;

/** The runs that find out sizes: so many, each going on from what the ones before it gave. */
export class Probes {
  readonly #ann: Ann;
  readonly #known = new Map<string, Float32Array>();
  #left = MOST_PROBES;
  #kept = 0;

  constructor(ann: Ann) {
    this.#ann = ann;
  }

  /** Shapes of tensors, and the values of those that `keep` names; null where there were too many runs. */
  async run(
    tensors: readonly string[],
    keep: (tensor: string) => boolean,
  ): Promise<Awaited<ReturnType<Ann["probe"]>> | null> {
    if (this.#left-- <= 0) return null;
    const begin = this.#ann.goesOnFrom(tensors, [...this.#known.keys()]);
    const known = new Map(begin.map((name) => [name, this.#known.get(name)!]));
    const found = await this.#ann.probe(tensors, (name) => keep(name) || !this.#known.has(name), known);
    for (const [name, { data }] of found.values) {
      if (found.types.get(name) === "float32" && !this.#known.has(name)) this.#keep(name, data as Float32Array);
    }
    return found;
  }

  #keep(name: string, data: Float32Array): void {
    if (data.length > MOST_KEPT) return;
    this.#known.set(name, data);
    this.#kept += data.length;
    for (const [oldest, { length }] of this.#known) {
      if (this.#kept <= MOST_KEPT) break;
      this.#known.delete(oldest);
      this.#kept -= length;
    }
  }
}

const tooOften = ({ name, op }: GraphNode): Problem[] => [
  {
    node: name,
    op,
    reason: `is one of more than ${MOST_PROBES} nodes whose sizes are known only by running what leads to them; as many are supported`,
  },
];

/**
 * The problem of a node that would give too much by what is computed before it, found before it is run. Only nodes whose size is
 * computed, or that enlarge by much, are looked at, each with what leads to it.
 * @param nodes those that will be run, in topological order
 * @param sizes receives how many values those give that were looked at, by tensor
 */
export async function computedSizeProblems(
  graph: Graph,
  nodes: readonly GraphNode[],
  { values: most }: Limits,
  probes: Probes,
  sizes: Map<string, number>,
): Promise<Problem[]> {
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
    const found = needed.length > 0 ? await probes.run(needed, (name) => sizing.has(name)) : NOTHING_FOUND;
    if (!found) return tooOften(node);
    const known: Known = (name) => found.values.get(name)?.data ?? fixed(name);
    const first = found.dims.get(node.inputs[0]) ?? graph.constants.get(node.inputs[0])?.().dims;
    const values = valuesOf(node, known, first);
    const problems = tooLarge(node, values, most);
    if (problems.length > 0) return problems;
    sizes.set(node.outputs[0], values);
  }
  return [];
}

const NOTHING_FOUND: Pick<Awaited<ReturnType<Ann["probe"]>>, "dims" | "values"> = {
  dims: new Map(),
  values: new Map(),
};

/**
 * The problem of a Concat that would give too much, or of a node that would bring the work of an inference to too much, found before they
 * are run: joins of joins double what there is at every node, and weights that are used again and again cost their file nothing. Sizes are
 * estimated from the inputs on, as if nothing but joins, weights and strides enlarged or reduced; where an estimate is too large, true
 * sizes take its place.
 * @param nodes those that will be run, in topological order
 * @param inputs shapes of the inputs
 * @param sizes values of tensors that are known already
 */
export async function joinedSizeProblems(
  graph: Graph,
  nodes: readonly GraphNode[],
  inputs: readonly { readonly name: string; readonly dims: readonly number[] }[],
  { values: most, work: mostWork }: Limits,
  probes: Probes,
  sizes: ReadonlyMap<string, number>,
): Promise<Problem[]> {
  const estimates = new Map(inputs.map(({ name, dims }) => [name, product(dims)]));
  const sizeOf = (name: string): number =>
    estimates.get(name) ?? (graph.shapes.has(name) ? product(graph.shapes.get(name)!) : 0);
  const joined = (node: GraphNode): number => node.inputs.reduce((all, name) => all + sizeOf(name), 0);
  /** Takes the true sizes of computed tensors for their estimates. */
  const look = async (tensors: Iterable<string>): Promise<boolean> => {
    const computed = [...new Set(tensors)].filter((name) => name && !graph.constants.has(name));
    const found = computed.length > 0 ? await probes.run(computed, () => false) : NOTHING_FOUND;
    for (const [name, dims] of found?.dims ?? []) estimates.set(name, product(dims));
    return found !== null;
  };
  let work = 0;
  /** Those that work, but for the one in hand. */
  const heavy: GraphNode[] = [];
  for (const node of nodes) {
    let values = 0;
    let own = 0;
    if (node.op === "Concat") {
      if (joined(node) > most && !(await look(node.inputs))) return tooOften(node);
      values = joined(node);
      const problems = tooLarge(node, values, most);
      if (problems.length > 0) return problems;
    } else {
      const estimate = () => {
        const operands = node.inputs.map((name) => estimates.get(name) ?? 0);
        return effort(node, graph, Math.max(0, ...operands));
      };
      ({ values, work: own } = estimate());
      if (work + own > mostWork) {
        if (!(await look([...heavy, node].map(({ inputs }) => inputs[0])))) return tooOften(node);
        work = heavy.reduce((sum, one) => sum + effort(one, graph, sizeOf(one.inputs[0])).work, 0);
        ({ values, work: own } = estimate());
        if (work + own > mostWork) {
          const reason = `brings an inference to ${work + own} multiply-accumulates and comparisons; ${mostWork} are supported`;
          return [{ node: node.name, op: node.op, reason }];
        }
      }
    }
    work += own;
    if (own > 0) heavy.push(node);
    for (const name of node.outputs) estimates.set(name, sizes.get(name) ?? values);
  }
  return [];
}

/**
 * How many values a node gives, and how many it multiplies or compares, about: borders and padding are left out.
 * @param given values of its operand
 */
function effort(node: GraphNode, graph: Graph, given: number): { values: number; work: number } {
  const constant = (k: number) => graph.shapes.get(node.inputs[k] ?? "");
  const steps = product(node.ints("strides") ?? []);
  switch (node.op) {
    case "Conv":
    case "ConvTranspose": {
      const dims = constant(1);
      if (!dims || dims.length < 2) return { values: given, work: 0 };
      const groups = node.int("group", 1);
      const [inputs, outputs] =
        node.op === "Conv" ? [dims[1] * groups, dims[0]] : [dims[0], dims[1] * Math.max(1, groups)];
      const positions = given / Math.max(1, inputs) / (node.op === "Conv" ? Math.max(1, steps) : 1);
      const enlarged = node.op === "Conv" ? 1 : steps;
      return { values: positions * outputs * enlarged, work: positions * product(dims) };
    }
    case "MatMul":
    case "Gemm": {
      const [left, right] = [constant(0), constant(1)];
      const dims = right ?? left;
      if (!dims || dims.length === 0) return { values: given, work: 0 };
      const transposed = node.op === "Gemm" && node.int("transB", 0) !== 0;
      const inner = (right ? (transposed ? dims.at(-1) : dims.at(-2)) : dims.at(-1)) ?? dims[0];
      const rows = given / Math.max(1, inner);
      return { values: (rows * product(dims)) / Math.max(1, inner), work: rows * product(dims) };
    }
    case "MaxPool":
    case "AveragePool": {
      const values = given / Math.max(1, steps);
      const taps = product(node.ints("kernel_shape") ?? []);
      return { values, work: taps >= WATCHED ? values * taps : 0 };
    }
    default:
      return { values: given, work: 0 };
  }
}

/** The problems of tensors, as they were found to be. */
export function sizeProblems(dims: ReadonlyMap<string, readonly number[]>, { values: most }: Limits): Problem[] {
  let together = 0;
  for (const [name, sizes] of dims) {
    const values = product(sizes);
    if (values > most) {
      return [
        { node: `tensor '${name}'`, op: "", reason: `has the shape ${sizes.join("×")}, ${excess(values, most)}` },
      ];
    }
    together += values;
  }
  if (together <= TOGETHER * most) return [];
  return [{ node: "the graph", op: "", reason: `has tensors of ${excess(together, TOGETHER * most)}` }];
}
