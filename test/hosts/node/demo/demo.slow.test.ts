/** The demo runs and says what it promises. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import { assertContains } from "../../../support/contains.ts";

const DEMO = fileURLToPath(new URL("../../../../dist/demo.js", import.meta.url));

/** The number in the line of a figure. */
function figure(text: string, name: string): number {
  const line = text.split("\n").find((candidate) => candidate.startsWith(name));
  assert.ok(line, `the demo shows ${name}`);
  return Number.parseFloat((line as string).slice(name.length).replaceAll("\u202f", ""));
}

test("the demo converts, recognises its digits both ways with the same bits, and shows the figures", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [DEMO], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  assert.equal(stderr, "");
  assertContains(stdout, "ANN 7  BSNN 7");
  assert.ok(figure(stdout, "ANN right") >= 95);
  assert.ok(figure(stdout, "BSNN right") >= 95);
  assert.ok(figure(stdout, "same answer") >= 98);
  assert.ok(figure(stdout, "relative error of the logits") < 0.05);
  assert.equal(figure(stdout, "time steps to the answer"), 50);
  for (const name of ["spikes per image", "synaptic operations per image", "ANN's multiply-accumulates"]) {
    assert.ok(figure(stdout, name) > 1000, name);
  }
  for (const name of ["time per image, period mode", "time per image, step mode", "time per image, ANN"]) {
    assert.ok(figure(stdout, name) > 0, name);
  }
  assertContains(stdout, "equal to the bit");
});

test.run();
