/** What `bsnn convert` takes; what it does is loaded when it is asked for. */

import { type Command, Option } from "commander";
import { integer, jsonOption, names, perInput, range, real, reals, several, sizes } from "./options.ts";

type Run = typeof import("../commands/convert.ts").run;

const EXAMPLES = `
Preprocessing is (sample × scale − mean) / std on samples 0…255, in the model's
channel order; it is folded into the first weights and stored in the file.
The calibration folder holds PNG or JPEG images, or sub-folders of them; a few
dozen to a few hundred like those the network will see are enough. An .npy file
of 8-bit samples (RGB or grey, before preprocessing) does as well.

Input that is no image: --input-range says between which values it lies, and the
calibration set is an .npy file of real values as the model takes them, N×C×H×W
or N×H×W×C (the first where both fit), with axes of size 1 put in or left out.
Values are told apart in 255 steps, or, where the range spans zero, in 255 steps
to either side.

A model of several inputs takes --calibration for each, as NAME=FOLDER or in the
model's order; files of the same name go together, as do entries of arrays.
--input-range and --input-shape are then for all inputs, or NAME=… for one.

Examples:
  $ bsnn convert resnet20.onnx -o resnet20.bsnn.gguf --calibration images/ \\
      --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225
  $ bsnn convert squeezenet.onnx -o squeezenet.bsnn.gguf --calibration images/ \\
      --scale 1 --mean 104,117,123 --channel-order bgr --labels classes.txt
  $ bsnn convert lenet.onnx -o lenet.bsnn.gguf --calibration digits/ \\
      --phases 8 --weight-bits 16 --json
  $ bsnn convert gestures.onnx -o gestures.bsnn.gguf --input-range -4,4 \\
      --calibration recordings.npy
  $ bsnn convert faces.onnx -o faces.bsnn.gguf --outputs scores,offsets \\
      --calibration images/
`;

/** What is for images alone does not go with a range for all inputs. */
function forbidForAll(range: unknown, command: Command): void {
  if (!Array.isArray(range)) return;
  for (const option of command.options) {
    const isOfImages = ["mean", "std", "scale", "channelOrder", "fit"].includes(option.attributeName());
    if (!isOfImages || command.getOptionValueSource(option.attributeName()) !== "cli") continue;
    command.error(`error: option '--input-range <lo,hi>' cannot be used with option '${option.flags}'`);
  }
}

/** Adds `bsnn convert`. */
export function addConvert(program: Command): void {
  program
    .command("convert")
    .summary("turn an ONNX model into a spiking network")
    .usage("MODEL.onnx -o OUT.bsnn.gguf --calibration FOLDER|FILE.npy [options]")
    .description(
      "Converts a trained ReLU network (ONNX) into a bistable spiking network and writes it as one file. Compares both on " +
        "calibration inputs, population by population, and warns where one stands out.",
    )
    .argument("<MODEL.onnx>", "the trained model")
    .requiredOption("-o, --output <file>", "model file to write, OUT.bsnn.gguf")
    .requiredOption("--calibration <folder or file.npy>", "inputs from which scales are chosen", several)
    .option("--calibration-labels <file.npy>", "with an array: the class index of every input, to check the model by")
    .addOption(
      new Option("--phases <K>", "time steps in a period, 1 to 8: bits of a level").argParser(integer(1, 8)).default(7),
    )
    .addOption(new Option("--weight-bits <bits>", "width of the weights").choices(["8", "16"]).default("8"))
    .addOption(new Option("--mean <a,b,c>", "one value, or one per channel").argParser(reals).default([0], "0"))
    .addOption(new Option("--std <a,b,c>", "one value, or one per channel").argParser(reals).default([1], "1"))
    .addOption(
      new Option("--scale <factor>", "what samples are multiplied with")
        .argParser(real)
        .default(0.00392156862745098, "0.00392156862745098, which is 1/255"),
    )
    .addOption(
      new Option("--channel-order <order>", "order of colours the model was trained with")
        .choices(["rgb", "bgr"])
        .default("rgb"),
    )
    .addOption(
      new Option("--coding <coding>", "input as graded current, exact for any K, or as spikes of its K highest bits")
        .choices(["current", "phase"])
        .default("current"),
    )
    .addOption(
      new Option("--fit <fit>", "how images of other proportions are fitted; stored in the file")
        .choices(["stretch", "cover", "contain", "crop"])
        .default("stretch"),
    )
    .option("--labels <file>", "names of the classes, one per line, stored in the file")
    .option("--name <name>", "name stored in the file (default: the model's file name)")
    .addOption(
      new Option(
        "--input-shape <n,c,h,w>",
        "shape of the model's input where the model leaves it open, batch included",
      ).argParser(perInput(sizes)),
    )
    .addOption(
      new Option("--input-range <lo,hi>", "for input that is no image: the values it takes").argParser(perInput(range)),
    )
    .addOption(
      new Option("--outputs <names>", "tensors to end at, separated by commas, and leave out what follows").argParser(
        names,
      ),
    )
    .option("--early", "choose schedules of early firing too, and store them; takes a while")
    .addOption(jsonOption())
    .addHelpText("after", EXAMPLES)
    .action(async (model: string, options: Parameters<Run>[1], command: Command) => {
      forbidForAll(options.inputRange, command);
      await (await import("../commands/convert.ts")).run(model, options);
    });
}
