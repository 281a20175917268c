/** What `bsnn data` takes; what it does is loaded when it is asked for. */

import { Argument, type Command } from "commander";
import { jsonOption } from "./options.ts";

type Run = typeof import("../commands/data.ts").run;

const EXAMPLES = `
Archives are checked by their SHA-256 and stay in the folder. A download or an
unpacking that was interrupted goes on where it stopped. Without a connection,
put the archive into the folder and run this again.

Examples:
  $ bsnn data cifar10 cifar10/
  $ bsnn data mnist mnist/ --from https://mirror.example/mnist/
`;

/** Adds `bsnn data`. */
export function addData(program: Command): void {
  program
    .command("data")
    .usage("cifar10|cifar100|mnist FOLDER [options]")
    .summary("download published images, one folder per class")
    .description(
      "Downloads the official archives of a data set and unpacks them as PNG files: FOLDER/train and FOLDER/test, one folder per class.",
    )
    .addArgument(new Argument("<SET>", "the data set").choices(["cifar10", "cifar100", "mnist"]))
    .argument("<FOLDER>", "where to put it; made where it is missing")
    .option("--from <URL>", "a folder on another server that has the archives")
    .addOption(jsonOption())
    .addHelpText("after", EXAMPLES)
    .action(async (...given: Parameters<Run>) => (await import("../commands/data.ts")).run(...given));
}
