/** How large the deployed cores may be: 16 KiB each, as gzip packs them; those for several threads 18. */

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

/** What is there for threads is loaded by those alone who ask for it. */
const MOST_THREADS = 18_432;

for (const name of ["core.threads.wasm", "core.threads.relaxed.wasm"]) {
  test(`${name} has at most ${MOST_THREADS} bytes gzipped`, () => {
    const { length } = execFileSync("gzip", ["-9c", join(PROJECT, "dist", name)]);
    assert.ok(length > 0 && length <= MOST_THREADS, `${length} bytes`);
  });
}

test.run();
