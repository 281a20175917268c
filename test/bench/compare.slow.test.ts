/** `npm run compare` leaves nothing behind where it is not begun. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import { PROJECT } from "../support/hosts/folders.ts";
import { emptyFolder } from "../support/hosts/package.ts";

test("models that there are not are named, and no folder is made", async () => {
  const folder = await emptyFolder();
  const out = join(folder.path, "compare");
  const args = ["--import", "tsx", join(PROJECT, "bench/compare.ts"), "--models", "nope", "--out", out];
  const { status, stderr } = spawnSync(process.execPath, args, { cwd: PROJECT, encoding: "utf8" });
  assert.notEqual(status, 0);
  assert.match(stderr, /no model named nope; there are /);
  assert.ok(!existsSync(out));
  await folder.remove();
});

test.run();
