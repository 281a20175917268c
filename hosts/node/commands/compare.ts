/** `bsnn compare`: the bistable network beside earlier conversions of the same original. */

import { type LabNetwork, load } from "../../../bindings/lab.ts";
import { claimsOf } from "../compare/claims.ts";
import type { Comparison } from "../compare/comparison.ts";
import { openCrew } from "../compare/crew.ts";
import { Kept } from "../compare/keep.ts";
import { METHODS, type Method, type MethodName } from "../compare/methods.ts";
import { Networks } from "../compare/networks.ts";
import { Plan } from "../compare/plan.ts";
import { lookAtLayers, measureAll } from "../compare/run.ts";
import { type Example, SettingSearch } from "../compare/settings.ts";
import { type Summary, summarise } from "../compare/summary.ts";
import { checkClasses } from "../data/classes.ts";
import { readInput } from "../data/file.ts";
import { type Item, inputOf, itemsOf, readData } from "../data/inputs.ts";
import { withLabels } from "../data/labels.ts";
import { spread } from "../data/spread.ts";
import { loadCompared } from "../networks/compared.ts";
import { refusalOf } from "../networks/model.ts";
import { InputError } from "../report/failure.ts";
import { printJson } from "../report/json.ts";
import { checkWritable } from "../report/output-file.ts";
import { Progress } from "../report/progress.ts";
import { argmax } from "../report/scores.ts";
import { count, note, percent, print, significant, table } from "../report/terminal.ts";

interface Options {
  onnx: string;
  data: string;
  calibration: string;
  dataLabels?: string;
  limit?: number;
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
const LAYER_IMAGES = 8;

function methodNames({ methods }: Options): MethodName[] {
  const known = Object.keys(METHODS) as MethodName[];
  const odd = methods?.find((name) => !known.includes(name as MethodName));
  if (odd !== undefined) throw new InputError(`--methods: found '${odd}'; there are ${known.join(", ")}`);
  return known.filter((name) => methods?.includes(name) ?? true);
}

async function readItems(modelPath: string, network: LabNetwork, options: Options): Promise<Item[]> {
  const data = await readData(options.data, "test");
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
  const held = claims.map(({ claim, holds, found }) => [
    holds === null ? "not told" : holds ? "holds" : "fails",
    claim,
    found,
  ]);
  return [
    `${model}: ${images} images, ANN top-1 ${percent(annTop1)}, ${network.phases} phases`,
    "",
    table(head, rows),
    "",
    table(["", "claim", "found"], held),
    "",
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
  const inputs = [modelPath, options.onnx, options.data, options.calibration, options.dataLabels];
  if (options.report !== undefined) {
    await checkWritable(
      options.report,
      inputs.filter((path) => path !== undefined),
    );
  }
  const original = await loadCompared(options.onnx, modelPath, network, options);
  const items = await readItems(modelPath, network, options);
  const calibration = spread(
    itemsOf(await readData(options.calibration, "train"), modelPath, inputOf(network)),
    CONVERTED,
  );
  const kept = await Kept.open(
    [
      file,
      await readInput(options.onnx),
      JSON.stringify([items.map(({ name }) => name), calibration.map(({ name }) => name), options.steps]),
    ],
    options.keep,
  );
  if (kept.count > 0) note(`note: goes on from ${count(kept.count)} results in ${kept.folder}`);
  const progress = new Progress();
  const crew = openCrew(options.workers);
  try {
    const inputs = await Promise.all(calibration.map((item) => item.read()));
    const answer = async (samples: Uint8Array) => (await original.answer(samples))[0];
    const answers: Float32Array[] = [];
    for (const item of items) {
      answers.push(await answer(await item.read()));
      progress.update("original", answers.length, items.length);
    }
    const examples: Example[] = [];
    for (const samples of spread(inputs, TRIED)) examples.push({ samples, logits: await answer(samples) });
    let search: SettingSearch | null = null;
    const trials = names
      .filter((name) => name.startsWith("if-"))
      .reduce((sum, name) => sum + SettingSearch.trials(name), 0);
    let tried = 0;
    const settingOf = (name: MethodName) =>
      kept.json(`setting-${name}.json`, () => {
        search ??= new SettingSearch(network, spread(inputs, RANGED), examples);
        return search.choose(name, () => progress.update("set thresholds", ++tried, trials));
      });
    const networks = new Networks(kept, network, { model: modelPath, onnx: options.onnx }, inputs, options);
    const plan = new Plan(network, networks, options, settingOf);
    const methods: Method[] = [];
    for (const name of names) methods.push(await plan.method(name));
    await measureAll(methods, items, answers, { kept, networks, crew, progress });
    const looked = spread(items, LAYER_IMAGES);
    const layers = await lookAtLayers(methods, looked, original, network, networks, (done, total) =>
      progress.update("look at layers", done, total),
    );
    progress.stop();
    const labelled = items.flatMap(({ label }, k) => (label === null ? [] : [Number(argmax(answers[k]) === label)]));
    const annTop1 = labelled.length === 0 ? null : labelled.reduce((sum, right) => sum + right, 0) / labelled.length;
    const summaries = methods.map((method) => summarise(method, kept, items.length, annTop1));
    const comparison: Comparison = {
      model: modelPath,
      network,
      images: items.length,
      annTop1,
      methods: summaries,
      layers,
      layerImages: looked.length,
      claims: claimsOf(summaries, {
        layers,
        steps: options.steps,
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

function jsonOf({ model, images, annTop1, methods, layers, layerImages, claims }: Comparison): object {
  return {
    model,
    images,
    annTop1,
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
