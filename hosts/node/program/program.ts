/** The command lines of `bsnn`, all of its commands. */

import { Command, CommanderError } from "commander";
import manifest from "../../../package.json" with { type: "json" };
import { plain, plainLines } from "../report/plain.ts";
import { toTerminal } from "../report/standard-output.ts";
import { print } from "../report/terminal.ts";
import { addCompare } from "./compare.ts";
import { addConvert } from "./convert.ts";
import { addData } from "./data.ts";
import { addEval } from "./eval.ts";
import { addInspect } from "./inspect.ts";
import { askForOptionsLast } from "./required.ts";
import { addRun } from "./run.ts";
import { addTrace } from "./trace.ts";

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
export function program(name: string | undefined, printed: (text: string) => void): Command {
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

/**
 * Does what a command line says.
 * @returns the exit code, where it was no failure of what it does
 * @throws what its command throws
 */
export async function runProgram(args: readonly string[]): Promise<0 | 2> {
  let text = "";
  const parsed = program(args[0], (more) => {
    text += more;
  });
  try {
    await parsed.parseAsync(args, { from: "user" });
  } catch (error) {
    // Commander says by itself what is wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  } finally {
    if (text !== "") await print(text);
  }
  return 0;
}
