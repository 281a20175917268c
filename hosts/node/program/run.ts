/** What `bsnn run` takes; what it does is loaded when it is asked for. */

import type { Command } from "commander";
import { integer, jsonOption, modeOption, threadsOption } from "./options.ts";

type Run = typeof import("../commands/run.ts").run;

const EXAMPLES = `
Values are those of the original network's output: logits where it ended in a
softmax, which conversion drops.

A model of several inputs takes as many files for each answer, in its order, or by
name: left=a.png right=b.png.

Examples:
  $ bsnn run resnet20.bsnn.gguf cat.png dog.jpg
  $ bsnn run resnet20.bsnn.gguf cat.png --top 1 --mode step --json
  $ bsnn run vgg16.bsnn.gguf cat.png --threads 2
  $ bsnn run gestures.bsnn.gguf recording.npy
`;

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
    .addOption(threadsOption())
    .addOption(jsonOption())
    .addHelpText("after", EXAMPLES)
    .action(async (...given: Parameters<Run>) => (await import("../commands/run.ts")).run(...given));
}
