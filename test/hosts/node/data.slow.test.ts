/** `bsnn data`, and data sets that other commands read where they lie. */

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import { drawDigits, SIZE } from "../../../models/drawn/digits.ts";
import { assertContains } from "../../support/contains.ts";
import { idxFile } from "../../support/files/cifar.ts";
import { encodePng } from "../../support/files/png.ts";
import { bsnn, json } from "../../support/hosts/command.ts";
import { PROJECT } from "../../support/hosts/folders.ts";

const root = mkdtempSync(join(tmpdir(), "bsnn-data-"));
const path = (...parts: string[]): string => join(root, ...parts);
const test = suite("data");
test.after(() => rmSync(root, { recursive: true }));

test("without a connection it says what to do, in one line, and with what exit code", () => {
  for (const [name, file] of [
    ["cifar10", "cifar-10-binary.tar.gz"],
    ["cifar100", "cifar-100-binary.tar.gz"],
    ["mnist", "train-images-idx3-ubyte.gz"],
  ]) {
    const { code, stdout, stderr } = bsnn("data", name, path(name), "--from", "http://127.0.0.1:9/sets");
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assertContains(stderr, `http://127.0.0.1:9/sets/${file}: cannot be reached`);
    assertContains(stderr, path(name, file));
    assert.equal(stderr.trimEnd().split("\n").length, 1);
    assert.deepEqual(readdirSync(path(name)), []);
  }
});

test("a set that there is not, and a folder that cannot be one, are refused", () => {
  writeFileSync(path("file"), "");
  for (const [args, part] of [
    [["data", "svhn", path("x")], "cifar10"],
    [["data", "mnist"], "FOLDER"],
    [["data", "mnist", path("file")], "file"],
    [["data", "mnist", path("x"), "--from", "mirror"], "http://"],
  ] as const) {
    const { code, stderr } = bsnn(...args);
    assert.equal(code, 2, stderr);
    assertContains(stderr, part);
  }
});

test("MNIST's files give what the same images in class folders do", () => {
  const drawn = drawDigits(12, 3);
  mkdirSync(path("ubyte"));
  writeFileSync(
    path("ubyte", "t10k-images-idx3-ubyte"),
    idxFile([12, SIZE, SIZE], Buffer.concat(drawn.map(({ pixels }) => pixels))),
  );
  writeFileSync(
    path("ubyte", "t10k-labels-idx1-ubyte"),
    idxFile(
      [12],
      Uint8Array.from(drawn, ({ digit }) => digit),
    ),
  );
  for (const [i, { pixels, digit }] of drawn.entries()) {
    mkdirSync(path("png", String(digit)), { recursive: true });
    writeFileSync(path("png", String(digit), `${i}.png`), encodePng(SIZE, SIZE, "grey", [...pixels]));
  }
  const model = path("digits.bsnn.gguf");
  copyFileSync(join(PROJECT, "models/digits.bsnn.gguf"), model);
  const found = json("eval", model, "--data", path("ubyte"));
  const expected = json("eval", model, "--data", path("png"));
  for (const key of ["inputs", "top1", "top5", "spikesPerImage"]) assert.equal(found[key], expected[key], key);
  assert.equal(json("eval", model, "--data", path("ubyte", "t10k-images-idx3-ubyte")).digest, found.digest);
});

test.run();
