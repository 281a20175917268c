/** Two builds of the same sources give the same bytes, wherever they are made. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "uvu";
import { PROJECT } from "../support/hosts/folders.ts";

test("a second build, elsewhere and from nothing, has the bytes of dist/", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/reproduce.mjs"], {
    cwd: PROJECT,
    encoding: "utf8",
  });
  assert.equal(status, 0, `${stdout}${stderr}`);
  const [, files, same] = stdout.match(/^(\d+) files, (\d+) with the same bytes/m) ?? assert.fail(stdout);
  assert.equal(same, files);
  assert.ok(Number(files) > 50);
});

test.run();
