/** Headers of .npy files that would take long to read. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import { readArray } from "../../../../hosts/node/data/array.ts";

const test = suite("arrays");

test("a header that repeats its entries is refused by its length, at once", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bsnn-array-"));
  try {
    const header = Buffer.from("'shape': (".repeat(60_000));
    const begin = Buffer.from("\x93NUMPY\x02\x00\0\0\0\0", "latin1");
    begin.writeUInt32LE(header.length, 8);
    const path = join(folder, "long.npy");
    writeFileSync(path, Buffer.concat([begin, header]));
    const { user } = process.cpuUsage();
    await assert.rejects(readArray(path), /long\.npy: has a header of 600000 characters; 16384 are supported/);
    assert.ok(process.cpuUsage().user - user < 2e6);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
