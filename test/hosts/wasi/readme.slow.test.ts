/** Every command of hosts/wasi/README.md works as it stands there. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { test } from "uvu";
import { available } from "../../support/hosts/available.ts";
import { PROJECT } from "../../support/hosts/folders.ts";
import { wasiHosts } from "../../support/hosts/wasi/hosts.ts";
import { ENVIRONMENT } from "../../support/hosts/wasi/runtimes.ts";

const execute = promisify(execFile);
const readme = await readFile(join(PROJECT, "hosts/wasi/README.md"), "utf8");
const blocks = [...readme.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block);

/** Installing is left out: what is installed here is put where it would be. */
async function prepare(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bsnn-readme-"));
  await cp(join(PROJECT, "hosts/wasi"), folder, { recursive: true });
  await mkdir(join(folder, "node_modules/.bin"), { recursive: true });
  await symlink(PROJECT, join(folder, "node_modules/bsnn"));
  for (const name of ["@bjorn3", "esbuild", ".bin/esbuild"]) {
    await symlink(join(PROJECT, "node_modules", name), join(folder, "node_modules", name));
  }
  return folder;
}

const present = new Set<string>();
for (const host of wasiHosts) if (await available(host)) present.add(host.name);
let folder = "";

test.before(async () => {
  folder = await prepare();
});
test.after(() => rm(folder, { recursive: true }));

blocks.forEach((block, i) => {
  const lines = block.split("\n").filter((line) => !/^(npm|pip|go) install /.test(line));
  const needed = wasiHosts.filter(({ words }) => words !== undefined && block.includes(words));
  if (!needed.every(({ name }) => present.has(name))) return;
  test(`block ${i + 1}: ${lines.at(-2)}`, async () => {
    const { stdout } = await execute("bash", ["-euc", lines.join("\n")], { cwd: folder, env: ENVIRONMENT });
    if (!lines.at(-2)?.endsWith("< seven.pgm")) return;
    if (block.includes("--json")) assert.equal(JSON.parse(stdout).images[0].top[0].index, 7);
    else assert.match(stdout, /^class.*\n-.*\n *7 +7 +\d+\.\d+\n/);
  });
});

test.run();
