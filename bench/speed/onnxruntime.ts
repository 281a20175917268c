/** Models in onnxruntime, in the build for browsers and in the native one, each on one thread. */
import type { InferenceSession, Tensor } from "onnxruntime-web";
import { bytesOf } from "./host.ts";

/** What both packages export of what is used here. */
interface OnnxRuntime {
  readonly InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => Tensor;
}

/** A model ready to run. */
export interface OpenModel {
  /** What `run` takes, of the input tensor's values, row-major. */
  prepare(values: Float32Array): Tensor;
  /** The first output. */
  run(input: Tensor): Promise<Float32Array>;
  close(): Promise<void>;
}

/** A model file, and the name and shape of its one input. */
interface ModelFile {
  readonly onnx: string;
  readonly input: string;
  readonly dims: readonly number[];
}

async function open(
  { InferenceSession, Tensor }: OnnxRuntime,
  { onnx, input, dims }: ModelFile,
  options: InferenceSession.SessionOptions,
): Promise<OpenModel> {
  const session = await InferenceSession.create(bytesOf(onnx), {
    graphOptimizationLevel: "all",
    executionMode: "sequential",
    logSeverityLevel: 3,
    ...options,
  });
  const [output] = session.outputNames;
  return {
    prepare: (values) => new Tensor("float32", values, dims),
    run: async (tensor) => (await session.run({ [input]: tensor }, [output]))[output].data as Float32Array,
    close: () => session.release(),
  };
}

/** In onnxruntime-web, as WebAssembly. */
export async function openInWeb(model: ModelFile): Promise<OpenModel> {
  const ort = await import("onnxruntime-web");
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  return open(ort as OnnxRuntime, model, { executionProviders: ["wasm"] });
}

/** In onnxruntime-node, natively. @throws where it is not installed */
export async function openInNode(model: ModelFile): Promise<OpenModel> {
  // Not a dependency of the project, so its types may be absent.
  const name: string = "onnxruntime-node";
  const loaded = await import(name).catch((cause) => {
    throw new Error("not installed (npm ci --ignore-scripts --prefix bench)", { cause });
  });
  const threads = { intraOpNumThreads: 1, interOpNumThreads: 1 };
  return open(loaded.default ?? loaded, model, { executionProviders: ["cpu"], ...threads });
}
