/** `bsnn compare`: the bistable network beside earlier conversions of the same original. */

import { type LabNetwork, load } from "../../../bindings/lab.ts";
import manifest from "../../../package.json" with { type: "json" };
import { claimsOf } from "../compare/claims.ts";
import type { Comparison } from "../compare/comparison.ts";
import { openCrew } from "../compare/crew.ts";
import { Kept } from "../compare/keep.ts";
import { METHODS, type Method, type MethodName } from "../compare/methods.ts";
import { Networks } from "../compare/networks.ts";
import { Plan } from "../compare/plan.ts";
import { lookAtLayers, measureAll } from "../compare/run.ts";
import { type Example, isSettingOf, SettingSearch } from "../compare/settings.ts";
import { annTop1Of, type Summary, summarise } from "../compare/summary.ts";
import { checkClasses } from "../data/classes.ts";
import { readInput } from "../data/file.ts";
import { type Data, type Item, inputOf, itemsOf } from "../data/inputs.ts";
import { withLabels } from "../data/labels.ts";
import { filesOf, readSources } from "../data/sources.ts";
import { spread } from "../data/spread.ts";
import { loadCompared } from "../networks/compared.ts";
import { refusalOf } from "../networks/refusal.ts";
import { InputError } from "../report/failure.ts";
import { printJson } from "../report/json.ts";
import { checkWritable } from "../report/output-file.ts";
import { plain } from "../report/plain.ts";
import { Progress } from "../report/progress.ts";
import { argmax } from "../report/scores.ts";
import { count, note, percent, print, significant, table } from "../report/terminal.ts";

interface Options {
  onnx: string;
  data: string;
  calibration: string;
  dataLabels?: string;
  limit?: number;
  minutes?: number;
  beside: number;
  steps: number;
  methods?: string[];
  phases: number[];
  inputShape?: number[];
  outputs?: string[];
  workers: number;
  report?: string;
  csv?: string;
  keep?: string;
  mac: number;
  ac: number;
  access: number;
  json?: true;
}

/** Calibration inputs that networks are converted with, that ranges are read from, and that settings are tried on. */
const CONVERTED = 100;
const RANGED = 24;
const TRIED = 6;
/** Images of which single populations are looked at. */
const LAYER_IMAGES = 4;

function methodNames({ methods }: Options): MethodName[] {
  const known = Object.keys(METHODS) as MethodName[];
  const odd = methods?.find((name) => !known.includes(name as MethodName));
  if (odd !== undefined) throw new InputError(`--methods: found '${odd}'; there are ${known.join(", ")}`);
  return known.filter((name) => methods?.includes(name) ?? true);
}

async function labelledItems(data: Data, modelPath: string, network: LabNetwork, options: Options): Promise<Item[]> {
  const items = await withLabels(data, () => itemsOf(data, modelPath, inputOf(network)), options);
  checkClasses(data, items, options, modelPath, network);
  return spread(items, options.limit ?? items.length);
}

function reachText(reach: Summary["reach"][keyof Summary["reach"]]): string {
  return reach ? `${reach.steps}` : "–";
}

function text({ images, annTop1, methods, claims, network, model }: Comparison): string {
  const rows = methods.map(({ title, curve, reach }) => {
    const last = curve.reduce((best, point) => (point.logitsRelativeError < best.logitsRelativeError ? point : best));
    return [
      title,
      reachText(reach.minus1),
      reachText(reach.minusHalf),
      reachText(reach.agreement99),
      reach.minusHalf ? count(reach.minusHalf.spikes) : "–",
      reach.minusHalf ? count(reach.minusHalf.synapticOperations) : "–",
      percent(last.top1),
      percent(last.agreement),
      significant(last.logitsRelativeError),
    ];
  });
  const head = [
    "method",
    "steps to ANN − 1",
    "to ANN − 0.5",
    "to 99 % agreement",
    "spikes",
    "operations",
    "best top-1",
    "agreement",
    "logits error",
  ];
  const settings = methods
    .filter(({ settings: own }) => own.some(({ chosen }) => !chosen))
    .flatMap(({ title, settings: own }) =>
      own.map(({ label, images: seen, curve, reach }) => [
        title,
        label,
        count(seen),
        reachText(reach.minus1),
        reachText(reach.minusHalf),
        reachText(reach.agreement99),
        significant(Math.min(...curve.map(({ logitsRelativeError }) => logitsRelativeError))),
      ]),
    );
  const beside = ["method", "thresholds", "images", "to ANN − 1", "to ANN − 0.5", "to 99 %", "logits error"];
  const held = claims.map(({ claim, holds, found }) => [
    holds === null ? "not told" : holds ? "holds" : "fails",
    claim,
    found,
  ]);
  return [
    `${plain(model)}: ${images} images, ANN top-1 ${percent(annTop1)}, ${network.phases} phases`,
    "",
    table(head, rows),
    "",
    ...(settings.length > 0 ? [table(beside, settings), ""] : []),
    ...(held.length > 0 ? [table(["", "claim", "found"], held), ""] : []),
  ].join("\n");
}

/** Does what `bsnn compare` was told. */
export async function run(modelPath: string, options: Options): Promise<void> {
  const names = methodNames(options);
  const odd = options.phases.find((phases) => phases > 8);
  if (odd !== undefined) throw new InputError(`--phases: found ${odd}; 1 to 8 are supported`);
  const file = await readInput(modelPath);
  const network = await load(file).catch((error) => {
    throw refusalOf(modelPath, file, error);
  });
  if (!network.classifier)
    throw new InputError(`${modelPath}: is no classifier; answers are compared by their best class`);
  const [test] = await readSources([options.data], "test");
  const [train] = await readSources([options.calibration], "train");
  if (options.report !== undefined) {
    const labels = options.dataLabels === undefined ? [] : [options.dataLabels];
    await checkWritable(options.report, [modelPath, options.onnx, ...filesOf([test, train]), ...labels]);
  }
  if (options.csv !== undefined) await (await import("../compare/report.ts")).checkFolder(options.csv);
  const original = await loadCompared(options.onnx, modelPath, network, options);
  const items = await labelledItems(test.data, modelPath, network, options);
  const calibration = spread(itemsOf(train.data, modelPath, inputOf(network)), CONVERTED);
  const progress = new Progress();
  const crew = openCrew(options.workers);
  try {
    const inputs = await Promise.all(calibration.map((item) => item.read()));
    const told = JSON.stringify([manifest.version, options.inputShape ?? null, options.outputs ?? null]);
    const kept = await Kept.open([file, await readInput(options.onnx), told, ...inputs], options.keep);
    if (kept.count > 0) note(`note: goes on from ${count(kept.count)} results in ${kept.folder}`);
    const answer = async (samples: Uint8Array) => (await original.answer(samples))[0];
    const examples: Example[] = [];
    for (const samples of spread(inputs, TRIED)) examples.push({ samples, logits: await answer(samples) });
    let search: SettingSearch | null = null;
    const trials = names
      .filter((name) => name.startsWith("if-"))
      .reduce((sum, name) => sum + SettingSearch.trials(name), 0);
    let tried = 0;
    const choose = (name: MethodName) => {
      search ??= new SettingSearch(network, spread(inputs, RANGED), examples);
      return search.choose(name, () => progress.update("set thresholds", ++tried, trials));
    };
    const settingOf = (name: MethodName) =>
      kept.json(
        `setting-${name}.json`,
        () => choose(name),
        (value) => isSettingOf(network, value),
      );
    const networks = new Networks(kept, network, { model: modelPath, onnx: options.onnx }, inputs, options);
    const plan = new Plan(network, networks, options, settingOf);
    const methods: Method[] = [];
    for (const name of names) methods.push(await plan.method(name));
    const time = options.minutes === undefined ? null : 60_000 * options.minutes;
    const means = { kept, networks, crew, progress, answer };
    const measured = await measureAll(methods, items, means, { time, beside: options.beside });
    const looked = spread(measured, LAYER_IMAGES).map(({ item }) => item);
    const layers = await lookAtLayers(methods, looked, original, network, networks, (done, total) =>
      progress.update("look at layers", done, total),
    );
    progress.stop();
    const seen = measured.map(({ item, key, ann }) => ({
      key,
      annRight: item.label === null ? null : argmax(ann) === item.label,
    }));
    const beside = seen.slice(0, options.beside);
    const summaries = methods.map((method) => summarise(method, kept, seen, beside));
    const summariesBeside = methods.map((method) => summarise(method, kept, beside, beside));
    const comparison: Comparison = {
      model: modelPath,
      data: options.data,
      network,
      images: seen.length,
      imagesBeside: beside.length,
      annTop1: annTop1Of(seen),
      steps: options.steps,
      methods: summaries,
      layers,
      layerImages: looked.length,
      claims: claimsOf(summaries, summariesBeside, {
        layers,
        phases: network.phases,
        residual: network.populations.some(({ kind }) => kind === "synchronous"),
      }),
    };
    if (options.report !== undefined || options.csv !== undefined) {
      const { writeComparison } = await import("../compare/report.ts");
      await writeComparison(comparison, options);
    }
    await (options.json ? printJson(jsonOf(comparison)) : print(text(comparison)));
    await kept.finish();
  } finally {
    progress.stop();
    await crew.close();
  }
}

function jsonOf(comparison: Comparison): object {
  const { model, data, images, imagesBeside, annTop1, steps, methods, layers, layerImages, claims } = comparison;
  return {
    model,
    data,
    version: manifest.version,
    images,
    imagesBeside,
    annTop1,
    steps,
    methods,
    layers: Object.fromEntries(
      [...layers].map(([name, { figures }]) => [name, figures.map(({ pairs: _, ...rest }) => rest)]),
    ),
    inactivated: Object.fromEntries(
      [...layers].map(
        ([
          name,
          {
            inactivated: { steps, share },
          },
        ]) => [name, { steps, share }],
      ),
    ),
    layerImages,
    claims,
  };
}
