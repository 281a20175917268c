/** Products of matrices of bytes, in integers, by onnxruntime-web: twice as fast as those of floats. */

import { type InferenceSession, runtime } from "../onnx/runtime.ts";
import { onnx } from "../onnx/schema/onnx.js";
import { pause } from "../pause.ts";

const { UINT8, INT8, INT32 } = onnx.TensorProto.DataType;

/** Rows of unsigned bytes times a fixed matrix of signed ones. */
export class ByteProduct {
  /** Values of a row. */
  readonly inner: number;
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession, inner: number) {
    this.#session = session;
    this.inner = inner;
  }

  /** @param weight `[outputs][inner]` */
  static async open(weight: Int8Array, outputs: number): Promise<ByteProduct> {
    const { InferenceSession } = await runtime();
    const inner = weight.length / outputs;
    const turned = new Uint8Array(weight.length);
    for (let o = 0, from = 0; o < outputs; o++) {
      for (let k = 0, to = o; k < inner; k++, to += outputs) turned[to] = weight[from++];
    }
    const value = (name: string, elemType: number) => ({ name, type: { tensorType: { elemType } } });
    const model = onnx.ModelProto.create({
      irVersion: 7,
      opsetImport: [{ version: 13 }],
      graph: {
        name: "product",
        node: [{ opType: "MatMulInteger", input: ["x", "w"], output: ["y"] }],
        input: [value("x", UINT8)],
        output: [value("y", INT32)],
        initializer: [{ name: "w", dataType: INT8, dims: [inner, outputs], rawData: turned }],
      },
    });
    const bytes = onnx.ModelProto.encode(model).finish();
    return new ByteProduct(await InferenceSession.create(bytes, { executionProviders: ["wasm"] }), inner);
  }

  /** @param rows any number of them, `[n][inner]` @returns `[n][outputs]` */
  async of(rows: Uint8Array): Promise<Int32Array> {
    await pause();
    const { Tensor } = await runtime();
    const { y } = await this.#session.run({ x: new Tensor("uint8", rows, [rows.length / this.inner, this.inner]) });
    const sums = y.data as Int32Array;
    y.dispose();
    return sums;
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

let exact: Promise<boolean> | null = null;

/** Whether this build multiplies bytes at all, and the largest there are without saturating. */
export function multipliesExactly(): Promise<boolean> {
  exact ??= knownAnswer().catch(() => false);
  return exact;
}

async function knownAnswer(): Promise<boolean> {
  const inner = 67;
  const rows = Uint8Array.from({ length: 3 * inner }, (_, k) => [255, 254, 255 - (k % 7)][Math.floor(k / inner)]);
  const weight = Int8Array.from(
    { length: 5 * inner },
    (_, k) => [127, -127, k % 2 ? 127 : -127, -128, k][Math.floor(k / inner)],
  );
  const product = await ByteProduct.open(weight, 5);
  try {
    const sums = await product.of(rows);
    return sums.every((sum, at) => {
      const [n, o] = [Math.floor(at / 5), at % 5];
      let expected = 0;
      for (let k = 0; k < inner; k++) expected += rows[n * inner + k] * weight[o * inner + k];
      return sum === expected;
    });
  } finally {
    await product.close();
  }
}
