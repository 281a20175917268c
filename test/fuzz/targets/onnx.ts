/** ONNX files: read, run once and turned into a network, or refused. */

import fc from "fast-check";
import { ConversionError } from "../../../convert/errors.ts";
import { readModel } from "../../../convert/graph/model.ts";
import { buildNetwork } from "../../../convert/network/build.ts";
import { type Graph, parseModel } from "../../../convert/onnx/parse.ts";
import { anyGraph } from "../../support/convert/any-graph.ts";
import { choices } from "../../support/core/choices.ts";
import { type Target, words } from "../target.ts";

const FAULTS = new Set(["bad-model", "unsupported"]);

/** Elements of the input, and numbers anywhere, beyond which a model is parsed only: its tensors are as large as it says. */
const MOST_ELEMENTS = 2 ** 10;
const MOST_STATED = 64;

/** True where nothing that a model states can make its tensors large. */
function isSmall({ inputs, constants, proto }: Graph): boolean {
  const elements = inputs.map(({ dims }) => dims?.reduce<number>((product, n) => product * (n ?? 1), 1) ?? 1);
  const small = (value: unknown): boolean => Math.abs(Number(value)) <= MOST_STATED;
  return (
    elements.every((count) => count <= MOST_ELEMENTS) &&
    [...constants.values()].every((constant) => Array.from(constant().data as ArrayLike<unknown>).every(small)) &&
    (proto.graph?.node ?? []).every(({ attribute }) =>
      (attribute ?? []).every(({ i, ints }) => small(i ?? 0) && (ints ?? []).every(small)),
    )
  );
}

export const target: Target = {
  what: "ONNX files (read, run once, networks built)",
  longest: 2048,
  // What is read becomes a network as large as its tensors, here up to thousands of values.
  slowMs: 4000,
  words: words(
    ...[
      "Conv",
      "Relu",
      "Reshape",
      "Concat",
      "MaxPool",
      "Gemm",
      "Slice",
      "Pad",
      "Resize",
      "axis",
      "axes",
      "pads",
      "ai.onnx",
    ],
    ...["strides", "dilations", "group", "input", "\x08\x07", "\x10\xff\xff\xff\xff\x0f"],
  ),
  async seeds() {
    return fc.sample(choices, { seed: 11, numRuns: 60 }).flatMap((drawn) => {
      const { model } = anyGraph(drawn);
      return model.length <= 2048 ? [model] : [];
    });
  },
  async run(bytes) {
    try {
      const graph = parseModel(bytes);
      if (!isSmall(graph)) return;
      buildNetwork(await readModel(bytes), { range: [-1, 1], signed: bytes.length % 2 === 0 });
    } catch (error) {
      if (!(error instanceof ConversionError) || !FAULTS.has(error.code) || error.message === "") throw error;
    }
  },
};
