/** How large the deployed cores may be: 16 KiB each, as gzip packs them. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { test } from "uvu";
import { PROJECT } from "../support/hosts/folders.ts";

const MOST = 16_384;

for (const name of ["core.wasm", "core.relaxed.wasm"]) {
  test(`${name} has at most ${MOST} bytes gzipped`, () => {
    const { length } = execFileSync("gzip", ["-9c", join(PROJECT, "dist", name)]);
    assert.ok(length > 0 && length <= MOST, `${length} bytes`);
  });
}

test.run();
