/** Reads the bytes of ONNX models. */

import { readArray } from "../arguments.ts";
import { ConversionError } from "../errors.ts";
import { unfixBatch } from "./batch.ts";
import { dequantise } from "./dequantise.ts";
import { foreignKind } from "./foreign.ts";
import { GraphNode } from "./node.ts";
import { onnx } from "./schema/onnx.js";
import { constantReaders, once, type Tensor, toNumber } from "./tensor.ts";
import { toSinglePrecision } from "./widen.ts";

/** Oldest operator set that is read. */
const OLDEST_OPSET = 7;

/** An input as the graph declares it. */
export interface GraphInput {
  readonly name: string;
  /** Sizes as declared; null where symbolic or missing. Undefined rank gives null altogether. */
  readonly dims: readonly (number | null)[] | null;
  readonly elementType: number;
}

/** An ONNX graph, its float weights in single precision. */
export interface Graph {
  /** The message it was read from, external data filled in: what is executed. */
  readonly proto: onnx.ModelProto;
  readonly opset: number;
  /** In topological order, Constant nodes left out. */
  readonly nodes: readonly GraphNode[];
  /** Initializers and Constant nodes, read when asked for. */
  readonly constants: ReadonlyMap<string, () => Tensor>;
  /** Shapes of the constants that state one, without their values being read. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Inputs that no initializer fills. */
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly string[];
  /** Bytes that it was read from, external data among them. */
  readonly read: number;
}

/**
 * Reads ONNX bytes.
 * @param external reads a file of external tensor data by the location that the model names
 * @throws ConversionError (`bad-model`) for bytes that are no ONNX model, (`unsupported`) for an operator set that is too old
 */
export function parseModel(bytes: Uint8Array, external?: (location: string) => Uint8Array): Graph {
  const proto = decode(bytes);
  const graph = proto.graph!;
  const opset = toNumber(proto.opsetImport.find((o) => !o.domain || o.domain === "ai.onnx")?.version);
  if (opset < OLDEST_OPSET) {
    throw new ConversionError(
      "unsupported",
      `ONNX model: found operator set ${opset}; ${OLDEST_OPSET} and newer are supported`,
    );
  }
  requireDistinct(graph);
  const files = new Map<string, Uint8Array>();
  for (const tensor of graph.initializer ?? []) embedExternalData(tensor, files, external);
  for (const node of graph.node ?? []) {
    for (const { t } of node.attribute ?? []) if (t) embedExternalData(t, files, external);
  }
  toSinglePrecision(graph);
  dequantise(graph);
  unfixBatch(graph);

  const constants = new Map<string, () => Tensor>();
  const shapes = new Map<string, readonly number[]>();
  const reader = constantReaders();
  for (const tensor of graph.initializer ?? []) {
    const name = tensor.name ?? "";
    constants.set(name, reader(tensor, name));
    shapes.set(name, (tensor.dims ?? []).map(toNumber));
  }
  const nodes: GraphNode[] = [];
  for (const nodeProto of graph.node ?? []) {
    const node = new GraphNode(nodeProto);
    if (node.op === "Constant" && node.domain === "") {
      const value = nodeProto.attribute?.find(({ name }) => name === "value")?.t;
      if (value) shapes.set(node.outputs[0], (value.dims ?? []).map(toNumber));
      constants.set(
        node.outputs[0],
        once(() => {
          const value = node.constant();
          if (!value)
            throw new ConversionError("unsupported", `Constant '${node.name}': found a value without numbers`);
          return value;
        }),
      );
    } else nodes.push(node);
  }
  const inputs = (graph.input ?? [])
    .filter((value) => !constants.has(value.name ?? ""))
    .map((value) => {
      const type = value.type?.tensorType;
      const dims = type?.shape ? (type.shape.dim ?? []).map(declaredSize) : null;
      return { name: value.name ?? "", dims, elementType: type?.elemType ?? 0 };
    });
  const outputs = (graph.output ?? []).map((value) => value.name ?? "");
  const read = [...files.values()].reduce((sum, { length }) => sum + length, bytes.length);
  return { proto, opset, nodes, constants, shapes, inputs, outputs, read };
}

function decode(bytes: Uint8Array): onnx.ModelProto {
  const foreign = (found: string, cause?: unknown) =>
    new ConversionError("bad-model", `not an ONNX model: ${found}`, cause === undefined ? undefined : { cause });
  const kind = foreignKind(bytes);
  if (kind !== null) throw foreign(`the file is ${kind}`);
  let proto: onnx.ModelProto;
  try {
    proto = onnx.ModelProto.decode(bytes);
  } catch (cause) {
    throw foreign(
      `its ${bytes.length} bytes do not decode as one (${(cause as Error).message}); it may be truncated`,
      cause,
    );
  }
  const nodes = proto.graph?.node?.length ?? 0;
  if (nodes === 0 || proto.opsetImport.length === 0 || proto.graph?.node?.some((n) => !n.opType)) {
    throw foreign(`found ${nodes} nodes and ${proto.opsetImport.length} operator sets in ${bytes.length} bytes`);
  }
  return proto;
}

/** @throws ConversionError (`bad-model`) where a name is that of two tensors, so that it cannot be told which is meant */
function requireDistinct(graph: onnx.IGraphProto): void {
  const given = new Set<string>();
  const give = (name: string | null | undefined) => {
    if (!name) return;
    if (given.has(name)) throw new ConversionError("bad-model", `the ONNX model gives the tensor '${name}' twice`);
    given.add(name);
  };
  for (const { name } of graph.initializer ?? []) give(name);
  // Old exporters list initializers among the inputs as well.
  const constants = new Set(given);
  for (const { name } of graph.input ?? []) if (!constants.has(name ?? "")) give(name);
  for (const { output } of graph.node ?? []) for (const name of output ?? []) give(name);
}

function declaredSize(dim: onnx.TensorShapeProto.IDimension): number | null {
  const size = dim.dimParam ? 0 : toNumber(dim.dimValue);
  return size > 0 ? size : null;
}

function embedExternalData(
  tensor: onnx.ITensorProto,
  files: Map<string, Uint8Array>,
  external?: (location: string) => Uint8Array,
): void {
  if (tensor.dataLocation !== onnx.TensorProto.DataLocation.EXTERNAL) return;
  const entries = new Map((tensor.externalData ?? []).map((e) => [e.key ?? "", e.value ?? ""]));
  const location = entries.get("location") ?? "";
  const bad = (what: string) => new ConversionError("bad-model", `tensor '${tensor.name}': ${what}`);
  if (entries.size < (tensor.externalData?.length ?? 0)) throw bad("it says twice where its data is");
  if (!external) {
    throw new ConversionError(
      "bad-model",
      `tensor '${tensor.name}': its data is in the file '${location}', which was not given`,
    );
  }
  let file = files.get(location);
  if (!file) {
    file = readArray(
      `external '${location}'`,
      external(location),
      ["Uint8Array"],
      "bytes, a Uint8Array, are supported",
    );
    files.set(location, file);
  }
  const place = (key: string, otherwise: number) => {
    const text = entries.get(key) ?? String(otherwise);
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
    throw bad(`the ${key} of its data in '${location}' is '${text}'; whole numbers of bytes are supported`);
  };
  const offset = place("offset", 0);
  const length = place("length", Math.max(0, file.length - offset));
  if (offset + length > file.length) {
    throw bad(`bytes ${offset} to ${offset + length} lie outside '${location}', which has ${file.length}`);
  }
  tensor.rawData = file.subarray(offset, offset + length);
  tensor.dataLocation = onnx.TensorProto.DataLocation.DEFAULT;
  tensor.externalData = [];
}
