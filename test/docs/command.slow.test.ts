/** docs/command.md names the options that the commands have. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "uvu";
import { assertContains } from "../support/contains.ts";
import { bsnn } from "../support/hosts/command.ts";

const page = readFileSync(new URL("../../docs/command.md", import.meta.url), "utf8");
const sections = new Map(page.split(/^## /m).map((text) => [text.slice(0, text.indexOf("\n")), text]));

/** The names at the beginning of the lines that a help text has under a heading. */
function listed(help: string, heading: string, name: RegExp): string[] {
  const [, text] = help.split(`\n${heading}:\n`);
  return [...text.split("\n\n")[0].matchAll(name)].map(([, found]) => found);
}

const commands = listed(bsnn("--help").stdout, "Commands", /^ {2}(\w+) /gm).filter((name) => name !== "help");

test("docs/command.md has a section for every command", () => {
  assert.equal(commands.length, 7);
  for (const command of commands) assert.ok(sections.has(command), command);
});

for (const command of commands) {
  test(`docs/command.md has every option of ${command}, and none besides`, () => {
    const section = sections.get(command)!;
    const rows = section.split("\n").filter((line) => line.startsWith("| `-"));
    const named = rows.flatMap((row) => [...row.split(" | ")[0].matchAll(/--[a-z-]+/g)].map(([name]) => name));
    if (rows.length === 0) named.push("--json");
    const options = listed(bsnn(command, "--help").stdout, "Options", /^ {2}(?:-\w, )?(--[a-z-]+)/gm);
    assert.deepEqual(named.toSorted(), options.filter((name) => name !== "--help").toSorted());
    assertContains(section, "`--json`");
  });
}

test.run();
