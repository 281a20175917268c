/** The runtimes side by side: each runs image after image of one model on one thread, one of them on two. */
import { availableParallelism } from "node:os";
import type { Host } from "../../bindings/load/load.ts";
import type { Network, Result } from "../../bindings/types.ts";
import { INSTALL_QUANTISER } from "../int8/quantised.ts";
import type { Contender } from "./contender.ts";
import { bytesOf, hostOf, loadModel, loadResearch } from "./host.ts";
import { openInNode, openInWeb } from "./onnxruntime.ts";
import type { ContenderName, Cores, Subject, TimingPlan } from "./plan.ts";
import { pythonContender } from "./python.ts";

/** Float input tensors of all images. */
function floatInputs({ floats, images }: Subject): Float32Array[] {
  const all = new Float32Array(bytesOf(floats).buffer);
  const size = all.length / images;
  return Array.from({ length: images }, (_, i) => all.slice(i * size, (i + 1) * size));
}

async function onnxContender(
  name: ContenderName,
  open: typeof openInWeb,
  subject: Subject,
  onnx: string | null = subject.onnx,
): Promise<Contender> {
  if (onnx === null) throw new Error(`not quantised (${INSTALL_QUANTISER})`);
  const model = await open({ ...subject, onnx });
  const inputs = floatInputs(subject).map((values) => model.prepare(values));
  return { name, run: (image) => model.run(inputs[image]) };
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

/** Threads that compute an image together. */
const THREADS = 2;

/** Loads a model for several threads, which only a clock can time, and only where each has a processor. */
async function loadThreads(host: Host, { model }: Subject, processor: boolean): Promise<Network> {
  if (processor) throw new Error("the processor's time is that of all threads together");
  if (availableParallelism() < THREADS) throw new Error(`this machine has fewer than ${THREADS} processors`);
  return loadModel(host, model, "auto", THREADS);
}

/** What an engine or an installation may lack. */
const MAY_BE_MISSING: readonly ContenderName[] = [
  "onnxruntime-web-int8",
  "relaxed",
  "threads",
  "python",
  "onnxruntime-node",
  "onnxruntime-node-int8",
];

/** Sets up every contender that there is; the others are named with the reason. */
export async function contendersOf({ subject, cores, python, processor }: TimingPlan): Promise<{
  contenders: Contender[];
  skipped: { contender: string; reason: string }[];
}> {
  const host = hostOf(cores);
  const inputs = sampleInputs(subject);
  const makers: [ContenderName, () => Promise<Contender>][] = [
    ["onnxruntime-web", () => onnxContender("onnxruntime-web", openInWeb, subject)],
    ["onnxruntime-web-int8", () => onnxContender("onnxruntime-web-int8", openInWeb, subject, subject.int8)],
    [
      "baseline",
      async () => ownContender("baseline", await loadModel(host, subject.model, "baseline"), inputs, "period"),
    ],
    ["relaxed", async () => ownContender("relaxed", await loadModel(host, subject.model, "relaxed"), inputs, "period")],
    ["threads", async () => ownContender("threads", await loadThreads(host, subject, processor), inputs, "period")],
    ["step", async () => ownContender("step", await loadModel(host, subject.model, "auto"), inputs, "step")],
    ["early", () => earlyContender(subject, cores, inputs)],
    ["python", () => pythonContender(subject, python, processor)],
    ["onnxruntime-node", () => onnxContender("onnxruntime-node", openInNode, subject)],
    ["onnxruntime-node-int8", () => onnxContender("onnxruntime-node-int8", openInNode, subject, subject.int8)],
  ];
  const contenders: Contender[] = [];
  const skipped: { contender: string; reason: string }[] = [];
  for (const [name, make] of makers) {
    try {
      contenders.push(await make());
    } catch (error) {
      if (!MAY_BE_MISSING.includes(name)) throw error;
      skipped.push({ contender: name, reason: (error as Error).message });
    }
  }
  return { contenders, skipped };
}
