/** Images of every kind that Pillow writes are seen as Pillow sees them, to the sample; resized ones within one. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import { createImageReader, ImageError } from "../../../bindings/images/node.ts";
import { available } from "../../support/hosts/available.ts";
import { PROJECT } from "../../support/hosts/folders.ts";
import { PYTHON, python } from "../../support/hosts/python.ts";

const test = suite("images beside Pillow");

interface Case {
  readonly name: string;
  /** Of what is expected; null where the file must be refused. */
  readonly size: readonly [width: number, height: number] | null;
  readonly isResized: boolean;
}

if (await available(python)) {
  test("what Pillow writes is decoded and resized as Pillow does, or refused", async () => {
    const folder = mkdtempSync(join(tmpdir(), "bsnn-pillow-"));
    try {
      execFileSync(PYTHON, [join(PROJECT, "test/bindings/images/pillow.py"), folder], { stdio: "pipe" });
      const read = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
      const cases = JSON.parse(readFileSync(join(folder, "cases.json"), "utf8")) as Case[];
      assert.ok(cases.length > 500);
      const reader = createImageReader();
      for (const { name, size, isResized } of cases) {
        if (size === null) {
          const refused = await reader.decode(read(name)).catch((error: unknown) => error);
          assert.ok(refused instanceof ImageError, `${name} is taken`);
          continue;
        }
        const [width, height] = size;
        const shape = isResized ? { width, height } : await reader.decode(read(name));
        assert.deepEqual([shape.width, shape.height], [width, height], name);
        const found = await reader.samples(read(name), { width, height, channels: 3 });
        const expected = read(`${name}.rgb`);
        const furthest = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - found[i])), 0);
        assert.ok(furthest <= (isResized ? 1 : 0), `${name}: off by ${furthest}`);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test.run();
