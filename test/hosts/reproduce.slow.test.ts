/** Builds of the same sources give the same bytes, wherever and by whichever Node they are made. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "uvu";
import { PROJECT } from "../support/hosts/folders.ts";

test("builds elsewhere and from nothing, on every Node, have the bytes of dist/", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["scripts/reproduce.mjs"], {
    cwd: PROJECT,
    encoding: "utf8",
  });
  assert.equal(status, 0, `${stdout}${stderr}`);
  const builds = [...stdout.matchAll(/^Node v\S+: (\d+) files, (\d+) with the same bytes/gm)];
  assert.ok(builds.length > 1, stdout);
  for (const [, files, same] of builds) {
    assert.equal(same, files);
    assert.ok(Number(files) > 50);
  }
});

test.run();
