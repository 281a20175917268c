/** What `bsnn inspect` takes; what it does is loaded when it is asked for. */

import type { Command } from "commander";
import { jsonOption } from "./options.ts";

type Run = typeof import("../commands/inspect.ts").run;

const EXAMPLES = `
Examples:
  $ bsnn inspect resnet20.bsnn.gguf
  $ bsnn inspect resnet20.bsnn.gguf --json
`;

/** Adds `bsnn inspect`. */
export function addInspect(program: Command): void {
  program
    .command("inspect")
    .summary("show what a model file holds")
    .description(
      "Shows the populations and projections of a model, their sizes and synapses, time steps and preprocessing.",
    )
    .argument("<MODEL.bsnn.gguf>", "a converted model")
    .addOption(jsonOption())
    .addHelpText("after", EXAMPLES)
    .action(async (...given: Parameters<Run>) => (await import("../commands/inspect.ts")).run(...given));
}
