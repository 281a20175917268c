/** A failure is told in as many lines as there are things at fault, whatever they are called. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { ConversionError } from "../../../../convert/errors.ts";
import { InputError, reportFailure } from "../../../../hosts/node/report/failure.ts";

/** What is written on standard error. */
function told(error: unknown): string {
  const { write } = process.stderr;
  let text = "";
  process.stderr.write = (chunk) => {
    text += chunk;
    return true;
  };
  try {
    assert.equal(reportFailure("bsnn", error), 2);
  } finally {
    process.stderr.write = write;
  }
  return text;
}

const refusal = new ConversionError("unsupported", "two things:", { details: ["a\n\x1b[2J", "b"] });

test("one line for each detail, by itself and with a path before it", () => {
  const lines = "two things:\n  a\ufffd\ufffd[2J\n  b\n";
  assert.equal(told(refusal), `bsnn: ${lines}`);
  const named = new InputError(`odd\n.onnx: ${refusal.message}`, { cause: refusal });
  assert.equal(told(named), `bsnn: odd\ufffd.onnx: ${lines}`);
});

test("one line where nothing is told in parts", () => {
  assert.equal(told(new ConversionError("bad-model", "a\nb")), "bsnn: a\ufffdb\n");
  assert.equal(told(new InputError("c\nd", { cause: refusal })), "bsnn: c\ufffdd\n");
});

test.run();
