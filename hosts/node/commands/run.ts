/** `bsnn run`: a model on images or arrays. */

import type { Classification, Mode, Network, Output } from "../../../bindings/types.ts";
import { type Item, inputOf } from "../data/inputs.ts";
import { eachItem } from "../data/sources.ts";
import { loadModel } from "../networks/model.ts";
import { OutputDigest } from "../report/digest.ts";
import { answerJson, printJson, runJson } from "../report/json.ts";
import { plain } from "../report/plain.ts";
import { print, significant, table } from "../report/terminal.ts";

interface Options {
  top: number;
  mode: Mode;
  threads: number;
  json?: true;
}

interface Answer {
  readonly file: string;
  /** Empty where the network is no classifier. */
  readonly top: readonly Classification[];
  readonly outputs: readonly Output[];
}

async function answer(network: Network, item: Item, { mode, top }: Options): Promise<Answer> {
  const samples = await item.read();
  if (!network.classifier) return { file: item.name, top: [], outputs: network.run(samples, { mode }).outputs };
  return { file: item.name, top: network.classify(samples, { mode, top }), outputs: network.outputs() };
}

function answerText({ file, top, outputs }: Answer): string {
  const classes = top.map(({ index, label, value }) => [String(index), label, significant(value, 4)]);
  const summaries = outputs.map((output) => {
    const { values } = output;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const extremes = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
    return [
      output.name,
      output.shape.join("×"),
      ...[extremes[0], mean, extremes[1]].map((value) => significant(value, 4)),
    ];
  });
  const body =
    classes.length > 0
      ? table(["class", "label", "value"], classes)
      : table(["output", "shape", "least", "mean", "greatest"], summaries);
  return `${plain(file)}\n${body}\n`;
}

/** Does what `bsnn run` was told. */
export async function run(modelPath: string, files: string[], options: Options): Promise<void> {
  const { network } = await loadModel(modelPath, options.threads);
  const answers: Answer[] = [];
  for await (const item of eachItem(files, modelPath, inputOf(network))) {
    const found = await answer(network, item, options);
    answers.push(found);
    if (!options.json) await print(`${answers.length > 1 ? "\n" : ""}${answerText(found)}`);
  }
  if (!options.json) return;
  const digest = new OutputDigest();
  for (const { outputs } of answers) digest.add(outputs);
  const images = answers.map(({ file, top, outputs }) => ({ file, ...answerJson(top, outputs) }));
  await printJson({ ...runJson(modelPath, options.mode, network), images, digest: digest.hex() });
}
