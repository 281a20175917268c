/** What `bsnn trace` takes; what it does is loaded when it is asked for. */

import type { Command } from "commander";
import { jsonOption, several } from "./options.ts";

type Run = typeof import("../commands/trace.ts").run;

const EXAMPLES = `
The report is one HTML file that needs neither a script nor the network. Neurons
whose potential is drawn are chosen where --neuron names none: the most active of
the first, a middle and the last population, and one that stayed silent though
its excitation came before its inhibition.

Examples:
  $ bsnn trace resnet20.bsnn.gguf cat.png --report trace.html
  $ bsnn trace resnet20.bsnn.gguf cat.png --report trace.html --neuron 3:0,0,5 --delay exact
  $ bsnn trace resnet20.bsnn.gguf cat.png --npz spikes.npz --nir-data spikes.h5 --csv numbers/
`;

/** Adds `bsnn trace`. */
export function addTrace(program: Command): void {
  program
    .command("trace")
    .usage("MODEL.bsnn.gguf IMAGE --report TRACE.html [options]")
    .summary("draw what every neuron does with one image")
    .description(
      "Runs a model on one input step by step and writes what its neurons do as a report with pictures, and as files for Python.",
    )
    .argument("<MODEL.bsnn.gguf>", "a converted model")
    .argument(
      "<IMAGE...>",
      "a PNG or JPEG file, resized where its size differs, or an .npy file of one input; of several inputs one each",
    )
    .option("--report <file>", "write the report, TRACE.html")
    .option("--npz <file>", "write spikes, levels and potentials for NumPy")
    .option("--nir-data <file>", "write spikes as NIRData events (HDF5), for nir.read_data")
    .option("--csv <folder>", "write the numbers of every picture of the report")
    .option("--neuron <population:y,x,c>", "follow this neuron; may be given several times", several)
    .option("--delay <delay>", "fire early, by a schedule of the file (exact, close, fast) or 1…K")
    .addOption(jsonOption())
    .addHelpText("after", EXAMPLES)
    .action(async (...given: Parameters<Run>) => (await import("../commands/trace.ts")).run(...given));
}
