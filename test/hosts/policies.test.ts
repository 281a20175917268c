/** Pages say what they may load, and may be led nowhere else: none of what a policy leaves out is left to defaults. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import { page } from "../../hosts/node/report/html/index.ts";
import { PROJECT } from "../support/hosts/folders.ts";

/** What every policy has to say: the last two are not covered by `default-src`. */
const DIRECTIVES = [/^default-src 'none'$/, /^base-uri 'none'$/, /^form-action 'none'$/];
const LOOSE = /unsafe-eval'|\*|http:|(?<=script-src[^;]*)'unsafe-inline'/;

function policyOf(html: string): string[] {
  const [, policy] = html.match(/http-equiv="Content-Security-Policy"\s+content="([^"]+)"/) ?? assert.fail("no policy");
  return policy.split(/\s*;\s*/);
}

const folder = join(PROJECT, "hosts");
const pages = (readdirSync(folder, { recursive: true }) as string[]).filter(
  (path) => path.endsWith(".html") && !path.includes("node_modules"),
);

test("there are pages", () => assert.ok(pages.length >= 4, pages.join(", ")));

const all: [string, string][] = pages.map((path) => [path, readFileSync(join(folder, path), "utf8")]);
all.push(["a report", page({ title: "Title", summary: "", facts: [], sections: [], footer: "" })]);
for (const [name, html] of all) {
  test(`${name} has a full policy`, () => {
    const policy = policyOf(html);
    for (const wanted of DIRECTIVES) {
      assert.ok(
        policy.some((directive) => wanted.test(directive)),
        `${wanted} in ${policy.join("; ")}`,
      );
    }
    assert.doesNotMatch(policy.join("; ").replaceAll("'wasm-unsafe-eval'", ""), LOOSE);
  });
}

test.run();
