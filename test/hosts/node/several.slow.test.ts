/** The command on models of several inputs: a folder or array for each. */

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import { load } from "../../../bindings/node.ts";
import { readModel as readLabModel } from "../../../hosts/browser/lab/src/model/model.ts";
import { assertContains } from "../../support/contains.ts";
import { OnnxBuilder } from "../../support/convert/onnx-builder.ts";
import { severalInputs, severalSamples } from "../../support/convert/several.ts";
import { encodeFloats } from "../../support/files/npy.ts";
import { encodePng } from "../../support/files/png.ts";
import { bsnn, json } from "../../support/hosts/command.ts";

const test = suite("bsnn, several inputs");
const root = mkdtempSync(join(tmpdir(), "bsnn-"));
const path = (...parts: string[]): string => join(root, ...parts);
const COUNT = 10;
const model = path("several.bsnn.gguf");
const all = Array.from({ length: COUNT }, (_, n) => severalSamples(n));

test.before(() => {
  writeFileSync(path("several.onnx"), severalInputs());
  for (const folder of ["scenes", "details"]) mkdirSync(path(folder));
  all.forEach(({ scene, detail }, n) => {
    writeFileSync(path("scenes", `${n}.png`), encodePng(6, 6, "rgb", scene));
    writeFileSync(path("details", `${n}.png`), encodePng(3, 4, "grey", detail));
  });
  const states = all.flatMap(({ state }) => [...state]);
  writeFileSync(path("states.npy"), encodeFloats([COUNT, 5], states));
  all.forEach(({ state }, n) => {
    writeFileSync(path(`state${n}.npy`), encodeFloats([5], [...state]));
  });
});
test.after(() => rmSync(root, { recursive: true }));

const sources = (option: string): string[] => [
  ...[option, `scene=${path("scenes")}`],
  ...[option, `state=${path("states.npy")}`],
  ...[option, `detail=${path("details")}`],
];

test("convert, run, eval, inspect and trace take each input by name or in order", async () => {
  const converted = json(
    ...["convert", path("several.onnx"), "-o", model, "--input-range", "state=-1,2", "--mean", "0.1,0.2,0.3,0.4"],
    ...sources("--calibration"),
  );
  assert.equal((converted.calibration as { given: number }).given, COUNT);
  const net = await load(readFileSync(model));
  const [{ scene, detail, state }] = all;
  const logits = [...net.run({ scene, detail, state: net.encode(state, "state") }).logits];
  const inOrder = [path("scenes", "0.png"), path("details", "0.png"), path("state0.npy")];
  const named = [`state=${inOrder[2]}`, `scene=${inOrder[0]}`, `detail=${inOrder[1]}`];
  for (const files of [inOrder, named]) {
    const found = json("run", model, ...files) as {
      images: { file: string; top: { index: number; value: number }[] }[];
    };
    assert.equal(found.images.length, 1);
    assert.equal(found.images[0].file, inOrder.join(" + "));
    for (const { index, value } of found.images[0].top) assert.equal(value, logits[index]);
  }
  const twice = json("run", model, ...named, ...inOrder) as { images: { top: unknown }[] };
  assert.equal(twice.images.length, 2);
  assert.deepEqual(twice.images[0].top, twice.images[1].top);

  const evaluated = json("eval", model, ...sources("--data"), "--onnx", path("several.onnx")) as {
    inputs: number;
    ann: { logitsRelativeError: number };
  };
  assert.equal(evaluated.inputs, COUNT);
  const counted = json("eval", model, ...sources("--data"), "--neurobench") as {
    neurobench: { SynapticOperations: { Dense: number } };
  };
  assert.equal(counted.neurobench.SynapticOperations.Dense % 3462, 0, "a whole number of steps");
  assert.ok(evaluated.ann.logitsRelativeError < 0.05, String(evaluated.ann.logitsRelativeError));

  const inspected = json("inspect", model) as { inputs: { name: string; shape: number[] }[] };
  assert.deepEqual(
    inspected.inputs.map(({ name, shape }) => [name, ...shape]),
    [
      ["scene", 6, 6, 3],
      ["detail", 4, 3, 1],
      ["state", 1, 1, 10],
    ],
  );
  assertContains(bsnn("inspect", model).stdout, /input 'state' +1×1×10, range -1 to 2, ON\/OFF pairs/);
  const traced = json("trace", model, ...inOrder, "--csv", path("numbers"), "--report", path("trace.html"));
  assert.deepEqual(
    (traced.top as { index: number; value: number }[]).map(({ index, value }) => value === logits[index]),
    [true, true, true],
  );
  net.dispose();
});

test("what is missing, has no partner or another name is told", () => {
  const convert = (...args: string[]) =>
    bsnn("convert", path("several.onnx"), "-o", path("x.gguf"), "--input-range", "state=-1,2", ...args);
  const refused = ({ code, stderr }: ReturnType<typeof bsnn>, ...parts: (string | RegExp)[]) => {
    assert.equal(code, 2, stderr);
    for (const part of parts) assertContains(stderr, part);
  };
  refused(
    convert("--calibration", path("scenes")),
    "--calibration: is given once;",
    "takes 3 inputs, so --calibration scene=… --calibration detail=… --calibration state=…",
  );
  const odd = sources("--calibration").map((text) => text.replace("state=", "mood="));
  refused(convert(...odd), "--calibration: found 'mood';", "takes the inputs 'scene', 'detail', 'state'");
  const swapped = sources("--calibration").map((text) =>
    text.replace(/^(scene|state)=/, (_, name) => (name === "scene" ? "state=" : "scene=")),
  );
  refused(convert(...swapped), "several.onnx: input 'scene'", /is an array of 10×5/);
  refused(bsnn("run", model, path("scenes", "0.png")), "takes 3 inputs, 'scene', 'detail', 'state'", "found 1");
  const few = path("few.npy");
  writeFileSync(
    few,
    encodeFloats(
      [2, 5],
      all.slice(0, 2).flatMap(({ state }) => [...state]),
    ),
  );
  refused(
    bsnn("run", model, path("scenes", "0.png"), path("details", "0.png"), few),
    `${few}: holds 2 inputs, ${path("scenes", "0.png")} 1; each needs a partner`,
  );
  refused(convert(...sources("--calibration").slice(0, 4), "--calibration", `detail=${few}`), "input 'detail'");
  const both = ["--input-range", "state=-1,2", "--input-range", "0,1"];
  for (const [first, second] of [both, [...both.slice(2), ...both.slice(0, 2)]].map((all) => [
    all.slice(0, 2),
    all.slice(2),
  ])) {
    refused(
      bsnn("convert", path("several.onnx"), "-o", path("x.gguf"), ...first, ...second, ...sources("--calibration")),
      "option '--input-range <lo,hi>' argument",
      "Expected one for all inputs, or NAME=… for each.",
    );
  }
});

test("paths and names may have a = of their own", () => {
  const g = new OnnxBuilder({ inputs: { "a=b": ["N", 5], c: ["N", 5] } });
  g.output(g.relu(g.op("Add", ["a=b", "c"])));
  writeFileSync(path("equal.onnx"), g.encode());
  mkdirSync(path("x=y"));
  copyFileSync(path("states.npy"), path("x=y", "states.npy"));
  const to = path("equal.bsnn.gguf");
  const odd = path("x=y", "states.npy");
  for (const given of [
    [odd, path("states.npy")],
    [`c=${odd}`, `a=b=${odd}`],
  ]) {
    const calibration = given.flatMap((text) => ["--calibration", text]);
    const ranges = ["--input-range", "a=b=-1,2", "--input-range", "c=-1,2"];
    const { code, stderr } = bsnn("convert", path("equal.onnx"), "-o", to, ...ranges, ...calibration);
    assert.equal(code, 0, stderr);
    const found = bsnn("run", to, ...given);
    assert.equal(found.code, 0, found.stderr);
  }
});

test("what takes networks of one input says so, and names those that there are", () => {
  const given = ["--onnx", path("several.onnx"), "--data", path("scenes"), "--calibration", path("scenes")];
  const { code, stdout, stderr } = bsnn("compare", model, ...given);
  assert.deepEqual([code, stdout], [2, ""], stderr);
  assertContains(stderr, "takes 3 inputs, 'scene', 'detail', 'state'; here networks of one input are supported");
  assert.throws(() => readLabModel(readFileSync(model)), /inputs 'scene', 'detail', 'state'; here models of one are/);
});

test("errors are those of inputs that nothing was fitted to, where there are enough", () => {
  const g = new OnnxBuilder({ input: [1, 2, 3, 3] });
  g.output(g.conv(g.relu(g.conv(g.input, 2, 3, [2, 2])), 3, 2, [1, 1]));
  writeFileSync(path("small.onnx"), g.encode());
  for (const [count, compared, elsewhere] of [
    [20, 20, false],
    [1024 + 12, 12, true],
  ] as const) {
    const values = Array.from({ length: count * 18 }, (_, k) => ((k * 7919) % 1000) / 1000);
    writeFileSync(path("many.npy"), encodeFloats([count, 2, 3, 3], values));
    const given = ["--calibration", path("many.npy"), "--input-range", "0,1"];
    const { calibration } = json("convert", path("small.onnx"), "-o", path("small.gguf"), ...given);
    const fitted = Math.min(count, 1024);
    assert.deepEqual(calibration, { given: fitted, fitted, compared, comparedElsewhere: elsewhere });
  }
});

test.run();
