/** A file that is written is whole or not there. */

import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import { readInput } from "../../../../hosts/node/data/file.ts";
import { checkWritable, writeOutput } from "../../../../hosts/node/report/output-file.ts";
import { inputRefusal } from "../../../support/hosts/input-refusal.ts";

const test = suite<{ root: string }>("output files");

test.before.each((context) => {
  context.root = mkdtempSync(join(tmpdir(), "bsnn-"));
});
test.after.each(({ root }) => {
  chmodSync(root, 0o700);
  rmSync(root, { recursive: true });
});

test("the file is there whole, and nothing else", async ({ root }) => {
  await writeOutput(join(root, "out"), Uint8Array.of(1, 2, 3));
  assert.deepEqual([...readFileSync(join(root, "out"))], [1, 2, 3]);
  assert.deepEqual(readdirSync(root), ["out"]);
});

test("a file of the name is replaced, behind a link too", async ({ root }) => {
  writeFileSync(join(root, "old"), "old content");
  symlinkSync("old", join(root, "link"));
  await writeOutput(join(root, "link"), Uint8Array.of(7));
  assert.deepEqual([...readFileSync(join(root, "old"))], [7]);
  assert.deepEqual(readdirSync(root).sort(), ["link", "old"]);
});

test("a link to what is not there yet stays a link", async ({ root }) => {
  mkdirSync(join(root, "folder"));
  symlinkSync("folder/next", join(root, "first"));
  symlinkSync("../new", join(root, "folder/next"));
  await writeOutput(join(root, "first"), Uint8Array.of(7));
  assert.deepEqual([...readFileSync(join(root, "new"))], [7]);
  assert.ok(lstatSync(join(root, "first")).isSymbolicLink() && lstatSync(join(root, "folder/next")).isSymbolicLink());
  symlinkSync("loop", join(root, "loop"));
  await assert.rejects(writeOutput(join(root, "loop"), Uint8Array.of(7)), /loop: too many symbolic links/);
});

test("what has been read is not replaced, whatever the path that leads there", async ({ root }) => {
  writeFileSync(join(root, "input"), "content");
  symlinkSync("input", join(root, "link"));
  linkSync(join(root, "input"), join(root, "other"));
  await readInput(join(root, "input"));
  for (const name of ["input", "link", "other"]) {
    const message = new RegExp(`${name}: would replace .*input, which is an input`);
    await assert.rejects(writeOutput(join(root, name), Uint8Array.of(7)), message);
    await assert.rejects(checkWritable(join(root, name)), message);
  }
  assert.equal(readFileSync(join(root, "input"), "utf8"), "content");
  assert.deepEqual(readdirSync(root).sort(), ["input", "link", "other"]);
});

test("a write that fails leaves no partial file, and the old one as it was", async ({ root }) => {
  writeFileSync(join(root, "out"), "old");
  const handle = await open(join(root, "out"));
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  const { writeFile } = prototype;
  prototype.writeFile = async function (this: unknown, bytes: Uint8Array) {
    await writeFile.call(this, bytes.subarray(0, 2));
    throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", syscall: "write" });
  };
  try {
    assert.match(
      await inputRefusal(writeOutput(join(root, "out"), new Uint8Array(9))),
      /out: no space left on the device/,
    );
    assert.match(
      await inputRefusal(writeOutput(join(root, "new"), new Uint8Array(9))),
      /new: no space left on the device/,
    );
  } finally {
    prototype.writeFile = writeFile;
  }
  assert.deepEqual(readdirSync(root), ["out"]);
  assert.equal(readFileSync(join(root, "out"), "utf8"), "old");
});

test("a full device is told and not replaced", async () => {
  if (!existsSync("/dev/full")) {
    console.warn("SKIPPED: this system has no /dev/full");
    return;
  }
  assert.match(
    await inputRefusal(writeOutput("/dev/full", new Uint8Array(9))),
    /\/dev\/full: no space left on the device/,
  );
  assert.match(await inputRefusal(writeOutput("/dev/full", new Uint8Array(9))), /no space/, "it is still the device");
});

test("a path that cannot be written is found out beforehand", async ({ root }) => {
  mkdirSync(join(root, "folder"));
  writeFileSync(join(root, "file"), "");
  assert.match(await inputRefusal(checkWritable(join(root, "folder"))), /is a folder, expected the name of a file/);
  assert.match(await inputRefusal(checkWritable(join(root, "none", "out"))), /none: no such file or folder/);
  assert.match(await inputRefusal(checkWritable(join(root, "file", "out"))), /not a folder/);
  await checkWritable(join(root, "new"));
  assert.ok(!existsSync(join(root, "new")));
});

test("a folder without permission is named", async ({ root }) => {
  if (process.getuid?.() === 0) {
    console.warn("SKIPPED: the superuser may write everywhere");
    return;
  }
  chmodSync(root, 0o500);
  assert.match(await inputRefusal(checkWritable(join(root, "out"))), /permission denied/);
  assert.match(await inputRefusal(writeOutput(join(root, "out"), new Uint8Array(1))), /permission denied/);
});

test.run();
