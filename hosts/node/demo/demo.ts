/**
 * The demo: converts the digits model that comes with the project, calibrated on digits it draws itself, runs the original and
 * the spiking network on other drawn digits, and shows both.
 */

import { readFile } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { load } from "../../../bindings/node.ts";
import type { Mode, Network } from "../../../bindings/types.ts";
import { type Conversion, convert } from "../../../convert/index.ts";
import { type DrawnDigit, drawDigits, SIZE } from "../../../models/drawn/digits.ts";
import { Original } from "../networks/original.ts";
import { beside, braille } from "../report/braille.ts";
import { OutputDigest } from "../report/digest.ts";
import { reportFailure } from "../report/failure.ts";
import { Progress } from "../report/progress.ts";
import { Accuracy, argmax, median, RelativeError } from "../report/scores.ts";
import { bytesText, count, listing, note, percent, print, significant, table } from "../report/terminal.ts";

const CALIBRATION = { count: 200, seed: 1 };
const TEST = { count: 200, seed: 2 };
/** Digits that are shown. */
const SHOWN = 10;

/** Answers of one network, by one way of running it, to all test digits. */
interface Answers {
  readonly logits: readonly Float32Array[];
  /** Median time of a run, in ms. */
  readonly ms: number;
}

interface SpikingAnswers extends Answers {
  readonly digest: string;
  /** Means per image. */
  readonly spikes: number;
  readonly synapticOperations: number;
  readonly inputOperations: number;
}

function runSpiking(network: Network, digits: readonly DrawnDigit[], mode: Mode): SpikingAnswers {
  const digest = new OutputDigest();
  const logits: Float32Array[] = [];
  const times: number[] = [];
  const sums = { spikes: 0, synapticOperations: 0, inputOperations: 0 };
  for (const { pixels } of digits) {
    const begin = performance.now();
    const result = network.run(pixels, { mode });
    times.push(performance.now() - begin);
    const { spikes, synapticOperations, inputOperations } = network.activity();
    sums.spikes += spikes / digits.length;
    sums.synapticOperations += synapticOperations / digits.length;
    sums.inputOperations += inputOperations / digits.length;
    digest.add(result.outputs);
    logits.push(result.logits);
  }
  return { ...sums, logits, ms: median(times), digest: digest.hex() };
}

async function runOriginal(conversion: Conversion, digits: readonly DrawnDigit[]): Promise<Answers> {
  const original = new Original(conversion.unquantized, conversion.ann);
  const logits: Float32Array[] = [];
  const times: number[] = [];
  for (const { pixels } of digits) {
    const begin = performance.now();
    const [values] = await original.run(pixels, original.outputs);
    times.push(performance.now() - begin);
    logits.push(values);
  }
  return { logits, ms: median(times) };
}

/** The first digits as pictures, five in a row, with what each network takes them for. */
function gallery(digits: readonly DrawnDigit[], ann: Answers, bsnn: Answers): string {
  const blocks = digits.slice(0, SHOWN).map(({ pixels }, i) => {
    const picture = braille(pixels, SIZE, SIZE);
    const caption = `ANN ${argmax(ann.logits[i])}  BSNN ${argmax(bsnn.logits[i])}`;
    return [...picture, caption.padEnd(SIZE / 2)];
  });
  const rows = Array.from({ length: Math.ceil(blocks.length / 5) }, (_, r) => blocks.slice(5 * r, 5 * r + 5));
  return rows.map((row) => `${beside(row, "  ")}\n`).join("\n");
}

/** The two logit vectors of one digit. */
function logitsTable(ann: Float32Array, bsnn: Float32Array): string {
  const row = (name: string, values: Float32Array): string[] => [
    name,
    ...Array.from(values, (value) => value.toFixed(2)),
  ];
  return table(["logits of the first", ...Array.from(ann, (_, i) => String(i))], [row("ANN", ann), row("BSNN", bsnn)]);
}

function accuracy(digits: readonly DrawnDigit[], { logits }: Answers): number | null {
  const score = new Accuracy();
  digits.forEach(({ digit }, i) => {
    score.add(logits[i], digit);
  });
  return score.top1;
}

function figures(
  digits: readonly DrawnDigit[],
  network: Network,
  ann: Answers,
  period: SpikingAnswers,
  step: SpikingAnswers,
): string {
  const same = digits.filter((_, i) => argmax(ann.logits[i]) === argmax(period.logits[i])).length;
  const error = new RelativeError();
  ann.logits.forEach((expected, i) => {
    error.add(period.logits[i], expected);
  });
  const macs = network.macs ?? Number.NaN;
  return listing([
    ["ANN right", percent(accuracy(digits, ann))],
    ["BSNN right", percent(accuracy(digits, period))],
    ["same answer", percent(same / digits.length)],
    ["relative error of the logits", significant(error.value)],
    ["time steps to the answer", `${network.latency} (periods of ${network.phases})`],
    ["spikes per image", count(period.spikes)],
    ["synaptic operations per image", `${count(period.synapticOperations)} additions`],
    ["graded input per image", `${count(period.inputOperations)} multiply-accumulates, once for the whole answer`],
    [
      "ANN's multiply-accumulates",
      `${count(macs)}; synaptic operations for each: ${significant(period.synapticOperations / macs, 2)}`,
    ],
    ["time per image, period mode", `${significant(period.ms)} ms (${network.build} SIMD, one thread)`],
    ["time per image, step mode", `${significant(step.ms)} ms, every one of the ${network.latency} steps`],
    ["time per image, ANN", `${significant(ann.ms)} ms (onnxruntime-web, one thread)`],
    ["period and step mode", period.digest === step.digest ? "equal to the bit" : "DIFFER"],
    ["digest of the outputs", period.digest],
  ]);
}

async function demo(): Promise<number> {
  const model = await readFile(new URL("../models/digits.onnx", import.meta.url));
  const begin = performance.now();
  const progress = new Progress();
  const conversion = await convert(model, {
    name: "digits",
    labels: Array.from({ length: 10 }, (_, digit) => String(digit)),
    preprocessing: { scale: 1 / 255, mean: [0], std: [1], channelOrder: "rgb" },
    onProgress: (stage, done, total) => progress.update(stage, done, total),
    calibration: async () => drawDigits(CALIBRATION.count, CALIBRATION.seed).map(({ pixels }) => pixels),
  });
  progress.stop();
  const seconds = (performance.now() - begin) / 1000;
  await print(
    `digits.onnx (${bytesText(model.length)}) converted in ${significant(seconds)} s with ${CALIBRATION.count} drawn digits: ` +
      `a bistable spiking network of ${bytesText(conversion.file.length)}.\n\n`,
  );

  const digits = drawDigits(TEST.count, TEST.seed);
  const network = await load(conversion.file);
  const ann = await runOriginal(conversion, digits);
  const period = runSpiking(network, digits, "period");
  const step = runSpiking(network, digits, "step");

  await print(`${gallery(digits, ann, period)}\n${logitsTable(ann.logits[0], period.logits[0])}\n\n`);
  await print(`On ${digits.length} drawn digits that were not used to convert:\n\n`);
  await print(`${figures(digits, network, ann, period, step)}\n`);
  network.dispose();
  if (period.digest === step.digest) return 0;
  note("demo: period mode and step mode give different outputs");
  return 1;
}

try {
  process.exit(await demo());
} catch (error) {
  process.exit(reportFailure("demo", error));
}
