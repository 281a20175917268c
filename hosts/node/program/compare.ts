/** What `bsnn compare` takes; what it does is loaded when it is asked for. */

import { type Command, Option } from "commander";
import { amount, integer, jsonOption, names, positive, sizes } from "./options.ts";

type Run = typeof import("../commands/compare.ts").run;

const EXAMPLES = `
Methods: bistable (at several numbers of phases), presentations (with carry), early
(early firing), no-synchronous, phase (phase coding without bistability), if-max,
if-max-half, if-percentile, if-percentile-half (integrate-and-fire, rate coded),
few-spikes, quantised-ann. All run in the same engine, in integers, on the same
images. Those that must be set are set on calibration images, and say how.

What has been found is kept in a folder as it comes, so that the same command goes on
where it was interrupted; --keep names the folder and keeps it for good.

Examples:
  $ bsnn compare resnet20.bsnn.gguf --onnx resnet20.onnx --data cifar10/test \\
      --calibration cifar10/train --limit 100 --report resnet20.html
  $ bsnn compare resnet20.bsnn.gguf --onnx resnet20.onnx --data cifar10/test \\
      --calibration cifar10/train --methods bistable,early,if-max --json
`;

/** Adds `bsnn compare`. */
export function addCompare(program: Command): void {
  program
    .command("compare")
    .usage("MODEL.bsnn.gguf --onnx MODEL.onnx --data FOLDER --calibration FOLDER [options]")
    .summary("measure earlier conversions beside the bistable network")
    .description(
      "Measures how many time steps, spikes and operations the bistable network and earlier conversions of the same original need.",
    )
    .argument("<MODEL.bsnn.gguf>", "a converted model")
    .requiredOption("--onnx <MODEL.onnx>", "the original")
    .requiredOption("--data <folder or file.npy>", "images, one sub-folder per class, or an array of inputs")
    .requiredOption("--calibration <folder or file.npy>", "other inputs, to set the methods by")
    .option("--data-labels <file.npy>", "with an array: the class index of every input")
    .option("--limit <n>", "visit n inputs, evenly spread", integer(1))
    .option("--minutes <n>", "measure for so long, as many inputs as fit", positive)
    .option("--beside <n>", "inputs for thresholds that are not the best", integer(1), 20)
    .option("--steps <n>", "time steps of runs that go on", integer(1, 65536), 512)
    .addOption(new Option("--methods <names>", "only these, separated by commas").argParser(names))
    .addOption(
      new Option("--phases <numbers>", "phases of the bistable network, 1 to 8")
        .argParser(sizes)
        .default([1, 2, 3, 4, 5, 6, 7, 8], "1,2,…,8"),
    )
    .addOption(new Option("--input-shape <n,c,h,w>", "as given to convert").argParser(sizes))
    .addOption(new Option("--outputs <names>", "as given to convert").argParser(names))
    .option("--workers <n>", "run on n threads; the figures stay the same", integer(1, 256), 1)
    .option("--report <file.html>", "write a report with pictures")
    .option("--csv <folder>", "write the report's numbers, a file per picture")
    .option("--keep <folder>", "keep what has been found there")
    .option("--mac <pJ>", "energy of a multiply-accumulate", amount, 4.6)
    .option("--ac <pJ>", "energy of an accumulate", amount, 0.9)
    .option("--access <pJ>", "energy of an access to 32 bits of on-chip memory", amount, 5)
    .addOption(jsonOption())
    .addHelpText("after", EXAMPLES)
    .action(async (...given: Parameters<Run>) => (await import("../commands/compare.ts")).run(...given));
}
