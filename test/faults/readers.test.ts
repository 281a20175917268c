/** Inputs that cannot be read, or vanish in the middle: a typed error that names them, whatever fails, and nothing that stays open. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { suite } from "uvu";
import { load } from "../../bindings/node.ts";
import { writeModel } from "../../convert/write/model.ts";
import { readInput } from "../../hosts/node/data/file.ts";
import { itemsOf, readData } from "../../hosts/node/data/inputs.ts";
import { failureOf } from "../../hosts/node/report/failure.ts";
import { sample } from "../support/core/sample.ts";
import { smallCifar10 } from "../support/files/cifar.ts";
import { withFault } from "../support/files/faults.ts";
import { encodeFloats } from "../support/files/npy.ts";
import { encodePng } from "../support/files/png.ts";

const root = realpathSync(mkdtempSync(join(tmpdir(), "bsnn-")));
const path = (...parts: string[]): string => join(root, ...parts);
const test = suite("readers");

test.before(() => {
  writeFileSync(path("model.bsnn.gguf"), writeModel(sample));
  writeFileSync(path("array.npy"), encodeFloats([3, 2, 2], new Array(12).fill(0.5)));
  mkdirSync(path("images", "a"), { recursive: true });
  mkdirSync(path("images", "b"));
  for (const [i, folder] of ["a", "a", "b"].entries()) {
    writeFileSync(path("images", folder, `${i}.png`), encodePng(2, 2, "grey", [i, 1, 2, 3]));
  }
  writeFileSync(path("cifar-10-binary.tar.gz"), smallCifar10());
});
test.after(() => rmSync(root, { recursive: true }));

/** Files of this test that are open: others may have some of their own. */
function openFiles(): string[] {
  return readdirSync("/proc/self/fd").flatMap((number) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${number}`);
      return file.startsWith(root) ? [file] : [];
    } catch {
      return [];
    }
  });
}

/** Sees that they are all closed: what reads beside something that failed may still end. */
async function assertClosed(): Promise<void> {
  for (let turn = 0; turn < 100 && openFiles().length > 0; turn++) await setTimeout(20);
  assert.deepEqual(openFiles(), []);
}

const images = { height: 2, width: 2, channels: 1, real: null };
const reals = { height: 2, width: 2, channels: 1, real: { range: [0, 1], signed: false } } as const;

/** What reads, and the path that its errors name. */
const READERS: readonly [what: string, read: () => Promise<unknown>, named: string][] = [
  ["a model", () => load(path("model.bsnn.gguf")), "model.bsnn.gguf"],
  ["an ONNX file", () => readInput(path("model.bsnn.gguf")), "model.bsnn.gguf"],
  ["an array", () => readAll(path("array.npy"), reals), "array.npy"],
  ["a folder of images", () => readAll(path("images"), images), "images"],
  [
    "a data set's archive",
    () => readAll(path("cifar-10-binary.tar.gz"), { ...images, height: 32, width: 32, channels: 3 }),
    "cifar-10",
  ],
];

async function readAll(from: string, input: Parameters<typeof itemsOf>[2]): Promise<void> {
  for (const item of itemsOf(await readData(from, "test"), "model", input)) await item.read();
}

for (const [what, read, named] of READERS) {
  test(`${what}, failing or vanishing at every operation`, async () => {
    const { operations, error } = await withFault({ how: "EIO", atOnce: true }, read);
    assert.equal(error, undefined);
    assert.ok(operations > 0, "it is read through what fails here");
    for (let operation = 0; operation < operations; operation++) {
      for (const how of ["EIO", "ENOENT"] as const) {
        const { error } = await withFault({ operation, how, atOnce: true }, read);
        const told = `operation ${operation}, ${how}: ${error}`;
        // What only closes or looks for what need not be there may fail; the whole answer is right then.
        if (error === undefined) continue;
        const { exitCode, message } = failureOf(error);
        assert.equal(exitCode, 2, told);
        assert.ok(message.includes(named), told);
      }
    }
    await assertClosed();
    await read();
  });
}

test.run();
