/** Covariances of levels, by onnxruntime-web. */

import { type InferenceSession, runtime } from "../onnx/runtime.ts";
import { onnx } from "../onnx/schema/onnx.js";

let session: Promise<InferenceSession> | null = null;

/** xᵀ·x, by onnxruntime-web. */
async function gram(): Promise<InferenceSession> {
  const { InferenceSession } = await runtime();
  const type = { tensorType: { elemType: onnx.TensorProto.DataType.FLOAT } };
  const perm = { name: "perm", type: onnx.AttributeProto.AttributeType.INTS, ints: [1, 0] };
  const model = onnx.ModelProto.create({
    irVersion: 7,
    opsetImport: [{ version: 13 }],
    graph: {
      name: "gram",
      node: [
        { opType: "Transpose", input: ["x"], output: ["t"], attribute: [perm] },
        { opType: "MatMul", input: ["t", "x"], output: ["y"] },
      ],
      input: [{ name: "x", type }],
      output: [{ name: "y", type }],
    },
  });
  return InferenceSession.create(onnx.ModelProto.encode(model).finish(), { executionProviders: ["wasm"] });
}

/**
 * Covariance of the columns of a `[rows][columns]` matrix, `[columns][columns]`.
 * @param values its columns are centred in place
 */
export async function covariance(values: Float32Array, rows: number, columns: number): Promise<Float32Array> {
  const mean = new Float64Array(columns);
  for (let at = 0; at < values.length; ) for (let c = 0; c < columns; c++) mean[c] += values[at++];
  for (let at = 0; at < values.length; ) for (let c = 0; c < columns; c++) values[at++] -= mean[c] / rows;
  session ??= gram();
  const { Tensor } = await runtime();
  const { y } = await (await session).run({ x: new Tensor("float32", values, [rows, columns]) });
  return (y.data as Float32Array).map((sum) => sum / rows);
}
