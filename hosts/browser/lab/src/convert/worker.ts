/** Converts ONNX models in a module worker of its own, and runs originals: the only part of the page that loads onnxruntime. */

import { createImageReader } from "../../../../../bindings/images/index.ts";
import { loadLab } from "../../../../../bindings/lab/load.ts";
import { compileOnce } from "../../../../../bindings/load/cache.ts";
import { fetchCore } from "../../../../../bindings/load/fetch-core.ts";
import { sourceBytes } from "../../../../../bindings/load/source.ts";
import { annInput, type Conversion, ConversionError, convert, readView } from "../../../../../convert/index.ts";
import type { Converted, FromConverter, Picture, PopulationRow, ToConverter } from "./protocol.ts";

/** Pictures used at most; of more these are taken evenly, as the command does. */
const MOST_PICTURES = 1024;
const COMPARED = 32;

const tell = (message: FromConverter) => postMessage(message);
const codec = (name: string) => compileOnce(() => fetchCore(new URL(`./codecs/${name}`, import.meta.url)));

const core = compileOnce(() => fetchCore(new URL("./core.lab.wasm", import.meta.url)));
const [png, jpeg, resize] = ["squoosh_png_bg.wasm", "mozjpeg_dec.wasm", "squoosh_resize_bg.wasm"].map(codec);
const images = createImageReader({
  codecs: { png: () => png("baseline"), jpeg: () => jpeg("baseline"), resize: () => resize("baseline") },
});

/** The last conversion, whose original can be run. */
let last: Conversion | null = null;

function spread<T>(items: readonly T[], count: number): T[] {
  const taken = Math.min(items.length, count);
  return Array.from({ length: taken }, (_, k) => items[Math.floor((k * items.length) / taken)]);
}

async function convertModel({
  model,
  pictures,
  settings,
}: Extract<ToConverter, { kind: "convert" }>): Promise<Converted> {
  const { name, phases, weightBits, scale, mean, std, channelOrder } = settings;
  let samples: Uint8Array[] = [];
  const conversion = await convert(model, {
    name,
    phases,
    weightBits,
    preprocessing: { scale, mean, std, channelOrder },
    onProgress: (task, done, total) => tell({ kind: "progress", task, done, total }),
    calibration: async (input) => {
      if (input.inputs) {
        const names = input.inputs.map(({ name }) => `'${name}'`).join(", ");
        throw new ConversionError("unsupported", `the model has the inputs ${names}; here models of one are supported`);
      }
      if (pictures.length === 0)
        throw new ConversionError("bad-input", "calibration: found no images; drop some with the model");
      samples = [];
      const chosen = spread(pictures, MOST_PICTURES);
      for (const picture of chosen) {
        samples.push(await samplesOf(picture, input));
        tell({ kind: "progress", task: "read", done: samples.length, total: chosen.length });
      }
      return samples;
    },
  });
  last = conversion;
  return compare(conversion, spread(samples, COMPARED));
}

async function samplesOf(
  { name, bytes }: Picture,
  shape: { height: number; width: number; channels: number },
): Promise<Uint8Array> {
  try {
    return await images.samples(bytes, shape);
  } catch (error) {
    throw new ConversionError("bad-input", `${name}: ${(error as Error).message}`);
  }
}

/** Runs both networks on some pictures: how far each population is off, and how often they answer alike. */
async function compare(conversion: Conversion, samples: readonly Uint8Array[]): Promise<Converted> {
  const { file, notes, unquantized, ann } = conversion;
  const { populations, input } = unquantized;
  const net = await loadLab({ core, bytes: sourceBytes, maxMemory: 2 ** 30 }, file);
  const compared = populations.flatMap(({ kind, view }, i) =>
    view && (kind === "bistable" || kind === "output") ? [i] : [],
  );
  const tensors = [...new Set(compared.map((i) => populations[i].view!.tensor))];
  const differences = new Map(compared.map((i) => [i, { difference: 0, reference: 0 }]));
  const first = populations.findIndex(({ kind }) => kind === "output");
  let same = 0;
  for (const [n, sample] of samples.entries()) {
    const found = await ann.run(annInput(input, sample), tensors);
    const outputs = [...net.run(sample).outputs];
    for (const i of compared) {
      const population = populations[i];
      const { height, width, channels, view, ceiling } = population;
      const values = new Float32Array(height * width * channels);
      readView(population, found.get(view!.tensor)!, values);
      let own: Float32Array;
      if (population.kind === "output") own = outputs.shift()!.values;
      else {
        const scales = net.scales(i);
        const above = populations.findIndex((second) => second.above === population.name);
        const upper = above < 0 ? null : net.levels(above);
        own = Float32Array.from(net.levels(i), (level, k) => (level + (upper?.[k] ?? 0)) * scales[k % scales.length]);
        for (let k = 0; k < values.length; k++) values[k] = Math.min(Math.max(values[k], 0), ceiling);
      }
      if (!values.every(Number.isFinite)) continue;
      const sums = differences.get(i)!;
      for (let k = 0; k < values.length; k++) {
        sums.difference += (own[k] - values[k]) ** 2;
        sums.reference += values[k] ** 2;
      }
      if (i === first && largest(own) === largest(values)) same++;
    }
    tell({ kind: "progress", task: "compare", done: n + 1, total: samples.length });
  }
  const rows = populations.map(({ name, kind, height, width, channels, depth }, i): PopulationRow => {
    const sums = differences.get(i);
    const error = sums ? (sums.difference === 0 ? 0 : Math.sqrt(sums.difference / sums.reference)) : null;
    return { name, kind, shape: `${height}×${width}×${channels}`, depth, error };
  });
  const delays = [3, 1].filter((delay) => delay < net.phases);
  const delayed = delays.map((delay) => [delay, net.run(samples[0], { delay }).steps] as const);
  const steps = { gated: net.latency, delayed };
  const agreement = net.classifier ? ([same, samples.length] as const) : null;
  net.dispose();
  return { file, notes, rows, steps, agreement };
}

const largest = (values: Float32Array) => values.reduce((best, value, k) => (value > values[best] ? k : best), 0);

/** A session of an original that was not converted here. */
let session: { model: Uint8Array; run: (input: Float32Array) => Promise<Float32Array>; nchw: boolean } | null = null;

async function runOriginal({
  model,
  samples,
  input,
  preprocessing,
}: Extract<ToConverter, { kind: "original" }>): Promise<Float32Array> {
  if (model === null) {
    if (!last) throw new Error("nothing has been converted");
    const [output] = last.unquantized.populations.filter(({ kind }) => kind === "output");
    const found = await last.ann.run(annInput(last.unquantized.input, samples), [output.view!.tensor]);
    const values = new Float32Array(output.height * output.width * output.channels);
    readView(output, found.get(output.view!.tensor)!, values);
    return values;
  }
  if (session?.model.length !== model.length) session = await openSession(model);
  const { scale, mean, std } = preprocessing;
  const { height, width, channels } = input;
  const values = new Float32Array(samples.length);
  samples.forEach((sample, i) => {
    const c = i % channels;
    const position = (i - c) / channels;
    values[session!.nchw ? c * height * width + position : i] = (sample * scale - mean[c]) / std[c];
  });
  return session.run(values);
}

async function openSession(model: Uint8Array): Promise<NonNullable<typeof session>> {
  const ort = await import("onnxruntime-web/wasm");
  ort.env.wasm.numThreads = 1;
  const opened = await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  const [name] = opened.inputNames;
  const metadata = opened.inputMetadata[0];
  const dims = metadata.isTensor
    ? metadata.shape.map((size, k) => (k === 0 || typeof size !== "number" ? 1 : size))
    : [];
  const run = async (input: Float32Array) => {
    const found = await opened.run({ [name]: new ort.Tensor("float32", input, dims) });
    return Float32Array.from(found[opened.outputNames[0]].data as Float32Array);
  };
  return { model, run, nchw: dims[1] === 1 || dims[1] === 3 };
}

addEventListener("message", async ({ data }: MessageEvent<ToConverter>) => {
  try {
    if (data.kind === "convert") {
      const converted = await convertModel(data);
      tell({ kind: "converted", converted });
    } else {
      tell({ kind: "original", id: data.id, values: await runOriginal(data) });
    }
  } catch (error) {
    const details = error instanceof ConversionError ? error.details : [];
    const message = error instanceof Error ? error.message : String(error);
    tell({ kind: "failed", id: data.kind === "original" ? data.id : null, message, details });
  }
});
