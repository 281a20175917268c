/** docs/command.md names the options that the commands have. */

import { readFileSync } from "node:fs";
import { Command } from "commander";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { addConvert } from "../../hosts/node/commands/convert.ts";
import { addEval } from "../../hosts/node/commands/eval.ts";
import { addInspect } from "../../hosts/node/commands/inspect.ts";
import { addRun } from "../../hosts/node/commands/run.ts";

const page = readFileSync(new URL("../../docs/command.md", import.meta.url), "utf8");
const sections = new Map(page.split(/^## /m).map((text) => [text.slice(0, text.indexOf("\n")), text]));

const program = new Command();
for (const add of [addConvert, addRun, addEval, addInspect]) add(program);

for (const command of program.commands) {
  test(`docs/command.md has every option of ${command.name()}, and none besides`, () => {
    const section = sections.get(command.name())!;
    const rows = section.split("\n").filter((line) => line.startsWith("| `-"));
    const named = rows.flatMap((row) => [...row.split(" | ")[0].matchAll(/--[a-z-]+/g)].map(([name]) => name));
    if (rows.length === 0) named.push("--json");
    assert.equal(named.toSorted(), command.options.map(({ long }) => long).toSorted());
    assert.match(section, "`--json`");
  });
}

test.run();
