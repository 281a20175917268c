/** The command given something else than it asks for: it says what it was given, and what to do. */

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import { assertContains } from "../../support/contains.ts";
import { OnnxBuilder } from "../../support/convert/onnx-builder.ts";
import { encodePng } from "../../support/files/png.ts";
import { bsnn } from "../../support/hosts/command.ts";

const models = (name: string): string => fileURLToPath(new URL(`../../../models/${name}`, import.meta.url));
const [DIGITS, ORIGINAL, SEVEN] = ["digits.bsnn.gguf", "digits.onnx", "seven.png"].map(models);
const root = mkdtempSync(join(tmpdir(), "bsnn-"));
const images = join(root, "images");
const test = suite("misuse");

test.before(() => {
  for (let digit = 0; digit < 10; digit++) mkdirSync(join(images, String(digit)), { recursive: true });
  copyFileSync(SEVEN, join(images, "7/seven.png"));
});
test.after(() => rmSync(root, { recursive: true }));

/** Expects exit code 2, nothing on standard output, and a message with all parts. */
function refused(args: string[], ...parts: string[]): void {
  const { code, stdout, stderr } = bsnn(...args);
  assert.equal(code, 2, stderr);
  assert.equal(stdout, "");
  for (const part of parts) assertContains(stderr, part);
}

test("a mistyped option is told with the one that was meant, before what is missing for it", () => {
  const unknown = (args: string[], option: string, meant: string) =>
    refused(args, `unknown option '${option}'`, `Did you mean ${meant}?`);
  unknown(["run", DIGITS, SEVEN, "--tpo", "1"], "--tpo", "--top");
  unknown(["eval", DIGITS, "--dta", images], "--dta", "--data");
  unknown(["convert", ORIGINAL, "--outptu", "x", "--calibration", images], "--outptu", "--output");
  unknown(["convert", ORIGINAL, "-o", "x", "--calibraton", images], "--calibraton", "--calibration");
  refused(["evla", DIGITS], "unknown command 'evla'", "Did you mean eval?");
  refused(["eval", DIGITS], "required option '--data <folder or file.npy>' not specified");
  refused(["convert", ORIGINAL, "-o", "x"], "required option '--calibration");
  refused(["convert", ORIGINAL, "--calibration", images], "required option '-o, --output");
});

test("eval says once what it had to do to the images", () => {
  const coloured = join(root, "coloured");
  mkdirSync(join(coloured, "7"), { recursive: true });
  for (const name of ["a.png", "b.png"]) {
    writeFileSync(
      join(coloured, "7", name),
      encodePng(
        30,
        20,
        "rgb",
        Array(1800)
          .fill(0)
          .map((_, i) => i % 256),
      ),
    );
  }
  const { code, stderr } = bsnn("eval", DIGITS, "--data", coloured, "--workers", "2");
  assert.equal(code, 0, stderr);
  const notes = stderr.split("\n").filter((line) => line.startsWith("note: every image"));
  assert.deepEqual(notes, [
    "note: every image had to be resized to 28×28 pixels (--fit stretch), the first from 30×20",
    "note: every image had to be made grey",
  ]);
  assert.doesNotMatch(bsnn("eval", DIGITS, "--data", images).stderr, /had to be/);
});

/** A network of ten outputs over an input of its own shape. */
function otherNetwork(size: number, weights: ArrayLike<number> = [1]): string {
  const builder = new OnnxBuilder({ input: [1, 1, size, size] });
  const scale = builder.floats([1, 1, 1, 1], weights);
  const x = builder.relu(builder.op("Conv", [builder.input, scale], { kernel_shape: [1, 1] }));
  const pooled = builder.op("Flatten", [builder.op("GlobalAveragePool", [x])]);
  builder.output(builder.op("Gemm", [pooled, builder.random([1, 10])]));
  const path = join(root, `other${size}.onnx`);
  writeFileSync(path, builder.encode());
  return path;
}

test("run, eval and inspect of an ONNX model say that it is to be converted first", () => {
  const unnamed = join(root, "model");
  copyFileSync(ORIGINAL, unnamed);
  for (const model of [ORIGINAL, unnamed]) {
    const parts = [`${model}: is an ONNX model, not a converted one`, `bsnn convert ${model} -o`];
    refused(["run", model, SEVEN], ...parts);
    refused(["eval", model, "--data", images], ...parts);
    refused(["eval", model, "--data", images, "--mode", "step", "--delay", "exact"], ...parts);
    refused(["inspect", model], ...parts);
  }
});

test("an original of another input shape is refused, though its outputs fit", () => {
  const onnx = otherNetwork(14);
  refused(["eval", DIGITS, "--data", images, "--onnx", onnx], `${onnx}: has input 14×14×1, the spiking model 28×28×1`);
});

test("a class folder without images is told", () => {
  const { code, stderr } = bsnn("eval", DIGITS, "--data", images);
  assert.equal(code, 0, stderr);
  assertContains(stderr, `warning: ${images}: class folder '3' holds no images`);
  assert.ok(!stderr.includes("class folder '7'"));
});

test("what is no ONNX model is named for what it is", () => {
  const file = join(root, "weights.pt");
  writeFileSync(file, Buffer.from("PK\x03\x04archive/data.pkl", "latin1"));
  refused(
    ["convert", file, "-o", join(root, "out.gguf"), "--calibration", images],
    `${file}: `,
    "a ZIP archive, as PyTorch's",
  );
});

test("what is no model at all is named for what it is, whatever it is called", () => {
  for (const [content, what] of [
    ["version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS"],
    ["<!DOCTYPE html><title>404</title>", "a page in HTML"],
    ["PK\x03\x04archive/data.pkl", "a ZIP archive, as PyTorch's"],
    ["\x1f\x8b\x08\0", "packed with gzip"],
    ["", "empty"],
  ]) {
    for (const name of ["model.onnx", "model.bsnn.gguf"]) {
      const file = join(root, name);
      writeFileSync(file, Buffer.from(content, "latin1"));
      for (const args of [
        ["run", file, SEVEN],
        ["inspect", file],
        ["eval", file, "--data", images],
      ]) {
        refused(args, `${file}: not a bsnn model: the file is ${what}`);
      }
    }
  }
});

test("labels in another encoding than UTF-8 are refused", () => {
  const labels = join(root, "labels.txt");
  const args = ["convert", ORIGINAL, "-o", join(root, "out.gguf"), "--calibration", images, "--labels", labels];
  for (const bytes of [Buffer.from("f\xfcnf\n", "latin1"), Buffer.from("\ufefffünf\n", "utf16le")]) {
    writeFileSync(labels, bytes);
    refused(args, `${labels}: is no text in UTF-8`);
  }
});

test.run();
