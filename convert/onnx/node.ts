/** Nodes of an ONNX graph and their attributes. */

import type { onnx } from "./schema/onnx.js";
import { readTensor, type Tensor, toNumber } from "./tensor.ts";

/** One operator of the graph. Missing optional inputs and outputs have the name "". */
export class GraphNode {
  readonly name: string;
  readonly op: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly #attributes: ReadonlyMap<string, onnx.IAttributeProto>;

  constructor(proto: onnx.INodeProto) {
    this.op = proto.opType ?? "";
    this.domain = proto.domain === "ai.onnx" ? "" : (proto.domain ?? "");
    this.inputs = proto.input ?? [];
    this.outputs = proto.output ?? [];
    this.name = proto.name || this.outputs[0] || this.op;
    this.#attributes = new Map((proto.attribute ?? []).map((a) => [a.name ?? "", a]));
  }

  /** An integer attribute. */
  int(name: string, otherwise: number): number {
    const attribute = this.#attributes.get(name);
    return attribute ? toNumber(attribute.i) : otherwise;
  }

  /** A float attribute. */
  float(name: string, otherwise: number): number {
    const attribute = this.#attributes.get(name);
    return attribute ? (attribute.f ?? 0) : otherwise;
  }

  /** A text attribute. */
  string(name: string, otherwise: string): string {
    const attribute = this.#attributes.get(name);
    return attribute?.s ? new TextDecoder().decode(attribute.s) : otherwise;
  }

  /** A list of integers, or undefined where the attribute is absent. */
  ints(name: string): number[] | undefined {
    const attribute = this.#attributes.get(name);
    return attribute && (attribute.ints ?? []).map(toNumber);
  }

  /** A list of floats, or undefined where the attribute is absent. */
  floats(name: string): number[] | undefined {
    const attribute = this.#attributes.get(name);
    return attribute && [...(attribute.floats ?? [])];
  }

  /** True where an attribute holds a graph: control flow. */
  get hasSubgraph(): boolean {
    return [...this.#attributes.values()].some((a) => a.g || (a.graphs?.length ?? 0) > 0);
  }

  /** The value of a Constant node, or null for kinds that hold no numbers. */
  constant(): Tensor | null {
    const [attribute] = this.#attributes.values();
    switch (attribute?.name) {
      case "value":
        return attribute.t ? readTensor(attribute.t, this.name) : null;
      case "value_float":
        return { dims: [], data: Float32Array.of(attribute.f ?? 0) };
      case "value_floats":
        return vector(Float32Array.from(attribute.floats ?? []));
      case "value_int":
        return { dims: [], data: Float64Array.of(toNumber(attribute.i)) };
      case "value_ints":
        return vector(Float64Array.from(attribute.ints ?? [], toNumber));
      default:
        return null;
    }
  }
}

const vector = (data: Float32Array | Float64Array): Tensor => ({ dims: [data.length], data });
