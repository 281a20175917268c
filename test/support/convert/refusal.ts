/** How graphs that cannot be expressed are refused. */

import assert from "node:assert/strict";
import { ConversionError } from "../../../convert/errors.ts";
import type { InputOptions } from "../../../convert/form/input.ts";
import { type ReadOptions, readModel } from "../../../convert/graph/model.ts";
import { buildNetwork } from "../../../convert/network/build.ts";
import { SIGNED_RANGE } from "./compare.ts";
import type { OnnxBuilder } from "./onnx-builder.ts";

/** The message with which a graph is refused as unsupported; fails where it is not. */
export async function refusal(
  g: OnnxBuilder,
  options: InputOptions = SIGNED_RANGE,
  read: ReadOptions = {},
): Promise<string> {
  try {
    buildNetwork(await readModel(g.encode(), read), options);
  } catch (error) {
    assert.ok(error instanceof ConversionError, String(error));
    assert.equal(error.code, "unsupported", error.message);
    return error.message;
  }
  assert.fail("the graph was not refused");
}
