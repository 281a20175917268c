/** Every example of docs/api.md runs on the built package as it is written. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";
import { test } from "uvu";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(`${root}docs/api.md`, "utf8");
/** The page section by section: its title, and the code of its examples. */
const sections = page.split(/^## /m).map((section) => ({
  title: section.slice(0, section.indexOf("\n")),
  examples: [...section.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code),
}));

for (const title of [
  "Load",
  "Run",
  "Classify",
  "Step through time",
  "Look inside",
  "Research",
  "Many inputs at once",
  "Several threads for one image",
  "Convert",
  "Errors",
]) {
  test(`docs/api.md shows by example: ${title}`, () => {
    const { examples } = sections.find((section) => section.title === title)!;
    assert.ok(examples.length > 0);
  });
}

for (const { title, examples } of sections) {
  for (const [n, code] of examples.entries()) {
    test(`docs/api.md, ${title}, example ${n + 1}`, () => {
      // Inside the package its own name can be imported, as its users do.
      const file = `${root}dist/api-example-${process.pid}.mjs`;
      writeFileSync(file, transformSync(code, { loader: "ts", format: "esm" }).code);
      try {
        execFileSync(process.execPath, [file], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
      } finally {
        rmSync(file);
      }
    });
  }
}

test.run();
