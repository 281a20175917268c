/** Command lines that are read without the parser, beside what the parser makes of them. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { suite } from "uvu";
import { plainRun } from "../../../hosts/node/program/plain-run.ts";
import { program } from "../../../hosts/node/program/program.ts";

const test = suite("plain runs");

/** What the parser hands to `run`; null where it refuses. */
function parsed(args: readonly string[]): unknown[] | null {
  const command = program("run", () => {}).configureOutput({ writeErr: () => {}, writeOut: () => {} });
  const run = command.commands.find((each) => each.name() === "run")!;
  run.configureOutput({ writeErr: () => {}, writeOut: () => {} }).exitOverride();
  let found: unknown[] | null = null;
  run.action((model, images, options) => {
    found = [model, images, { ...options }];
  });
  try {
    command.parse(args, { from: "user" });
  } catch {
    return null;
  }
  return found;
}

const word = fc.constantFrom(
  ..."a.gguf b.png --json --json=1 --top --top=3 3 0 +3 08 1e1 -3 1000000000 --mode --mode=step step period other --threads 2 32 33".split(
    " ",
  ),
  ..."-- - -t -h --help --to --no-json --tp left=a.png a=b run".split(" "),
  "",
  " 3",
);

test("a line that needs no parser means what the parser makes of it", () => {
  let plain = 0;
  fc.assert(
    fc.property(fc.array(word, { maxLength: 7 }), (words) => {
      const args = ["run", ...words];
      const found = plainRun(args);
      if (!found) return;
      plain++;
      assert.deepEqual(found, parsed(args));
    }),
    { numRuns: 3000 },
  );
  assert.ok(plain > 100, `${plain} of them were plain`);
});

test("plain options are read wherever they stand, and all else is left to the parser", () => {
  const images = ["b.png", "c.png"];
  for (const args of [
    ["--json", "a", "b.png", "--top", "2", "c.png", "--mode", "step", "--threads", "3"],
    [
      "a",
      ...images,
      "--mode",
      "step",
      "--top",
      "9",
      "--threads",
      "32",
      "--top",
      "2",
      "--json",
      "--threads",
      "3",
      "--json",
    ],
  ]) {
    assert.deepEqual(plainRun(["run", ...args]), ["a", images, { top: 2, mode: "step", threads: 3, json: true }]);
  }
  assert.deepEqual(plainRun(["run", "a", "b.png"]), ["a", ["b.png"], { top: 5, mode: "period", threads: 1 }]);
  for (const line of [
    "",
    "run",
    "run a",
    "run a b --help",
    "run a b --top 0",
    "run a b --top",
    "run a b --mode fast",
    "run a b --threads 0",
    "run a b --threads 33",
    "run a b --threads",
  ]) {
    assert.equal(plainRun(line.split(" ")), null, line);
  }
  assert.equal(plainRun(["inspect", "a", "b.png"]), null);
});

test.run();
