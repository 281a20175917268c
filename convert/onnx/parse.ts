/** Reads the bytes of ONNX models. */

import { readArray } from "../arguments.ts";
import { ConversionError } from "../errors.ts";
import { unfixBatch } from "./batch.ts";
import { dequantise } from "./dequantise.ts";
import { foreignKind } from "./foreign.ts";
import { GraphNode } from "./node.ts";
import { onnx } from "./schema/onnx.js";
import { readTensor, type Tensor, toNumber } from "./tensor.ts";
import { toSinglePrecision } from "./widen.ts";

/** Oldest operator set that is read. */
const OLDEST_OPSET = 7;

/** Bytes from which constants are read anew when they are asked for again, but for the last: weights are, once. */
const LARGE = 1 << 20;

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
  /** Inputs that no initializer fills. */
  readonly inputs: readonly GraphInput[];
  readonly outputs: readonly string[];
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
  const files = new Map<string, Uint8Array>();
  for (const tensor of graph.initializer ?? []) embedExternalData(tensor, files, external);
  for (const node of graph.node ?? []) {
    for (const { t } of node.attribute ?? []) if (t) embedExternalData(t, files, external);
  }
  toSinglePrecision(graph);
  dequantise(graph);
  unfixBatch(graph);

  const constants = new Map<string, () => Tensor>();
  const lastLarge = { of: "", tensor: null as Tensor | null };
  for (const tensor of graph.initializer ?? []) {
    const name = tensor.name ?? "";
    const read = () => readTensor(tensor, name);
    if ((tensor.rawData?.length ?? 0) < LARGE) constants.set(name, once(read));
    else {
      constants.set(name, () => {
        if (lastLarge.of !== name || !lastLarge.tensor) Object.assign(lastLarge, { of: name, tensor: read() });
        return lastLarge.tensor!;
      });
    }
  }
  const nodes: GraphNode[] = [];
  for (const nodeProto of graph.node ?? []) {
    const node = new GraphNode(nodeProto);
    if (node.op === "Constant" && node.domain === "") {
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
  return { proto, opset, nodes, constants, inputs, outputs };
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
  const offset = Number(entries.get("offset") ?? 0);
  const length = entries.has("length") ? Number(entries.get("length")) : file.length - offset;
  if (!(offset >= 0 && length >= 0 && offset + length <= file.length)) {
    throw new ConversionError(
      "bad-model",
      `tensor '${tensor.name}': bytes ${offset} to ${offset + length} lie outside '${location}', which has ${file.length}`,
    );
  }
  tensor.rawData = file.subarray(offset, offset + length);
  tensor.dataLocation = onnx.TensorProto.DataLocation.DEFAULT;
  tensor.externalData = [];
}

function once<T>(make: () => T): () => T {
  let value: T | undefined;
  return () => {
    value ??= make();
    return value;
  };
}
