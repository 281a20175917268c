/** Options that have to be there, looked for after those that nobody knows: the one may be the other, mistyped. */

import type { Command } from "commander";

/** Has a command ask for its mandatory options when all that it was given is known. */
export function askForOptionsLast(command: Command): void {
  const required = command.options.filter(({ mandatory }) => mandatory);
  for (const option of required) option.makeOptionMandatory(false);
  command.hook("preAction", () => {
    const missing = required.find((option) => command.getOptionValue(option.attributeName()) === undefined);
    if (missing) command.error(`error: required option '${missing.flags}' not specified`);
  });
}
