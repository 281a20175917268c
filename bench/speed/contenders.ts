/** The runtimes side by side: each runs image after image of one model on one thread. */
import type { InferenceSession, Tensor } from "onnxruntime-web";
import type { Network, Result } from "../../bindings/types.ts";
import { bytesOf, hostOf, loadModel, loadResearch } from "./host.ts";
import type { ContenderName, Cores, Subject } from "./plan.ts";

export interface Contender {
  readonly name: ContenderName;
  /** Runs one image and returns the first output. */
  run(image: number): Float32Array | Promise<Float32Array>;
  /** Output potentials of the last run, for those that have them. */
  potentials?(): readonly Int32Array[];
  /** The network, for those that are ours. */
  readonly network?: Network;
}

/** What both onnxruntime packages export of what is used here. */
interface OnnxRuntime {
  readonly InferenceSession: {
    create(model: Uint8Array, options: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: new (type: "float32", data: Float32Array, dims: readonly number[]) => Tensor;
}

/** Float input tensors of all images. */
function floatInputs({ floats, images }: Subject): Float32Array[] {
  const all = new Float32Array(bytesOf(floats).buffer);
  const size = all.length / images;
  return Array.from({ length: images }, (_, i) => all.slice(i * size, (i + 1) * size));
}

async function onnxContender(
  name: ContenderName,
  { InferenceSession, Tensor }: OnnxRuntime,
  subject: Subject,
  options: InferenceSession.SessionOptions,
): Promise<Contender> {
  const session = await InferenceSession.create(bytesOf(subject.onnx), {
    graphOptimizationLevel: "all",
    executionMode: "sequential",
    logSeverityLevel: 3,
    ...options,
  });
  const [output] = session.outputNames;
  const feeds = floatInputs(subject).map((input) => ({ [subject.input]: new Tensor("float32", input, subject.dims) }));
  return {
    name,
    run: async (image) => (await session.run(feeds[image], [output]))[output].data as Float32Array,
  };
}

async function onnxruntimeWeb(subject: Subject): Promise<Contender> {
  const ort = await import("onnxruntime-web");
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  return onnxContender("onnxruntime-web", ort as OnnxRuntime, subject, { executionProviders: ["wasm"] });
}

async function onnxruntimeNode(subject: Subject): Promise<Contender> {
  // Not a dependency of the project, so its types may be absent.
  const name: string = "onnxruntime-node";
  const loaded = await import(name).catch((cause) => {
    throw new Error("not installed (npm ci --ignore-scripts --prefix bench)", { cause });
  });
  const threads = { intraOpNumThreads: 1, interOpNumThreads: 1 };
  return onnxContender("onnxruntime-node", loaded.default ?? loaded, subject, {
    executionProviders: ["cpu"],
    ...threads,
  });
}

/** Samples of all images. */
export function sampleInputs({ samples, images }: Subject): Uint8Array[] {
  const all = bytesOf(samples);
  const size = all.length / images;
  return Array.from({ length: images }, (_, i) => all.slice(i * size, (i + 1) * size));
}

function ownContender(
  name: ContenderName,
  network: Network,
  inputs: readonly Uint8Array[],
  mode: "period" | "step",
): Contender {
  let last: Result | null = null;
  return {
    name,
    network,
    run: (image) => {
      last = network.run(inputs[image], { mode });
      return last.logits;
    },
    potentials: () => last!.outputs.map(({ potentials }) => potentials),
  };
}

/** Firing delay at which early firing is timed. */
const EARLY_DELAY = 3;

async function earlyContender({ model }: Subject, { lab }: Cores, inputs: readonly Uint8Array[]): Promise<Contender> {
  const network = await loadResearch(lab, model);
  // Its potentials need not be the others'.
  return { name: "early", run: (image) => network.run(inputs[image], { delay: EARLY_DELAY }).logits };
}

/** Sets up every contender that there is; the others are named with the reason. */
export async function contendersOf(
  subject: Subject,
  cores: Cores,
): Promise<{ contenders: Contender[]; skipped: { contender: string; reason: string }[] }> {
  const host = hostOf(cores);
  const inputs = sampleInputs(subject);
  const makers: [ContenderName, () => Promise<Contender>][] = [
    ["onnxruntime-web", () => onnxruntimeWeb(subject)],
    [
      "baseline",
      async () => ownContender("baseline", await loadModel(host, subject.model, "baseline"), inputs, "period"),
    ],
    ["relaxed", async () => ownContender("relaxed", await loadModel(host, subject.model, "relaxed"), inputs, "period")],
    ["step", async () => ownContender("step", await loadModel(host, subject.model, "auto"), inputs, "step")],
    ["early", () => earlyContender(subject, cores, inputs)],
    ["onnxruntime-node", () => onnxruntimeNode(subject)],
  ];
  const contenders: Contender[] = [];
  const skipped: { contender: string; reason: string }[] = [];
  for (const [name, make] of makers) {
    try {
      contenders.push(await make());
    } catch (error) {
      if (name !== "relaxed" && name !== "onnxruntime-node") throw error;
      skipped.push({ contender: name, reason: (error as Error).message });
    }
  }
  return { contenders, skipped };
}
