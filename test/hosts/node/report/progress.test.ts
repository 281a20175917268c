/** Progress where there is no terminal: a line now and then, none for short work. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { Progress } from "../../../../hosts/node/report/progress.ts";

test("a line comes every half minute, with the time that is left of the stage", () => {
  const { stderr } = process;
  const [write, isTTY] = [stderr.write, stderr.isTTY];
  const lines: string[] = [];
  let now = 0;
  try {
    stderr.isTTY = false;
    stderr.write = ((text: string) => lines.push(text) > 0) as typeof stderr.write;
    const progress = new Progress(() => now);
    for (let done = 1; done <= 100; done++, now += 1000) progress.update("evaluate", done, 100);
    for (let done = 0; done <= 10; done++, now += 60_000) progress.update("quantise", done, 10);
    progress.stop();
  } finally {
    stderr.write = write;
    stderr.isTTY = isTTY;
  }
  const evaluated = ["31/100, 67 s left", "61/100, 39 s left", "91/100, 9 s left"];
  assert.deepEqual(
    lines.slice(0, 3),
    evaluated.map((line) => `evaluate: ${line}\n`),
  );
  const quantised = ["1/10, 9 min left", "2/10, 8 min left", "9/10, 60 s left", "10/10"];
  assert.deepEqual(
    [...lines.slice(3, 5), ...lines.slice(-2)],
    quantised.map((line) => `quantise: ${line}\n`),
  );
});

test.run();
