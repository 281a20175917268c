/** A VGG16 for 32×32 images with seeded random weights, for where the trained one is not at hand: as much work, no sense. */
import { onnx } from "../../convert/onnx/schema/onnx.js";
import { Random } from "../../models/drawn/random.ts";

const { DataType } = onnx.TensorProto;
const { AttributeType } = onnx.AttributeProto;

/** Output channels of the convolutions; 0 is a 2×2 max pool. */
const LAYERS = [64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0] as const;
const CLASSES = 10;

function ints(name: string, values: readonly number[]): onnx.IAttributeProto {
  return { name, type: AttributeType.INTS, ints: [...values] };
}

/** Bytes of the ONNX model. */
export function randomVgg16(seed = 16): Uint8Array {
  const random = new Random(seed);
  const node: onnx.INodeProto[] = [];
  const initializer: onnx.ITensorProto[] = [];
  const weights = (name: string, dims: readonly number[]): string => {
    const fanIn = dims.slice(1).reduce((product, size) => product * size, 1);
    // Keeps the size of activations behind a ReLU.
    const deviation = Math.sqrt(2 / fanIn);
    const data = Float32Array.from({ length: dims[0] * fanIn }, () => random.bell(deviation));
    initializer.push({ name, dims: [...dims], dataType: DataType.FLOAT, rawData: new Uint8Array(data.buffer) });
    return name;
  };
  const add = (opType: string, input: string[], attribute: onnx.IAttributeProto[] = []): string => {
    const output = `${opType.toLowerCase()}${node.length}`;
    node.push({ opType, name: output, input, output: [output], attribute });
    return output;
  };
  let value = "input";
  let channels = 3;
  for (const outputs of LAYERS) {
    if (outputs === 0) {
      value = add("MaxPool", [value], [ints("kernel_shape", [2, 2]), ints("strides", [2, 2])]);
      continue;
    }
    const weight = weights(`weight${node.length}`, [outputs, channels, 3, 3]);
    value = add("Conv", [value, weight], [ints("kernel_shape", [3, 3]), ints("pads", [1, 1, 1, 1])]);
    value = add("Relu", [value]);
    channels = outputs;
  }
  value = add("Flatten", [add("GlobalAveragePool", [value])]);
  value = add(
    "Gemm",
    [value, weights("dense", [CLASSES, channels])],
    [{ name: "transB", type: AttributeType.INT, i: 1 }],
  );
  const tensor = (name: string, dims: readonly number[]) => ({
    name,
    type: { tensorType: { elemType: DataType.FLOAT, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
  });
  const graph = {
    name: "vgg16",
    node,
    initializer,
    input: [tensor("input", [1, 3, 32, 32])],
    output: [tensor(value, [1, CLASSES])],
  };
  return onnx.ModelProto.encode({ irVersion: 8, opsetImport: [{ domain: "", version: 13 }], graph }).finish();
}
