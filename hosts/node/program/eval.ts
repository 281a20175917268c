/** What `bsnn eval` takes; what it does is loaded when it is asked for. */

import { type Command, Option } from "commander";
import { integer, jsonOption, modeOption, names, perInput, several, sizes, threadsOption } from "./options.ts";

type Run = typeof import("../commands/eval.ts").run;

const EXAMPLES = `
The folder has one sub-folder per class. The class index is the position of its
name in sorted order, or the number itself where every name is a number. Images
are visited in sorted path order. An .npy file holds inputs as convert describes
them; their classes, if known, are another array of whole numbers.

In --json, top1, top5 and agreement are shares from 0 to 1; the digest is the
SHA-256 over the output potentials.

Examples:
  $ bsnn eval resnet20.bsnn.gguf --data cifar10/test --onnx resnet20.onnx
  $ bsnn eval resnet20.bsnn.gguf --data cifar10/test --limit 20 --mode step --json
  $ bsnn eval resnet20.bsnn.gguf --data cifar10/test --workers 4
  $ bsnn eval resnet20.bsnn.gguf --data cifar10/test --mode step --delay exact
  $ bsnn eval resnet20.bsnn.gguf --data cifar10/test --neurobench --json
`;

/** Adds `bsnn eval`. */
export function addEval(program: Command): void {
  program
    .command("eval")
    .usage("MODEL.bsnn.gguf --data FOLDER|FILE.npy [options]")
    .summary("measure a model on a folder of images or an array")
    .description(
      "Measures accuracy, spikes, operations and time of a model on labelled inputs, and compares it with the original.",
    )
    .argument("<MODEL.bsnn.gguf>", "a converted model")
    .requiredOption("--data <folder or file.npy>", "images, one sub-folder per class, or an array of inputs", several)
    .option("--data-labels <file.npy>", "with an array: the class index of every input")
    .option("--limit <n>", "visit the first n inputs only", integer(1))
    .option("--onnx <MODEL.onnx>", "run the original on the same inputs too, and compare")
    .addOption(new Option("--input-shape <n,c,h,w>", "with --onnx: as given to convert").argParser(perInput(sizes)))
    .addOption(new Option("--outputs <names>", "with --onnx: as given to convert").argParser(names))
    .addOption(modeOption())
    .option(
      "--registers <n>",
      "with --mode step: per neuron; 2 take an input every K steps, 1 every 2·K",
      integer(1, 2),
    )
    .option("--delay <delay>", "with --mode step: fire early, by a schedule of the file (exact, close, fast) or 1…K")
    .option("--workers <n>", "run on n threads; order and digest stay the same", integer(1, 256), 1)
    .addOption(threadsOption())
    .option(
      "--neurobench",
      "count NeuroBench's metrics too, by its definitions; every input runs once more, step by step",
    )
    .addOption(jsonOption())
    .addHelpText("after", EXAMPLES)
    .action(async (...given: Parameters<Run>) => (await import("../commands/eval.ts")).run(...given));
}
