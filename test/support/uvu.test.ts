/** Whatever a test throws, uvu can tell it. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { ConversionError } from "../../convert/errors.ts";
import { readable } from "./uvu.ts";

test("errors that uvu can read stay as they are", () => {
  for (const error of [new Error("plain"), new assert.AssertionError({ actual: 1, expected: 2, operator: "equal" })]) {
    assert.equal(readable(error), error);
  }
});

test("all others become errors whose texts uvu can read, and say what they were", () => {
  const refused = new ConversionError("unsupported", "it cannot be converted", { details: ["for this", "and that"] });
  const nameless = Object.assign(new Error("odd"), { name: undefined });
  for (const [thrown, text] of [
    [refused, "ConversionError: it cannot be converted\n  for this\n  and that"],
    [nameless, "odd"],
    ["a text", "'a text'"],
    [undefined, "undefined"],
    [null, "null"],
    [{ details: [1] }, "{ details: [ 1 ] }"],
  ] as const) {
    const error = readable(thrown);
    assert.ok(error instanceof Error && error.message.includes(text), `${error.message} instead of ${text}`);
    const { name, details, operator } = error as unknown as Record<string, unknown>;
    assert.deepEqual([name, details, operator], ["Error", undefined, undefined]);
    if (thrown instanceof Error) assert.equal(error.stack, thrown.stack);
  }
});

test.run();
