/** Progress where there is no terminal: a line now and then, none for short work. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { Progress } from "../../../../hosts/node/report/progress.ts";

test("a line comes every half minute", () => {
  const { stderr } = process;
  const [write, isTTY] = [stderr.write, stderr.isTTY];
  const lines: string[] = [];
  let now = 0;
  try {
    stderr.isTTY = false;
    stderr.write = ((text: string) => lines.push(text) > 0) as typeof stderr.write;
    const progress = new Progress(() => now);
    for (let done = 1; done <= 100; done++, now += 1000) progress.update("evaluate", done, 100);
    progress.stop();
  } finally {
    stderr.write = write;
    stderr.isTTY = isTTY;
  }
  assert.deepEqual(lines, ["evaluate: 31/100\n", "evaluate: 61/100\n", "evaluate: 91/100\n"]);
});

test.run();
