/** Files that are taken for ONNX models and are none are named for what they are. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { parseModel } from "../../../convert/onnx/parse.ts";

const latin1 = (text: string): Uint8Array => Buffer.from(text, "latin1");

for (const [begin, what] of [
  ["version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n", "a pointer of Git LFS"],
  ["PK\x03\x04\x00\x00", "a ZIP archive"],
  ["\x80\x02}q\x00", "a Python pickle"],
  ["\x80\x04\x95\x00", "a Python pickle"],
  ["\x20\x00\x00\x00TFL3\x00", "a TensorFlow Lite model"],
  ["\x89HDF\r\n\x1a\n", "an HDF5 file"],
  ["\x1f\x8b\x08\x00", "packed with gzip"],
  ["BZh91AY&SY", "packed with bzip2"],
  ["\xfd7zXZ\x00", "packed with xz"],
  ["\x28\xb5\x2f\xfd\x04", "packed with Zstandard"],
  ["7z\xbc\xaf\x27\x1c", "a 7z archive"],
  ["Rar!\x1a\x07\x01", "a RAR archive"],
  [`model.onnx${"\0".repeat(247)}ustar`, "a TAR archive"],
  ['\x20\x00\x00\x00\x00\x00\x00\x00{"weight":', "a file of safetensors"],
  ["\x89PNG\r\n", "an image"],
  ["\xff\xd8\xff\xe0", "an image"],
  ["", "empty"],
  ["GGUF\x03\x00\x00\x00", "a GGUF file"],
  ["\x93NUMPY\x01\x00", "an array of NumPy"],
  ["<!DOCTYPE html><html>", "a page in HTML"],
  ["\n  <html lang=en>", "a page in HTML"],
  ['{"error": "not found"}', "a text in JSON"],
]) {
  test(`${JSON.stringify(begin.slice(0, 12))} is ${what}`, () => {
    assert.throws(
      () => parseModel(latin1(begin)),
      (error: Error & { code?: string }) => error.code === "bad-model" && error.message.includes(`the file is ${what}`),
    );
  });
}

test.run();
