#!/usr/bin/env node
/** The `bsnn` command. Exit codes: 0 done, 2 bad input or usage, 1 a failure inside. */

import { format } from "node:util";
import { Command, CommanderError } from "commander";
import manifest from "../../package.json" with { type: "json" };
import { addCompare } from "./program/compare.ts";
import { addConvert } from "./program/convert.ts";
import { addData } from "./program/data.ts";
import { addEval } from "./program/eval.ts";
import { addInspect } from "./program/inspect.ts";
import { askForOptionsLast } from "./program/required.ts";
import { addRun } from "./program/run.ts";
import { addTrace } from "./program/trace.ts";
import { reportFailure } from "./report/failure.ts";
import { plain, plainLines } from "./report/plain.ts";
import { toTerminal } from "./report/standard-output.ts";
import { print } from "./report/terminal.ts";

const EXAMPLES = `
Examples:
  $ bsnn convert resnet20.onnx -o resnet20.bsnn.gguf --calibration images/
  $ bsnn run resnet20.bsnn.gguf cat.png
  $ bsnn eval resnet20.bsnn.gguf --data test/ --onnx resnet20.onnx
  $ bsnn inspect resnet20.bsnn.gguf
  $ bsnn trace resnet20.bsnn.gguf cat.png --report trace.html

Exit codes: 0 done, 2 bad input or usage, 1 a failure inside.
`;

const COMMANDS: Readonly<Record<string, (program: Command) => void>> = {
  convert: addConvert,
  run: addRun,
  eval: addEval,
  inspect: addInspect,
  compare: addCompare,
  trace: addTrace,
  data: addData,
};

/**
 * @param name what was asked for: where it is a command, no other has to be there
 * @param printed is given what goes to standard output
 */
function program(name: string | undefined, printed: (text: string) => void): Command {
  const command = new Command("bsnn")
    .description("Turns trained ReLU networks (ONNX) into bistable spiking neural networks and runs them.")
    .version(manifest.version)
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError("(--help shows the options and examples)")
    .configureOutput({
      writeOut: printed,
      getOutHelpWidth: () => (toTerminal() ? process.stdout.columns : undefined!),
      // There are none that would have to be taken out.
      getOutHasColors: () => true,
      writeErr: (text) => process.stderr.write(plainLines(text)),
      outputError: (text, write) => {
        // An argument makes no lines of its own; a suggestion is one.
        const [end] = text.match(/(?:\n\(Did you mean [^\n]*\))?\n$/) ?? [""];
        write(plain(text.slice(0, text.length - end.length)) + end);
      },
    })
    .exitOverride();
  const asked = name !== undefined && Object.hasOwn(COMMANDS, name) ? [COMMANDS[name]] : Object.values(COMMANDS);
  for (const add of asked) add(command);
  for (const each of command.commands) askForOptionsLast(each);
  return command;
}

/** Runs one command line and returns its exit code. */
async function main(args: readonly string[]): Promise<number> {
  let text = "";
  const parsed = program(args[0], (more) => {
    text += more;
  });
  try {
    try {
      await parsed.parseAsync(args, { from: "user" });
    } finally {
      if (text !== "") await print(text);
    }
    return 0;
  } catch (error) {
    // Commander says by itself what is wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return reportFailure("bsnn", error);
  }
}

// Libraries that log must not mix into results: standard output carries nothing else.
// What they say may hold names from a model.
const say = (...parts: readonly unknown[]): void => {
  process.stderr.write(`${plainLines(format(...parts))}\n`);
};
Object.assign(console, { log: say, info: say, debug: say, warn: say, error: say });

// Not by process.exitCode: a library's idle worker must not keep a finished command alive.
process.exit(await main(process.argv.slice(2)));
