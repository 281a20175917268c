/** Program: one cold start, from all bytes in memory to the first logits. */

import { pathToFileURL } from "node:url";
import type * as Bindings from "../../bindings/node.ts";
import { answer } from "./answer.ts";
import { bytesOf } from "./host.ts";
import type { ColdPlan, ColdStart, Subject } from "./plan.ts";

function first(file: string, images: number): Uint8Array<ArrayBuffer> {
  const all = bytesOf(file);
  return all.slice(0, all.length / images);
}

async function startOwn({ subject, cores, bindings }: ColdPlan): Promise<ColdStart> {
  const files = { baseline: bytesOf(cores.baseline), relaxed: bytesOf(cores.relaxed) };
  const model = bytesOf(subject.model);
  const samples = first(subject.samples, subject.images);
  const beforeImport = performance.now();
  const { loadWith }: typeof Bindings = await import(pathToFileURL(bindings).href);
  const begin = performance.now();
  const network = await loadWith(
    { core: (build) => WebAssembly.compile(files[build]), bytes: async () => model },
    model,
  );
  network.run(samples);
  const end = performance.now();
  return { importMs: begin - beforeImport, answerMs: end - begin, memory: network.memory };
}

/** Notes every linear memory that is created from here on. */
function watchMemories(): WebAssembly.Memory[] {
  const created: WebAssembly.Memory[] = [];
  WebAssembly.Memory = new Proxy(WebAssembly.Memory, {
    construct(target, args) {
      const memory = Reflect.construct(target, args);
      created.push(memory);
      return memory;
    },
  });
  return created;
}

async function startOnnxruntimeWeb({ subject, ortWasm }: ColdPlan): Promise<ColdStart> {
  const wasm = bytesOf(ortWasm);
  const model = bytesOf(subject.onnx);
  const input = new Float32Array(first(subject.floats, subject.images).buffer);
  const memories = watchMemories();
  const beforeImport = performance.now();
  const ort = await import("onnxruntime-web");
  const begin = performance.now();
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmBinary = wasm.buffer;
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(model, { executionProviders: ["wasm"], logSeverityLevel: 3 });
  const tensor = new ort.Tensor("float32", input, subject.dims as Subject["dims"] & number[]);
  await session.run({ [subject.input]: tensor });
  const end = performance.now();
  const memory = memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
  return { importMs: begin - beforeImport, answerMs: end - begin, memory };
}

await answer((plan: ColdPlan) => (plan.runtime === "bsnn" ? startOwn(plan) : startOnnxruntimeWeb(plan)));
