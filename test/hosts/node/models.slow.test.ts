/** The command on models that are no image classifiers, on what exporters write, and on what it refuses. */

import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import { onnx } from "../../../convert/onnx/schema/onnx.js";
import { assertContains } from "../../support/contains.ts";
import { bytesOf, DataType, OnnxBuilder } from "../../support/convert/onnx-builder.ts";
import { encodeFloats, encodeNpy } from "../../support/files/npy.ts";
import { encodePng } from "../../support/files/png.ts";
import { bsnn, json } from "../../support/hosts/command.ts";
import { random } from "../../support/random.ts";

const root = mkdtempSync(join(tmpdir(), "bsnn-"));
const path = (...parts: string[]): string => join(root, ...parts);
const images = path("images");

function file(name: string, content: Uint8Array): string {
  writeFileSync(path(name), content);
  return path(name);
}

/** Expects exit code 2, nothing on standard output, no file, and a message that has all of `parts`. */
function refused(args: string[], ...parts: (string | RegExp)[]): string {
  const { code, stdout, stderr } = bsnn(...args);
  assert.equal(code, 2, stderr);
  assert.equal(stdout, "");
  assert.ok(!existsSync(path("refused.gguf")));
  for (const part of parts) assertContains(stderr, part);
  return stderr;
}

const ENTRIES = 12;
const next = random(3);
const recordings = file(
  "recordings.npy",
  encodeFloats(
    [ENTRIES, 2, 16],
    Array.from({ length: ENTRIES * 32 }, () => 2 * next() - 1),
  ),
);

/** A one-dimensional classifier of signed values. */
const sequence = (() => {
  const g = new OnnxBuilder({ input: ["N", 2, 16] });
  const x = g.relu(g.conv(g.input, 2, 4, [3], { pads: [1, 1] }));
  g.output(g.op("Gemm", [g.op("Flatten", [g.relu(g.conv(x, 4, 4, [3], { strides: [2] }))]), g.random([28, 3])]));
  return file("sequence.onnx", g.encode());
})();

const test = suite("bsnn, any model");

test.before(() => {
  mkdirSync(images);
  for (let n = 0; n < 6; n++) {
    const pixels = Uint8Array.from({ length: 8 * 8 * 3 }, () => 256 * next());
    file(`images/${n}.png`, encodePng(8, 8, "rgb", pixels));
  }
});
test.after(() => rmSync(root, { recursive: true }));

test("input that is no image: converted, run and measured with arrays", () => {
  const out = path("sequence.gguf");
  const { warnings } = json("convert", sequence, "-o", out, "--input-range", "-0.9,1", "--calibration", recordings);
  assert.match((warnings as string[])[0], /recordings.npy: [45]\.\d % of its values lie outside -0\.9…1/);

  const { images: answers } = json("run", out, recordings, "--top", "1");
  const best = (answers as { file: string; top: { index: number }[] }[]).map(({ top }) => top[0].index);
  assert.equal(best.length, ENTRIES);
  assert.equal((answers as { file: string }[])[3].file, `${recordings}[3]`);

  const classes = BigInt64Array.from({ length: ENTRIES }, (_, n) => BigInt(n % 3));
  const labels = file("labels.npy", encodeNpy("<i8", [ENTRIES], classes));
  const again = ["convert", sequence, "-o", path("again.gguf"), "--input-range", "-0.9,1", "--calibration", recordings];
  const checked = json(...again, "--calibration-labels", labels);
  const ofAnn = checked.ann as { top1: number; inputs: number };
  assert.equal(ofAnn.inputs, ENTRIES);
  refused([...again, "--calibration-labels", recordings], "recordings.npy: is an array of", "labels, one per input");
  refused(["convert", sequence, "-o", labels, ...again.slice(4), "--calibration-labels", labels], "would replace");
  const measure = ["eval", out, "--data", recordings, "--data-labels", labels];
  const found = json(...measure, "--onnx", sequence);
  assert.equal(found.inputs, ENTRIES);
  assert.equal(found.top1, best.filter((index, n) => index === n % 3).length / ENTRIES);
  const ann = found.ann as { agreement: number; logitsRelativeError: number };
  assert.ok(ann.agreement > 0.9 && ann.logitsRelativeError < 0.03, JSON.stringify(ann));
  assert.equal((found.ann as { top1: number }).top1, ofAnn.top1, "the original is as often right in both");

  refused(["run", out, path("images", "0.png")], "sequence.gguf: takes real values -0.9…1, not images");
  const beyond = file("beyond.npy", encodeNpy("|u1", [ENTRIES], new Uint8Array(ENTRIES).fill(3)));
  refused(["eval", out, "--data", recordings, "--data-labels", beyond], "beyond.npy: holds class 3", "0…2");
  const odd = json(...again, "--calibration-labels", beyond);
  assert.equal(odd.ann, null);
  assertContains(
    (odd.warnings as string[]).join("\n"),
    "the labels name class 3, the model has classes 0…2; none was used",
  );
  refused(["eval", out, "--data", images, "--data-labels", labels], "--data-labels", "is a folder");
});

test("of more calibration inputs than are taken, that is said", () => {
  const many = file(
    "many.npy",
    encodeFloats(
      [1030, 2, 16],
      Array.from({ length: 1030 * 32 }, () => 2 * next() - 1),
    ),
  );
  const { notes, calibration } = json(
    ...["convert", sequence, "-o", path("many.gguf"), "--calibration", many, "--input-range", "-1,1"],
  ) as { notes: string[]; calibration: { given: number } };
  assert.equal(calibration.given, 1024);
  assert.ok(notes.includes("1024 of 1030 calibration inputs taken, evenly"), notes.join());
});

test("several outputs, cut off before what decodes them: no accuracy, the error over all outputs", () => {
  const g = new OnnxBuilder({ input: ["N", 3, 8, 8] });
  const x = g.relu(g.conv(g.input, 3, 6, [3, 3], { pads: [1, 1, 1, 1] }));
  const scores = g.op("Conv", [g.op("GlobalAveragePool", [x]), g.random([4, 6, 1, 1])], {}, { outputs: ["scores"] });
  const offsets = g.op("Conv", [x, g.random([8, 6, 1, 1])], {}, { outputs: ["offsets"] });
  g.output(g.op("Exp", [scores]), g.op("Exp", [offsets]));
  const model = file("detector.onnx", g.encode());
  const out = path("detector.gguf");
  const calibration = ["--calibration", images];
  refused(["convert", model, "-o", path("refused.gguf"), ...calibration], "2 things are not supported", "Exp 'exp");
  const report = json("convert", model, "-o", out, ...calibration, "--outputs", "scores,offsets");
  const { top1, top5, ann } = json("eval", out, "--data", images, "--onnx", model, "--outputs", "scores,offsets");
  assert.deepEqual([top1, top5], [null, null]);
  const { outputs: each, ...both } = ann as { outputs: Record<string, unknown>[] };
  const { agreement, logitsRelativeError, ...accuracy } = both as Record<string, number | null>;
  for (const found of [each, report.outputs as typeof each]) {
    const [scored, offset] = found;
    assert.deepEqual(
      [scored.name, scored.shape, offset.name, offset.shape],
      ["scores", [1, 4, 1, 1], "offsets", [1, 8, 8, 8]],
    );
    assert.ok((scored.agreement as number) > 0.5 && offset.agreement === null, JSON.stringify(found));
    for (const { relativeError } of found as { relativeError: number }[]) {
      assert.ok(relativeError > 0 && relativeError < 0.03, String(relativeError));
    }
  }
  assert.match(
    bsnn("eval", out, "--data", images, "--onnx", model, "--outputs", "scores,offsets").stdout,
    /^offsets +1×8×8×8 /m,
  );
  assert.deepEqual([agreement, accuracy], [null, { top1: null, top5: null }]);
  assert.ok(logitsRelativeError! > 0 && logitsRelativeError! < 0.03, String(logitsRelativeError));
  const [{ outputs }] = json("run", out, path("images", "0.png")).images as { outputs: { shape: number[] }[] }[];
  assert.deepEqual(
    outputs.map(({ shape }) => shape),
    [
      [1, 4, 1, 1],
      [1, 8, 8, 8],
    ],
  );
});

/** A classifier whose weights are halves in a file of their own. */
function exported(opset: number, name: string): string {
  const { EXTERNAL } = onnx.TensorProto.DataLocation;
  const g = new OnnxBuilder({ opset, input: ["N", 3, 8, 8] });
  const data: Uint8Array[] = [];
  let offset = 0;
  const half = (dims: number[]) => {
    // Half precision numbers of magnitude 1/16 to 1/8, of either sign.
    const count = dims.reduce((product, n) => product * n, 1);
    const bytes = bytesOf(
      Uint16Array.from({ length: count }, () => 0x2c00 + 0x3ff * next() + (next() < 0.5 ? 0x8000 : 0)),
    );
    const entries = { location: `${name}.bin`, offset: String(offset), length: String(bytes.length) };
    offset += bytes.length;
    data.push(bytes);
    const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
    return g.initializer({ dims, dataType: DataType.FLOAT16, dataLocation: EXTERNAL, externalData });
  };
  g.graph.input = [g.value("input", ["N", 3, 8, 8], DataType.FLOAT16)];
  const x = g.relu(g.op("Conv", [g.input, half([8, 3, 3, 3]), half([8])]));
  g.output(g.op("Gemm", [g.op("Flatten", [x]), half([288, 5]), half([5])]));
  file(`${name}.bin`, Buffer.concat(data));
  return file(`${name}.onnx`, g.encode());
}

test("half precision weights in a file beside the model, of the oldest opset and of the newest that runs", () => {
  for (const opset of [7, 23]) {
    const model = exported(opset, `opset${opset}`);
    const out = path(`opset${opset}.gguf`);
    json("convert", model, "-o", out, "--calibration", images);
    const { ann } = json("eval", out, "--data", images, "--onnx", model);
    assert.ok((ann as { logitsRelativeError: number }).logitsRelativeError < 0.03, JSON.stringify(ann));
  }
  rmSync(path("opset7.bin"));
  const missing = ["convert", path("opset7.onnx"), "-o", path("refused.gguf"), "--calibration", images];
  refused(missing, "opset7.onnx: external data", "opset7.bin: no such file");
});

const convertRefused = (g: OnnxBuilder, ...options: string[]) => {
  const model = file("odd.onnx", g.encode());
  return ["convert", model, "-o", path("refused.gguf"), "--calibration", images, ...options];
};

test("a refusal lists every reason at once, with what would be accepted", () => {
  const g = new OnnxBuilder({ input: ["N", 3, "H", "W"], opset: 20 });
  const next = (x: string, inputs = 4) => g.conv(x, inputs, 4, [1, 1]);
  let x = next(g.input, 3);
  const gate = g.op("Sigmoid", [x], {}, { name: "gate" });
  x = next(g.op("Mul", [x, gate], {}, { name: "silu" }));
  for (const [op, name] of [
    ["Gelu", "gelu"],
    ["Elu", "bent"],
    ["Tanh", "squash"],
  ]) {
    x = next(g.op(op, [x], {}, { name }));
  }
  g.output(x);
  const message = refused(
    convertRefused(g, "--mean", "1,2"),
    /odd\.onnx: .*6 things are not supported:/,
    /Sigmoid 'gate': is supported at an output only/,
    /Mul 'silu': multiplies two tensors that depend on the input .*; a constant factor is supported/,
    /Gelu 'gelu': is not piecewise linear; .*Relu, LeakyRelu, Clip/,
    /Elu 'bent': is not piecewise linear/,
    /Tanh 'squash': is supported at an output only/,
    /input 'input': has a dynamic shape \(\?×3×\?×\?\); give one \(--input-shape,/,
  );
  assert.equal(message.trimEnd().split("\n").length, 7, "nothing but the message");
});

test("recurrence, attention and input that is no image are told together", () => {
  const g = new OnnxBuilder({ input: [5, 1, 6] });
  const outputs = ["sequence"];
  g.op("GRU", [g.input, g.random([1, 12, 6]), g.random([1, 12, 4])], { hidden_size: 4 }, { name: "memory", outputs });
  const flat = g.op("Reshape", ["sequence", g.ints([5, 4])]);
  const scores = g.op("MatMul", [flat, g.op("Transpose", [flat], { perm: [1, 0] })], {}, { name: "scores" });
  g.output(g.op("MatMul", [g.op("Softmax", [scores], {}, { name: "weights" }), flat], {}, { name: "mix" }));
  refused(
    convertRefused(g),
    /5 things are not supported/,
    /GRU 'memory': is recurrent; feed-forward networks are supported/,
    /MatMul 'scores': multiplies two tensors/,
    /Softmax 'weights': is supported at an output only/,
    /MatMul 'mix': multiplies two tensors/,
    /input 'input': is no image \(1×6×1\); state the range of its values \(--input-range lo,hi\)/,
  );
});

test("options that do not go together, or with the model, are refused", () => {
  const g = new OnnxBuilder({ input: ["N", 3, "H", "W"] });
  g.output(g.op("GlobalAveragePool", [g.relu(g.conv(g.input, 3, 4, [3, 3]))]));
  refused(convertRefused(g, "--input-range", "0,1", "--mean", "2"), "--input-range", "--mean");
  refused(convertRefused(g, "--input-range", "1,0"), "--input-range", "lo < hi");
  refused(convertRefused(g, "--input-shape", "1,3,8,8", "--input-range", "0,1"), "takes real values 0…1, not images");
  refused(convertRefused(g, "--input-shape", "1,3,8,8", "--mean", "1,2"), "mean: found 2 values", "1 or 3");
  refused(convertRefused(g, "--input-shape", "1,3,8,8", "--outputs", "none"), "no tensor named 'none'");
  const small = refused(convertRefused(g, "--input-shape", "1,3,2,8"), "odd.onnx: the ONNX model does not run");
  assert.equal(small.trimEnd().split("\n").length, 1, "told once");
  refused(
    [
      "convert",
      sequence,
      "-o",
      path("refused.gguf"),
      "--input-range",
      "-1,1",
      "--calibration",
      path("images", "0.png"),
    ],
    "0.png: is a file, expected a folder",
  );
});

test("an output that is far off and calibration inputs that show nothing are warned of", () => {
  const classifier = (bias: number): string => {
    const g = new OnnxBuilder({ input: ["N", 2, 16] });
    const x = g.relu(g.conv(g.input, 2, 4, [3]));
    const logits = g.op("Gemm", [g.op("Flatten", [x]), g.random([56, 3])]);
    const huge = g.op("Add", [g.relu(g.op("Add", [logits, g.floats([3], [bias, bias, bias])])), g.floats([], [-bias])]);
    g.output(huge);
    return file(`bias${bias}.onnx`, g.encode());
  };
  const warnings = (model: string, calibration: string): string[] =>
    json("convert", model, "-o", path("warned.gguf"), "--input-range", "-1,1", "--calibration", calibration, "--json")
      .warnings as string[];
  assert.deepEqual(warnings(classifier(10), recordings), []);
  assertContains(warnings(classifier(1e4), recordings).join("\n"), /'add\d+' (stands out|is far from the original's)/);
  const blank = file("blank.npy", encodeFloats([3, 2, 16], Array(96).fill(0)));
  assertContains(warnings(classifier(10), blank).join("\n"), "calibration inputs hold one value each");
});

test.run();
