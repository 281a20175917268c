/** The benchmark's results as text or markdown. */
import { table } from "../../hosts/node/report/terminal.ts";
import type { Quartiles } from "../statistics.ts";
import type { BuildLayers, ContenderName, Layer, ModelTimings } from "./plan.ts";
import type { ColdResult, EngineResult, Measurements } from "./results.ts";
import { type Check, convolutionShare, medianOf } from "./targets.ts";

const CONTENDERS: Readonly<Record<ContenderName, string>> = {
  "onnxruntime-web": "onnxruntime-web, float",
  "onnxruntime-web-int8": "onnxruntime-web, int8",
  "onnxruntime-node": "onnxruntime-node, native float",
  "onnxruntime-node-int8": "onnxruntime-node, native int8",
  baseline: "ours, baseline SIMD",
  relaxed: "ours, relaxed SIMD",
  threads: "ours, two threads",
  step: "ours, step by step",
  early: "ours, early firing, δ = 3",
  python: "ours, Python (wasmtime)",
};

/** Three significant digits without an exponent. */
function digits(value: number): string {
  if (!Number.isFinite(value)) return "";
  const magnitude = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  return value.toFixed(Math.min(4, Math.max(0, 2 - magnitude)));
}

const percent = (share: number): string => (Number.isFinite(share) ? `${(100 * share).toFixed(0)} %` : "");
const spread = ({ lower, upper }: Quartiles): string => `${digits(lower)} … ${digits(upper)}`;
const rate = (macs: number, ms: number): number => macs / ms / 1e6;
const kilobytes = (bytes: number): string => `${(bytes / 1e3).toFixed(bytes < 1e5 ? 1 : 0)} kB`;

type Grid = (head: readonly string[], rows: readonly (readonly string[])[]) => string;

const markdownGrid: Grid = (head, rows) =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** Lays out everything measured. */
export function report(results: Measurements, markdown: boolean): string {
  const grid = markdown ? markdownGrid : table;
  const heading = (level: number, text: string): string => (markdown ? `${"#".repeat(level)} ${text}` : text);
  const { machine, rounds, images, processor, int8 } = results;
  const parts = [
    heading(2, "Speed"),
    `${machine.processor}, ${machine.cores} cores, ${machine.system}; ${rounds} rounds over ${images} images; one thread but where two are named, ` +
      `${processor ? "processor's time" : "time by the clock"}; onnxruntime ${machine.onnxruntime}, int8 is ${int8}. Load of the machine: ${machine.load}.`,
    heading(3, "Bytes shipped"),
    grid(
      ["", "bytes", "gzipped"],
      results.shipped.map(({ what, bytes, gzipped }) => [what, kilobytes(bytes), kilobytes(gzipped)]),
    ),
    checks(results.checks, grid),
  ];
  if (results.accuracies.length > 0) parts.push(heading(3, "Answers"), accuracies(results, grid));
  parts.push(heading(3, "Times over ours"), ratios(results, grid));
  for (const engine of results.engines) parts.push(...engineReport(engine, grid, heading));
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}

function accuracies({ accuracies }: Measurements, grid: Grid): string {
  return grid(
    ["", "images", "", "top-1", "original's best class"],
    accuracies.flatMap(({ model, images, of }) =>
      of.map(({ contender, top1, agreement }) => [
        ...[model, String(images), contender === "ours" ? "ours" : CONTENDERS[contender]],
        ...[top1, agreement].map((share) => `${(100 * share).toFixed(1)} %`),
      ]),
    ),
  );
}

/** How many times ours everybody's time is, in every engine and build. */
function ratios({ engines }: Measurements, grid: Grid): string {
  const others: ContenderName[] = [
    ...(["onnxruntime-web", "onnxruntime-web-int8", "onnxruntime-node", "onnxruntime-node-int8"] as const),
    "python",
  ];
  const rows = engines.flatMap(({ name, models }) =>
    models.flatMap(({ timings }) =>
      (["baseline", "relaxed"] as const).flatMap((build) => {
        const own = medianOf(timings, build);
        if (own === null) return [];
        const times = others.map((other) => medianOf(timings, other) ?? Number.NaN);
        return [[name, timings.model, build, digits(own), ...times.map((ms) => digits(ms / own))]];
      }),
    ),
  );
  return grid(["", "", "ours", "ms", "web float", "web int8", "native float", "native int8", "Python"], rows);
}

function checks(list: readonly Check[], grid: Grid): string {
  if (list.length === 0) return "";
  return grid(
    ["", "found", "target", ""],
    list.map(({ what, found, bound, target, met }) => [
      what,
      digits(found),
      `${bound === "least" ? "≥" : "≤"} ${target}`,
      met ? "met" : "NOT MET",
    ]),
  );
}

function engineReport(engine: EngineResult, grid: Grid, heading: (level: number, text: string) => string): string[] {
  const parts: string[] = [];
  for (const model of engine.models) {
    const { timings, checks: found, remark } = model;
    const title = `${timings.model}${remark && ` (${remark})`}`;
    parts.push(heading(3, `${engine.name}: ${title}`), contenders(timings, grid), notes(timings), checks(found, grid));
    for (const layers of timings.layers) {
      parts.push(heading(4, `Layers of ${timings.model}, ${layers.build}`), layerTable(layers, timings, grid));
    }
  }
  const { cold, endurance } = engine;
  if (cold) {
    parts.push(
      heading(3, `${engine.name}: cold start, ${cold.model}`),
      coldTable(cold, grid),
      checks(cold.checks, grid),
    );
  }
  if (endurance) {
    const { inferences, memoryBefore, memoryAfter, heap, heapTrend } = endurance.found;
    parts.push(
      heading(3, `${engine.name}: ${inferences} inferences`),
      `Linear memory ${kilobytes(memoryBefore)} before, ${kilobytes(memoryAfter)} after; JS heap ${kilobytes(Math.min(...heap))} to ` +
        `${kilobytes(Math.max(...heap))}, by its trend ${kilobytes(heapTrend)} over all inferences.`,
      checks(endurance.checks, grid),
    );
  }
  return parts;
}

function contenders({ timings, macs }: ModelTimings, grid: Grid): string {
  const web = timings.find(({ contender }) => contender === "onnxruntime-web")!.ms.median;
  return grid(
    ["", "ms per image", "quartiles", "GMAC/s", "onnxruntime-web / this"],
    timings.map(({ contender, ms }) => [
      CONTENDERS[contender],
      digits(ms.median),
      spread(ms),
      digits(rate(macs, ms.median)),
      digits(web / ms.median),
    ]),
  );
}

function notes(timings: ModelTimings): string {
  const { macs, steps, skipped, peaks, memory, agreeing, images, identical } = timings;
  const { file, activations, loaded, afterPeriods, afterSteps } = memory;
  return [
    `${(macs / 1e6).toFixed(1)} million MACs; step by step ${steps} time steps.`,
    ...Object.entries(peaks).map(
      ([build, peak]) => `Bare ${build} instruction ${digits(peak.median)} GMAC/s (${spread(peak)}).`,
    ),
    `Answers: ${agreeing} of ${images} images have the original's best class; builds and modes ${identical ? "equal to the bit" : "DIFFER"}.`,
    `Linear memory: ${kilobytes(loaded)} loaded, ${kilobytes(afterPeriods)} after periods, ${kilobytes(afterSteps)} after steps; file ` +
      `${kilobytes(file)}, activations ${kilobytes(activations)}; (loaded − activations) / file ${digits((loaded - activations) / file)}.`,
    ...skipped.map(({ contender, reason }) => `Skipped ${contender}: ${reason}.`),
  ].join("\n");
}

function layerTable({ build, layers }: BuildLayers, timings: ModelTimings, grid: Grid): string {
  const peak = timings.peaks[build]!.median;
  const total = layers.reduce((sum, { ms }) => sum + ms.median, 0);
  const line = (
    name: string,
    shape: string,
    what: string,
    { macs, density }: Pick<Layer, "macs" | "density">,
    ms: number,
  ) => [
    name,
    shape,
    what,
    (macs / 1e6).toFixed(2),
    percent(density),
    digits(1000 * ms),
    percent(ms / total),
    digits(rate(macs, ms)),
    percent(rate(macs, ms) / peak),
  ];
  const working = layers.filter(({ macs }) => macs > 0);
  const rows = working.map((layer) =>
    line(layer.name, layer.shape.join("×"), layer.projections, layer, layer.ms.median),
  );
  const convolutions = layers.filter(({ convolution }) => convolution);
  const macs = convolutions.reduce((sum, layer) => sum + layer.macs, 0);
  const ms = convolutions.reduce((sum, layer) => sum + layer.ms.median, 0);
  const density = convolutions.reduce((sum, layer) => sum + layer.macs * layer.density, 0) / macs;
  const all = line("all convolutions", "", "", { macs, density }, ms);
  all[all.length - 1] = percent(convolutionShare(timings, build) ?? Number.NaN);
  return grid(
    ["population", "shape", "projections", "million MACs", "density", "µs", "of the time", "GMAC/s", "of peak"],
    [...rows, all],
  );
}

function coldTable({ own, web }: ColdResult, grid: Grid): string {
  return grid(
    ["", "to the first logits, ms", "quartiles", "import of its JS, ms", "linear memory"],
    [
      ["ours", digits(own.answerMs.median), spread(own.answerMs), digits(own.importMs.median), kilobytes(own.memory)],
      [
        "onnxruntime-web",
        digits(web.answerMs.median),
        spread(web.answerMs),
        digits(web.importMs.median),
        kilobytes(web.memory),
      ],
    ],
  );
}
