/** Executes the original network with onnxruntime-web. */

import { isString, readArray, readList, refusal } from "../arguments.ts";
import { ConversionError } from "../errors.ts";
import type { ExecutedGraph, Executor, GraphTensor } from "../executor.ts";
import { pause } from "../pause.ts";
import { openExecutor } from "./executor.ts";
import type { Graph } from "./parse.ts";
import { onnx } from "./schema/onnx.js";
import { isFloatType, type Tensor } from "./tensor.ts";

const { FLOAT, INT64 } = onnx.TensorProto.DataType;
const { EXTERNAL } = onnx.TensorProto.DataLocation;

/** An input tensor: its name, and the shape to fix it to. */
export interface FixedInput {
  readonly name: string;
  readonly dims: readonly number[];
}

const sizeOf = (dims: readonly number[]): number => dims.reduce((product, n) => product * n, 1);

/** Values of tensors of the graph, from which a computation goes on. */
export type KnownTensors = ReadonlyMap<string, Float32Array>;

const NOTHING_KNOWN: KnownTensors = new Map();

/** The original network, executed in single precision by onnxruntime-web, for a batch of one. */
export class Ann {
  /** Its input tensors, batch included. */
  readonly inputs: readonly FixedInput[];
  /** Names of the graph's outputs. */
  readonly outputs: readonly string[];
  readonly #graph: Graph;
  readonly #idle: readonly FixedInput[];
  readonly #derived: onnx.INodeProto[] = [];
  readonly #added: onnx.ITensorProto[] = [];
  readonly #executor: Executor;
  /** Whether a graph is open, or will be when what was asked for before is done. */
  #isOpen = false;
  /** What is under way of opening graphs. */
  #opening: Promise<void> = Promise.resolve();
  #optimization: "disabled" | "all" = "all";
  #exposed: readonly string[] = [];
  #begun: readonly string[] = [];
  /** Shapes of the tensors of floats that have been asked for. */
  readonly #shapes = new Map<string, readonly number[]>();
  #derivedPrefix: string | null = null;

  /**
   * @param inputs those of the graph that values are given for
   * @param idle those whose values matter to nothing
   * @param executor default: this thread
   */
  constructor(
    graph: Graph,
    inputs: readonly FixedInput[],
    idle: readonly FixedInput[] = [],
    executor: Executor = openExecutor(),
  ) {
    this.#executor = executor;
    this.inputs = inputs;
    this.outputs = graph.outputs;
    this.#graph = graph;
    this.#idle = idle;
  }

  /**
   * The same network, run by another executor: what is asked for at once it does one after the other, so one may ask for many inputs and
   * see to other things. What is derived later it does not have.
   */
  by(executor: Executor): Ann {
    const other = new Ann(this.#graph, this.inputs, this.#idle, executor);
    other.#derived.push(...this.#derived);
    other.#added.push(...this.#added);
    other.#derivedPrefix = this.#derivedPrefix;
    return other;
  }

  /** Name of the first input. */
  get input(): string {
    return this.inputs[0].name;
  }

  /** Shape of the one input; of several the number of all their values. */
  get dims(): readonly number[] {
    return this.inputs.length === 1 ? this.inputs[0].dims : [this.#size];
  }

  get #size(): number {
    return this.inputs.reduce((sum, { dims }) => sum + sizeOf(dims), 0);
  }

  /**
   * Runs one input and returns float tensors of the graph, row-major.
   * @param input the input tensor's values, row-major, batch of one; of several inputs one after the other
   * @param tensors names of tensors of the graph; default its outputs. Asking for other tensors than last time reloads the
   *   model, so ask for the same ones over many inputs.
   * @param known what is known of the same input: tensors of floats, asked for before; what only they need is not computed again
   * @throws ConversionError (`bad-model`) where the model does not run, `bad-input` where the input or the names are none
   */
  async run(
    input: Float32Array,
    tensors: readonly string[] = this.outputs,
    known: KnownTensors = NOTHING_KNOWN,
  ): Promise<Map<string, Float32Array>> {
    const size = this.#size;
    const values = readArray("input", input, ["Float32Array"], `a Float32Array of ${size} is supported`);
    if (values.length !== size) throw refusal("input", values.length, `${size} floats are supported`);
    const names = readList("tensors", tensors, isString, "a list of names is supported");
    const results = new Map<string, Float32Array>();
    for (const [name, tensor] of await this.#execute(values, names, "all", known)) {
      results.set(
        name,
        tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(tensor.data as Int32Array),
      );
    }
    return results;
  }

  /**
   * Which of some tensors, asked for before, the computation of others goes on from, were they known: none where it has to begin anew.
   * @param tensors what is to be computed
   */
  goesOnFrom(tensors: readonly string[], candidates: readonly string[]): string[] {
    const nodes = [...(this.#graph.proto.graph!.node ?? []), ...this.#derived];
    // What a node gives together with others it would give twice.
    const joint = new Set(nodes.flatMap(({ output }) => (output!.length > 1 ? output! : [])));
    const known = new Set(candidates.filter((name) => this.#shapes.has(name) && !joint.has(name)));
    return [...leadingTo(nodes, tensors, known).begun];
  }

  /**
   * Runs an input of zeros once with every named tensor exposed: their shapes, types, and the values of those that `keep` names.
   * @param known as of `run`
   * @throws ConversionError (`bad-model`) where the model does not run
   */
  async probe(
    tensors: readonly string[],
    keep: (tensor: string) => boolean,
    known: KnownTensors = NOTHING_KNOWN,
  ): Promise<{ dims: Map<string, readonly number[]>; types: Map<string, string>; values: Map<string, Tensor> }> {
    const dims = new Map<string, readonly number[]>();
    const types = new Map<string, string>();
    const values = new Map<string, Tensor>();
    for (const [name, tensor] of await this.#execute(new Float32Array(this.#size), tensors, "disabled", known)) {
      dims.set(name, tensor.dims);
      types.set(name, tensor.type);
      if (keep(name) && tensor.type !== "string") {
        const data = tensor.data as ArrayLike<number | bigint>;
        values.set(name, {
          dims: tensor.dims,
          data: data instanceof Float32Array ? data.slice() : Float64Array.from(data as ArrayLike<number>, Number),
        });
      }
    }
    await this.dispose();
    return { dims, types, values };
  }

  /**
   * Adds a tensor that the graph itself does not compute, so that it can be asked for.
   * @param inputs tensors of the graph, or constants
   * @returns its name
   */
  derive(op: string, inputs: readonly (string | Tensor)[], attributes: Readonly<Record<string, number>> = {}): string {
    const name = `${this.#prefix()}${this.#derived.length}`;
    const input = inputs.map((operand, k) => {
      if (typeof operand === "string") return operand;
      const constant = `${name}:${k}`;
      this.#added.push(tensorProto(constant, operand));
      return constant;
    });
    const attribute = Object.entries(attributes).map(([key, value]) => ({
      name: key,
      type: onnx.AttributeProto.AttributeType.INT,
      i: value,
    }));
    this.#derived.push({ opType: op, name, input, output: [name], attribute });
    return name;
  }

  /** What no tensor of the graph's own begins with. */
  #prefix(): string {
    this.#derivedPrefix ??= freePrefix(this.#graph);
    return this.#derivedPrefix;
  }

  /** Releases the session; a later run loads the model again. */
  async dispose(): Promise<void> {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    this.#exposed = [];
    this.#begun = [];
    if (wasOpen) await this.#executor.release();
  }

  async #execute(
    input: Float32Array,
    tensors: readonly string[],
    optimization: "disabled" | "all",
    known: KnownTensors,
  ): Promise<[string, GraphTensor][]> {
    await pause();
    try {
      const begun = [...known.keys()].map((name) => ({ name, dims: this.#shapes.get(name)! }));
      const given = new Set([...this.inputs, ...begun].map(({ name }) => name));
      const wanted = [...new Set(tensors)].filter((name) => !given.has(name));
      const feeds = new Map<string, GraphTensor>();
      const feed = (name: string, dims: readonly number[], data: Float32Array) =>
        feeds.set(name, { name, type: "float32", dims, data });
      let at = 0;
      for (const { name, dims } of this.inputs) {
        const end = at + sizeOf(dims);
        feed(name, dims, input.subarray(at, end));
        at = end;
      }
      for (const { name, dims } of begun) feed(name, dims, known.get(name)!);
      if (wanted.length === 0) return tensors.map((name) => [name, feeds.get(name)!]);
      const idle = this.#idle.map(
        ({ name, dims }): GraphTensor => ({ name, type: "float32", dims, data: new Float32Array(sizeOf(dims)) }),
      );
      const run = async (level: "disabled" | "all") => {
        // Asked for before the graph is open: an executor keeps the order.
        const opened = this.#open(wanted, begun, level);
        const [found] = await Promise.all([this.#executor.run([...feeds.values(), ...idle], wanted), opened]);
        return found;
      };
      const found = await run(optimization).catch((reason) => {
        if (optimization === "disabled") throw reason;
        // What optimisation has joined may lack a tensor within (a Cast between a Transpose and a MatMul).
        return run("disabled");
      });
      for (const { name, type, dims } of found) if (type === "float32") this.#shapes.set(name, dims);
      const values = new Map(found.map((tensor) => [tensor.name, tensor]));
      return tensors.map((name) => [name, feeds.get(name) ?? values.get(name)!]);
    } catch (cause) {
      // The runtime's absence is no fault of the model.
      if (cause instanceof ConversionError) throw cause;
      throw new ConversionError("bad-model", `the ONNX model does not run: ${said((cause as Error).message)}`, {
        cause,
      });
    }
  }

  /** Sees to it that the executor's graph is one that gives some tensors. */
  #open(exposed: readonly string[], begun: readonly FixedInput[], optimization: "disabled" | "all"): Promise<void> {
    const names = begun.map(({ name }) => name);
    // One that exposes more would compute all of it, whatever it is asked for.
    const isSame = this.#isOpen && sameNames(exposed, this.#exposed) && sameNames(names, this.#begun);
    if (isSame && (this.#optimization === "disabled" || optimization === "all")) return this.#opening;
    const added = { nodes: this.#derived, constants: this.#added };
    const graph = encode(this.#graph, { read: this.inputs, idle: this.#idle, begun }, exposed, added);
    this.#isOpen = true;
    this.#exposed = exposed;
    this.#begun = names;
    this.#optimization = optimization;
    this.#opening = this.#executor.open({ ...graph, optimization });
    this.#opening.catch(() => {
      this.#isOpen = false;
    });
    return this.#opening;
  }
}

/** Whether two lists hold the same names, in any order. */
function sameNames(a: readonly string[], b: readonly string[]): boolean {
  if (a.length !== b.length) return false;
  const known = new Set(b);
  return a.every((name) => known.has(name));
}

/** Characters of the runtime's message that are read: names of any length stand in it. */
const MOST_SAID = 2000;

/** What the runtime says of a model, without codes, the places in its sources and its functions. */
export function said(message: string): string {
  const text = message
    .slice(0, MOST_SAID)
    // Its texts may end in bytes that are none.
    .replace(/[\p{Cc}\ufffd]+/gu, " ")
    .trim()
    .replace(/^.*?ERROR_MESSAGE: /s, "")
    .replace(/(\S*\/)?\S+\.(cc|cpp|h|hpp):\d+( \S+\([^)]*\)( const)?( \[\w+ = [^\]]*\])?)? ?/g, "")
    .replace(/\[ONNXRuntimeError\] : \d+ : \w+ : /g, "");
  const node = /Non-zero status code returned while running (\S+) node\. Name:'([^']*)' Status Message: /.exec(text);
  const signature = /^(?:[\w:*&<>]+ )*(?:\w+(?:<[^<>]*>)?::)+\w+\([^)]*\)(?: const)?(?: \[\w+ = [^\]]*\])? /;
  const unsigned = (own: string) => own.replace(signature, "");
  return node ? `${node[1]} '${node[2]}': ${unsigned(text.slice(node.index + node[0].length))}` : unsigned(text);
}

/** A model as the runtime reads it. */
type Encoded = Omit<ExecutedGraph, "optimization">;

/** Bytes from which a constant is handed over beside the model: inside it the runtime would hold it several times. */
const LARGE = 1 << 20;

/** Nodes and constants that were added to a graph. */
interface Added {
  readonly nodes: readonly onnx.INodeProto[];
  readonly constants: readonly onnx.ITensorProto[];
}

/** A prefix of names that no tensor of a graph has. */
function freePrefix({ nodes, constants, inputs }: Graph): string {
  const names = [...nodes.flatMap((node) => node.outputs), ...constants.keys(), ...inputs.map(({ name }) => name)];
  let prefix = "derived";
  while (names.some((name) => name.startsWith(prefix))) prefix += ":";
  return prefix;
}

/** A constant as ONNX has it: floats, or 64-bit integers where it holds doubles. */
function tensorProto(name: string, { dims, data }: Tensor): onnx.ITensorProto {
  if (data instanceof Float32Array) {
    return { name, dims: [...dims], dataType: FLOAT, rawData: new Uint8Array(data.slice().buffer) };
  }
  return { name, dims: [...dims], dataType: INT64, int64Data: [...data] };
}

/** What a model is given: inputs that are read, others, and tensors that computation goes on from. */
interface Given {
  readonly read: readonly FixedInput[];
  readonly idle: readonly FixedInput[];
  readonly begun: readonly FixedInput[];
}

/** The model with its inputs' shapes fixed, the named tensors as its outputs, and only what they need. */
function encode(graph: Graph, { read, idle, begun }: Given, outputs: readonly string[], added: Added): Encoded {
  const { proto } = graph;
  const original = proto.graph!;
  const declared = new Map((original.output ?? []).map((value) => [value.name ?? "", value]));
  const given = new Set([...read, ...begun].map(({ name }) => name));
  const fixed = new Map([...read, ...idle].map(({ name, dims }) => [name, dims]));
  const input = (original.input ?? []).map((value) => {
    const name = value.name ?? "";
    const dims = fixed.get(name);
    return dims ? floatInput({ name, dims }) : value;
  });
  input.push(...begun.map(floatInput));
  const output = outputs.map((name) => {
    const type = declared.get(name)?.type?.tensorType;
    const elemType = type?.elemType ?? 0;
    // A declared shape may contradict the fixed input; the type alone is enough, and a tensor inside needs none.
    return isFloatType(elemType) ? { name, type: { tensorType: { elemType } } } : { name };
  });
  const known = new Set(begun.map(({ name }) => name));
  const { nodes, needed } = leadingTo([...(original.node ?? []), ...added.nodes], outputs, known);
  const initializer = [...(original.initializer ?? []), ...added.constants].filter(
    ({ name }) => needed === null || needed.has(name ?? ""),
  );
  const kept = input.filter(({ name }) => needed === null || needed.has(name ?? "") || given.has(name ?? ""));
  const externalData: { path: string; data: Uint8Array }[] = [];
  const beside = initializer.map((tensor) => {
    const data = tensor.rawData;
    if (!data || data.length < LARGE) return tensor;
    const path = `constant${externalData.length}`;
    externalData.push({ path, data });
    const { name = "", dims: shape = [], dataType = FLOAT } = tensor;
    const place = [
      { key: "location", value: path },
      { key: "length", value: String(data.length) },
    ];
    return { name, dims: shape, dataType, dataLocation: EXTERNAL, externalData: place };
  });
  const whole = { ...original, node: nodes, input: kept, output, initializer: beside, valueInfo: [] };
  return { bytes: onnx.ModelProto.encode({ ...proto, graph: whole }).finish(), externalData };
}

/** An input tensor of a graph. */
function floatInput({ name, dims }: FixedInput): onnx.IValueInfoProto {
  const shape = { dim: dims.map((size) => ({ dimValue: size })) };
  return { name, type: { tensorType: { elemType: FLOAT, shape } } };
}

/** What some tensors are computed by. */
interface Leading {
  readonly nodes: onnx.INodeProto[];
  /** All tensors that the nodes read or give; null for all there are, where subgraphs may read any. */
  readonly needed: ReadonlySet<string> | null;
  /** The known tensors that they begin from. */
  readonly begun: ReadonlySet<string>;
}

/** The nodes that some tensors depend on, but for those that only known tensors do. */
function leadingTo(nodes: readonly onnx.INodeProto[], tensors: readonly string[], known: ReadonlySet<string>): Leading {
  if (nodes.some((node) => node.attribute?.some((a) => a.g || (a.graphs?.length ?? 0) > 0))) {
    return { nodes: [...nodes], needed: null, begun: new Set() };
  }
  const needed = new Set<string>();
  const begun = new Set<string>();
  const need = (name: string) => (known.has(name) ? begun : needed).add(name);
  for (const name of tensors) need(name);
  const kept: onnx.INodeProto[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.output?.some((name) => needed.has(name))) continue;
    kept.push(node);
    for (const name of node.input ?? []) need(name);
  }
  return { nodes: kept.reverse(), needed, begun };
}
