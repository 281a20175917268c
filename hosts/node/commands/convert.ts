/** `bsnn convert`: from an ONNX model to a model file. */

import { basename } from "node:path";
import { type Conversion, convert, type Fit, type ModelInput, type PerInput } from "../../../convert/index.ts";
import { readInput } from "../data/file.ts";
import { type Data, type Item, shareOutside } from "../data/inputs.ts";
import { withLabels } from "../data/labels.ts";
import { filesOf, inOrder, itemsOfSources, readSources, type Source, sourceWarnings } from "../data/sources.ts";
import { spread } from "../data/spread.ts";
import { threadFor } from "../networks/executor.ts";
import { aboutModel, externalData, Original, readOnnxFile } from "../networks/original.ts";
import { openSimulator } from "../networks/simulator.ts";
import { type Verification, verify } from "../networks/verify.ts";
import { judge, MOST_JUDGED, review } from "../preprocessing/review.ts";
import { InputError } from "../report/failure.ts";
import { printJson } from "../report/json.ts";
import { outputTable } from "../report/output-errors.ts";
import { checkWritable, refuseInput, writeOutput } from "../report/output-file.ts";
import { plain } from "../report/plain.ts";
import { Progress } from "../report/progress.ts";
import { bytesText, count, note, percent, print, significant, table } from "../report/terminal.ts";

interface Options {
  output: string;
  calibration: string[];
  calibrationLabels?: string;
  phases: number;
  weightBits: "8" | "16";
  mean: number[];
  std: number[];
  scale: number;
  channelOrder: "rgb" | "bgr";
  coding: "current" | "phase";
  fit: Fit;
  labels?: string;
  name?: string;
  inputShape?: PerInput<number[]>;
  inputRange?: PerInput<[number, number]>;
  outputs?: string[];
  early?: true;
  json?: true;
}

/** Calibration inputs read at most; of more these are taken evenly. */
const CALIBRATION_INPUTS = 1024;

/** Inputs on which a converted model is compared with its original. */
const VERIFICATION_INPUTS = 32;

/** Inputs that nothing was fitted to, from which on the comparison is on such alone. */
const FEWEST_OTHERS = 8;

/** What errors and warnings were measured on. */
function comparedOn({ compared, comparedElsewhere }: { compared: number; comparedElsewhere: boolean }): string {
  const which = comparedElsewhere
    ? "to which nothing was fitted"
    : "to which scales were fitted; others may differ more";
  return `compared on ${compared} inputs ${which}`;
}

/** Longest file of labels. */
const MOST_LABEL_BYTES = 2 ** 24;

async function readLabels(path: string): Promise<string[]> {
  const bytes = await readInput(path, MOST_LABEL_BYTES);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new InputError(`${path}: is no text in UTF-8, the one encoding supported`, { cause });
  }
  // A byte order mark is white space to `trim`.
  const labels = text.trimEnd().split(/\r?\n/);
  if (labels.length === 1 && labels[0] === "") throw new InputError(`${path}: is empty; expected one label per line`);
  return labels.map((label) => label.trim());
}

async function readAll(items: readonly Item[], onProgress: (done: number) => void): Promise<Uint8Array[]> {
  const samples: Uint8Array[] = [];
  for (const item of items) {
    samples.push(await item.read());
    onProgress(samples.length);
  }
  return samples;
}

/** What to warn of where values of arrays are cut off. */
function cutOff(sources: readonly Source[], input: ModelInput): string[] {
  const inputs = input.inputs ?? [input];
  return sources.flatMap(({ data }, k) => {
    const limits = inputs[k].real?.range;
    if (!("shape" in data) || !limits) return [];
    const share = shareOutside(data, limits);
    if (share === 0) return [];
    return [`${data.path}: ${percent(share)} of its values lie outside ${limits.join("…")} and are cut off there`];
  });
}

function report(options: Options, bytes: number, verification: Verification, notes: readonly string[]): string {
  const { populations, outputs, steps } = verification;
  const rows = populations.map(({ name, kind, shape, depth, relativeError }) => [
    name,
    kind,
    shape.join("×"),
    String(depth),
    relativeError === null ? "" : significant(relativeError, 3),
  ]);
  const neurons = populations.reduce((sum, { shape }) => sum + shape[0] * shape[1] * shape[2], 0);
  return [
    `${plain(options.output)}: ${bytesText(bytes)}, ${options.phases} phases, ${options.weightBits}-bit weights, ` +
      `${populations.length} populations, ${count(neurons)} neurons, ${steps} time steps to the answer`,
    "",
    table(["population", "kind", "shape", "depth", "relative error"], rows),
    "",
    outputTable(outputs),
    ...(notes.length > 0 ? ["", ...notes.map((line) => `note: ${plain(line)}`)] : []),
    "",
  ].join("\n");
}

/** Does what `bsnn convert` was told. */
export async function run(modelPath: string, options: Options): Promise<void> {
  const model = await readOnnxFile(modelPath);
  const labels = options.labels === undefined ? undefined : await readLabels(options.labels);
  const sources = await readSources(options.calibration, "train");
  await checkWritable(options.output, [
    modelPath,
    ...filesOf(sources),
    ...[options.labels, options.calibrationLabels].filter((path) => path !== undefined),
  ]);
  const { phases, coding, fit, inputShape, inputRange, outputs, scale, mean, std, channelOrder } = options;
  const progress = new Progress();
  let samples: Uint8Array[] = [];
  let items: readonly Item[] = [];
  let further: readonly Item[] = [];
  let warned: readonly string[] = [];
  try {
    const conversion = await convert(model, {
      name: options.name ?? basename(modelPath).replace(/\.onnx$/i, ""),
      phases,
      weightBits: options.weightBits === "16" ? 16 : 8,
      coding,
      ...(inputRange && { range: inputRange }),
      ...(Array.isArray(inputRange) ? {} : { fit, preprocessing: { scale, mean, std, channelOrder } }),
      ...(outputs && { outputs }),
      ...(labels && { labels }),
      ...(inputShape && { inputShape }),
      external: externalData(modelPath, (path) => refuseInput(options.output, path)),
      ...(options.early && { simulator: openSimulator }),
      executor: threadFor,
      onProgress: (stage, done, total) => progress.update(stage, done, total),
      calibration: async (input) => {
        const [{ path, data }] = sources;
        const given = () => itemsOfSources(sources, modelPath, input, "--calibration");
        const from = { data: path, dataLabels: options.calibrationLabels };
        const found = await withLabels(data, given, from, "--calibration-labels");
        warned = [...sourceWarnings(sources), ...cutOff(inOrder(sources, modelPath, input, "--calibration"), input)];
        items = spread(found, CALIBRATION_INPUTS);
        further = found.filter((item) => !items.includes(item));
        samples = await readAll(items, (done) => progress.update("read", done, items.length));
        return samples;
      },
    }).catch((error) => {
      throw aboutModel(modelPath, error);
    });
    const { fitted } = conversion;
    const unfitted = samples.filter((_, k) => !fitted.includes(k));
    const unread = await readAll(spread(further, VERIFICATION_INPUTS), () => {});
    const others = [...unread, ...unfitted];
    const judged = others.length >= FEWEST_OTHERS ? others : samples;
    const compared = spread(judged, VERIFICATION_INPUTS);
    const verification = await verify(conversion, compared, (done, total) => progress.update("compare", done, total));
    // What follows only tells more of the original, and may take long.
    await writeOutput(options.output, conversion.file);
    const original = new Original(conversion.unquantized, conversion.ann);
    const classes = items.map(({ label }) => label);
    const reviewed = await reviewOf(original, conversion, samples, classes, sources[0].data, (stage, done, total) =>
      progress.update(stage, done, total),
    );
    const calibration = {
      given: samples.length,
      fitted: fitted.length,
      compared: compared.length,
      comparedElsewhere: judged === others,
    };
    progress.stop();
    const { populations, outputs: outputErrors, steps } = verification;
    const warnings = [...warned, ...alike(samples), ...reviewed.warnings, ...verification.warnings];
    const { file } = conversion;
    const unused = further.length;
    const taken =
      unused > 0 ? [`${samples.length} of ${samples.length + unused} calibration inputs taken, evenly`] : [];
    const notes = [...conversion.notes, ...taken, ...reviewed.notes];
    const { ann } = reviewed;
    if (options.json) {
      const weightBits = Number(options.weightBits);
      await printJson({
        model: options.output,
        bytes: file.length,
        phases,
        weightBits,
        steps,
        populations,
        outputs: outputErrors,
        calibration,
        ann,
        stages: Object.entries(conversion.stages).map(([stage, seconds]) => ({ stage, seconds })),
        notes,
        warnings,
      });
    } else {
      await print(report(options, file.length, verification, [...notes, comparedOn(calibration)]));
    }
    for (const warning of warnings) note(`warning: ${warning}`);
  } finally {
    progress.stop();
  }
}

/** Whether the indices of a folder's classes can be those of a model. */
function classesFit(data: Data, classes: number): boolean {
  if (!("classes" in data)) return true;
  const numbered = data.classes.every(({ name }) => /^[0-9]+$/.test(name));
  return numbered ? data.classes.every(({ index }) => index < classes) : data.classes.length === classes;
}

interface Review {
  /** Of the original, on labelled calibration inputs; null where there are none. */
  readonly ann: { readonly top1: number; readonly inputs: number } | null;
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** What the original does with the calibration inputs. */
async function reviewOf(
  original: Original,
  { network }: Conversion,
  samples: readonly Uint8Array[],
  labels: readonly (number | null)[],
  data: Data,
  onProgress: (stage: string, done: number, total: number) => void,
): Promise<Review> {
  const { classes } = original;
  const known = samples.flatMap((input, k) => {
    const label = labels[k];
    return label === null || classes === null || label >= classes ? [] : [{ samples: input, label }];
  });
  const beyond = "shape" in data ? labels.find((label) => label !== null && label >= (classes ?? 0)) : undefined;
  const fits = classes !== null && beyond === undefined && classesFit(data, classes);
  const labelled = fits ? spread(known, MOST_JUDGED) : [];
  const answers = await judge(original, labelled, (done, total) => onProgress("check", done, total));
  const warnings = await review(
    original,
    // Of several inputs no other preprocessing is tried.
    (network.inputs ? null : network.preprocessing) ?? null,
    answers,
    samples,
    classes ?? 0,
    (done, total) => onProgress("try", done, total),
  );
  const { inputs, right } = answers;
  if (inputs === 0) {
    const unlike = known.length > 0 && "classes" in data;
    const told = unlike ? [`${data.classes.length} class folders are not the ${classes} classes of the model`] : [];
    const supported = classes === null ? "is no classifier" : `has classes 0…${classes - 1}`;
    const odd = beyond === undefined ? [] : [`the labels name class ${beyond}, the model ${supported}; none was used`];
    return { ann: null, notes: told, warnings: [...odd, ...warnings] };
  }
  const score = `the original is right on ${right} of ${inputs} labelled calibration inputs (${percent(right / inputs)})`;
  return { ann: { top1: right / inputs, inputs }, notes: [score], warnings };
}

/** A warning where calibration inputs show nothing: all of one sample value, or all the same. */
function alike(inputs: readonly Uint8Array[]): string[] {
  const [first] = inputs;
  const blank = inputs.every((samples) => samples.every((sample) => sample === samples[0]));
  const same = inputs.length > 1 && inputs.every((samples) => samples.every((sample, k) => sample === first[k]));
  if (!blank && !same) return [];
  const found = blank ? "hold one value each" : "are all the same";
  return [
    `the ${inputs.length} calibration inputs ${found}, so that ranges of activations were seen of nothing else; give typical ones`,
  ];
}
