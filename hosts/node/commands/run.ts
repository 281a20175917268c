import type { Command } from "commander";
import type { Classification, Mode, Network, Output } from "../../../bindings/types.ts";
import { type Item, inputOf, itemsOfFile } from "../data/inputs.ts";
import { loadModel } from "../model-file.ts";
import { print, printJson, shapeText, significant, table } from "../report/terminal.ts";
import { integer, jsonOption, modeOption } from "./options.ts";

interface Options {
  top: number;
  mode: Mode;
  json?: true;
}

interface Answer {
  readonly file: string;
  readonly top: readonly Classification[];
  /** Of networks that do not classify. */
  readonly outputs: readonly Output[];
}

const EXAMPLES = `
Values are those of the original network's output: logits where it ended in a
softmax, which conversion drops.

Examples:
  $ bsnn run resnet20.bsnn.gguf cat.png dog.jpg
  $ bsnn run resnet20.bsnn.gguf cat.png --top 1 --mode step --json
  $ bsnn run gestures.bsnn.gguf recording.npy
`;

async function answer(network: Network, item: Item, options: Options): Promise<Answer> {
  const samples = await item.read();
  const file = item.name;
  if (!network.classifier) return { file, top: [], outputs: network.run(samples, { mode: options.mode }).outputs };
  return { file, top: network.classify(samples, { mode: options.mode, top: options.top }), outputs: [] };
}

function answerText({ file, top, outputs }: Answer): string {
  const classes = top.map(({ index, label, value }) => [String(index), label, significant(value, 4)]);
  const summaries = outputs.map((output) => {
    const { values } = output;
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const extremes = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
    return [output.name, shapeText(output), ...[extremes[0], mean, extremes[1]].map((value) => significant(value, 4))];
  });
  const body =
    classes.length > 0
      ? table(["class", "label", "value"], classes)
      : table(["output", "shape", "least", "mean", "greatest"], summaries);
  return `${file}\n${body}\n`;
}

function answerJson({ file, top, outputs }: Answer): object {
  if (outputs.length === 0) return { file, top };
  return {
    file,
    outputs: outputs.map(({ name, height, width, channels, values }) => ({
      name,
      shape: [height, width, channels],
      values: Array.from(values),
    })),
  };
}

async function run(modelPath: string, files: string[], options: Options): Promise<void> {
  const { network } = await loadModel(modelPath);
  const answers: Answer[] = [];
  for (const file of files) {
    for (const item of await itemsOfFile(file, modelPath, inputOf(network))) {
      const found = await answer(network, item, options);
      answers.push(found);
      if (!options.json) await print(`${answers.length > 1 ? "\n" : ""}${answerText(found)}`);
    }
  }
  if (options.json) {
    const { phases, latency: steps, build: simd } = network;
    await printJson({ model: modelPath, mode: options.mode, simd, phases, steps, images: answers.map(answerJson) });
  }
}

/** Adds `bsnn run`. */
export function addRun(program: Command): void {
  program
    .command("run")
    .usage("MODEL.bsnn.gguf IMAGE… [options]")
    .summary("classify images")
    .description(
      "Runs a model on images or arrays and prints the best classes with their values (of a model that is no classifier, its outputs).",
    )
    .argument("<MODEL.bsnn.gguf>", "a converted model")
    .argument("<IMAGE...>", "PNG or JPEG files, resized where their size differs from the model's input, or .npy files")
    .option("--top <n>", "how many classes to print", integer(1), 5)
    .addOption(modeOption())
    .addOption(jsonOption())
    .addHelpText("after", EXAMPLES)
    .action(run);
}
