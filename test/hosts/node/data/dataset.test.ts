/** Folders of images are listed the same wherever they lie. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { suite } from "uvu";
import { readImageFolder } from "../../../../hosts/node/data/dataset.ts";
import { inputRefusal } from "../../../support/hosts/input-refusal.ts";

const test = suite<{ root: string }>("folders of images");

test.before.each((context) => {
  context.root = mkdtempSync(join(tmpdir(), "bsnn-"));
});
test.after.each(({ root }) => rmSync(root, { recursive: true }));

/** Makes empty files; folders are not opened for their content here. */
function make(root: string, ...files: string[]): void {
  for (const file of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), "");
  }
}

async function listed(root: string, limit?: number): Promise<[string, number | null][]> {
  const { images } = await readImageFolder(root, limit);
  return images.map(({ path, label }) => [relative(root, path), label]);
}

const refusal = (folder: string): Promise<string> => inputRefusal(readImageFolder(folder));

test("classes are numbered by the sorted order of their names", async ({ root }) => {
  make(root, "dog/1.png", "cat/2.png", "Zebra/3.png", "cat/1.png");
  assert.deepEqual(await listed(root), [
    ["Zebra/3.png", 0],
    ["cat/1.png", 1],
    ["cat/2.png", 1],
    ["dog/1.png", 2],
  ]);
});

test("where every name is a number, the number is the class", async ({ root }) => {
  make(root, "0007/a.png", "0123/b.png", "9/c.png");
  assert.deepEqual(await listed(root), [
    ["0007/a.png", 7],
    ["0123/b.png", 123],
    ["9/c.png", 9],
  ]);
});

test("one name that is no number makes all of them names", async ({ root }) => {
  make(root, "10/a.png", "9/b.png", "none/c.png");
  assert.deepEqual(
    (await listed(root)).map(([, label]) => label),
    [0, 1, 2],
  );
});

test("an empty class folder keeps its position", async ({ root }) => {
  make(root, "b/1.png");
  mkdirSync(join(root, "a"));
  assert.deepEqual(await listed(root), [["b/1.png", 1]]);
  assert.deepEqual((await readImageFolder(root)).empty, ["a"], "and is told");
});

test("images come in the order of their paths, and --limit takes the first", async ({ root }) => {
  make(root, "a/10.png", "a/9.png", "a/B.png", "a/b.png", "a/ä.png", "b/1.png", "b/deep/0.png");
  const paths = (await listed(root)).map(([path]) => path);
  assert.deepEqual(paths, ["a/10.png", "a/9.png", "a/B.png", "a/b.png", "a/ä.png", "b/1.png", "b/deep/0.png"]);
  assert.deepEqual(await listed(root, 2), [
    ["a/10.png", 0],
    ["a/9.png", 0],
  ]);
});

test("hidden files and folders are left out, and so are files beside class folders", async ({ root }) => {
  make(root, "a/1.png", "a/.DS_Store", ".cache/2.png", "README.txt");
  assert.deepEqual(await listed(root), [["a/1.png", 0]]);
});

test("links are followed", async ({ root }) => {
  make(root, "elsewhere/x/1.png", "data/b/2.png");
  symlinkSync(join(root, "elsewhere/x"), join(root, "data/a"));
  assert.deepEqual(await listed(join(root, "data")), [
    ["a/1.png", 0],
    ["b/2.png", 1],
  ]);
});

test("images that lie in the folder itself have no label", async ({ root }) => {
  make(root, "2.png", "1.png");
  assert.deepEqual(await listed(root), [
    ["1.png", null],
    ["2.png", null],
  ]);
});

test("a missing folder, a file and an empty folder are named", async ({ root }) => {
  make(root, "file.png");
  mkdirSync(join(root, "empty/class"), { recursive: true });
  assert.match(await refusal(join(root, "missing")), /missing: no such file or folder/);
  assert.match(await refusal(join(root, "file.png")), /file\.png: is a file, expected a folder/);
  assert.match(await refusal(join(root, "empty")), /empty: holds no images; expected one sub-folder per class/);
});

test("a link that leads nowhere is named itself", async ({ root }) => {
  make(root, "a/1.png");
  symlinkSync("nowhere", join(root, "a", "2.png"));
  assert.equal(await refusal(root), `${join(root, "a", "2.png")}: no such file or folder`);
});

test("what systems and archivers leave behind is no class and no image", async ({ root }) => {
  make(root, "a/1.png", "b/2.png", "__MACOSX/a/._1.png", "@eaDir/x.png", "a/Thumbs.db", "a/@eaDir/1.png", ".DS_Store");
  assert.deepEqual(await listed(root), [
    ["a/1.png", 0],
    ["b/2.png", 1],
  ]);
});

test("folders that stand for one class, or for a number that is none, are refused", async ({ root }) => {
  make(root, "1/a.png", "01/b.png", "2/c.png");
  assert.match(await refusal(root), /'01' and '1' both stand for class 1/);
  rmSync(join(root, "01"), { recursive: true });
  make(root, "9007199254740993/a.png");
  assert.match(await refusal(root), /'9007199254740993' is no class index/);
});

test.run();
