/** The command with files that are made to deceive: names that a terminal would obey, paths that lead elsewhere, folders without end. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import { onnx } from "../../../convert/onnx/schema/onnx.js";
import { writeModel } from "../../../convert/write/model.ts";
import { drawDigits, SIZE } from "../../../models/drawn/digits.ts";
import { network, population, repeat } from "../../reference/build.ts";
import { assertContains } from "../../support/contains.ts";
import { DataType, OnnxBuilder } from "../../support/convert/onnx-builder.ts";
import { encodePng } from "../../support/files/png.ts";
import { bsnn, CLI, json } from "../../support/hosts/command.ts";
import { PROJECT } from "../../support/hosts/folders.ts";

const DIGITS = join(PROJECT, "models/digits.onnx");
const MODEL = join(PROJECT, "models/digits.bsnn.gguf");
const EXTERNAL = onnx.TensorProto.DataLocation.EXTERNAL;
const EVIL = "\x1b]0;own\x07\x1b[2J\x9b31m\u202eabc\u2066\u200f\x7f\r\n\u2028 end";
/** What a terminal would obey, but for the line feeds of a report. */
const OBEYED = /(?!\n)[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u;

const root = mkdtempSync(join(tmpdir(), "bsnn-"));
const path = (...parts: string[]): string => join(root, ...parts);
const images = path("images");

const test = suite("hostile files");

test.before(() => {
  mkdirSync(images);
  for (const [i, { pixels }] of drawDigits(4, 7).entries()) {
    writeFileSync(join(images, `${i}.png`), encodePng(SIZE, SIZE, "grey", pixels));
  }
});
test.after(() => rmSync(root, { recursive: true }));

function refused(args: string[], ...parts: string[]): void {
  const begin = performance.now();
  const { code, stdout, stderr } = bsnn(...args);
  assert.equal(code, 2, stderr);
  assert.equal(stdout, "");
  for (const part of parts) assertContains(stderr, part);
  assert.doesNotMatch(stderr, OBEYED);
  assert.ok(performance.now() - begin < 5000);
}

/** A model whose every name is made for a terminal. */
function named(name: string, classes = 3): Uint8Array {
  const shape: [number, number, number] = [1, 1, classes];
  const populations = [population("input", shape, 0), population("output", shape, 1)];
  return writeModel({
    ...network(
      7,
      populations.map((p) => ({ ...p, name: `${p.name}${name}` })),
      [repeat(0, 1, shape)],
      {
        labels: Array.from({ length: classes }, (_, i) => `${i}${name}`),
        coding: "current",
      },
    ),
    name,
  });
}

test("nothing from a file reaches a terminal that obeys it, on Node and in WASI", () => {
  const model = path("evil.bsnn.gguf");
  writeFileSync(model, named(EVIL));
  const image = path("evil\x1b[31m\u202e.png");
  writeFileSync(image, encodePng(1, 1, "rgb", [3, 2, 1]));
  for (const args of [
    ["run", model, image],
    ["inspect", model],
    ["run", model, image, "--json"],
    ["inspect", model, "--json"],
  ]) {
    const { code, stdout, stderr } = bsnn(...args);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stdout, OBEYED, args.join(" "));
    // Two rows are two lines, whatever the names.
    if (args[0] === "run" && args.length === 3) assert.equal(stdout.split("\n").length, 7);
  }
  const found = json("run", model, image).images as { top: { label: string }[]; file: string }[];
  assert.equal(found[0].top[0].label, `0${EVIL}`);
  assert.equal(found[0].file, image);
  refused(["run", path(`no${EVIL}`), image]);
  refused(["run", model, path(`no${EVIL}`)]);
  refused([`--${EVIL}`]);
  const wasi = (...args: string[]) =>
    spawnSync(
      process.execPath,
      ["--no-warnings", join(PROJECT, "hosts/wasi/run-node.mjs"), join(PROJECT, "dist/bsnn.wasi.wasm"), ...args],
      { input: Uint8Array.of(3, 2, 1), encoding: "utf8", cwd: root },
    );
  for (const [args, status] of [
    [["evil.bsnn.gguf", "--raw"], 0],
    [["evil.bsnn.gguf", "--raw", "--json"], 0],
    [["no\x1b[31m\u202e.gguf"], 2],
  ] as const) {
    const { stdout, stderr } = wasi(...args);
    assert.doesNotMatch(stdout + stderr, OBEYED, args.join(" "));
    assert.ok(stdout.length + stderr.length > 20 && (status === 0 || stderr.length > 0), stdout + stderr);
  }
});

/** A model whose weights lie in a file that it names. */
function withData(name: string, location: string): string {
  const g = new OnnxBuilder({ input: ["N", 1, SIZE, SIZE] });
  const weights = g.initializer({
    dims: [SIZE * SIZE, 3],
    dataType: DataType.FLOAT,
    dataLocation: EXTERNAL,
    externalData: [{ key: "location", value: location }],
  });
  g.output(g.op("MatMul", [g.op("Flatten", [g.input]), weights]));
  writeFileSync(path(name), g.encode());
  return path(name);
}

const WEIGHTS = new Uint8Array(new Float32Array(SIZE * SIZE * 3).fill(0.01).buffer);

test("convert replaces none of the files it reads, whatever leads to them", () => {
  const data = path("weights.bin");
  writeFileSync(data, WEIGHTS);
  const model = withData("own.onnx", "weights.bin");
  symlinkSync("weights.bin", path("soft"));
  linkSync(data, path("hard"));
  const calibration = ["--calibration", images];
  for (const out of [data, path("soft"), path("hard")]) {
    refused(["convert", model, "-o", out, ...calibration], "would replace", "weights.bin");
    assert.deepEqual(new Uint8Array(readFileSync(data)), WEIGHTS);
  }
  const picture = join(images, "2.png");
  const before = readFileSync(picture);
  refused(["convert", model, "-o", picture, ...calibration], "would replace", "2.png");
  assert.ok(readFileSync(picture).equals(before));
  const { code, stderr } = bsnn("convert", model, "-o", path("fine.gguf"), ...calibration);
  assert.equal(code, 0, stderr);
});

test("external data is a file below the model's folder, links followed", () => {
  writeFileSync(path("secret"), WEIGHTS);
  mkdirSync(path("models"));
  mkdirSync(path("blobs"));
  symlinkSync("../secret", path("models", "link.bin"));
  symlinkSync("..", path("models", "up"));
  const convert = (model: string) => ["convert", model, "-o", path("x.gguf"), "--calibration", images];
  const outside = ["../secret", "/etc/passwd", "link.bin", "up/secret", ...(existsSync("/dev/zero") ? ["zero"] : [])];
  if (existsSync("/dev/zero")) symlinkSync("/dev/zero", path("models", "zero"));
  for (const location of outside) {
    refused(convert(withData("models/outside.onnx", location)), "outside.onnx", "below the model's folder");
  }
  refused(convert(withData("models/nul.onnx", "a\0b")), "nul.onnx", "zero byte");
  refused(convert(withData("models/evil.onnx", EVIL)), "evil.onnx", "no such file");
  refused(convert(withData("models/long.onnx", "x".repeat(5000))), "long.onnx", "name too long");
  // A store of models that are links, each beside links to its data.
  writeFileSync(path("blobs", "1"), WEIGHTS);
  copyFileSync(withData("models/stored.onnx", "stored.bin"), path("blobs", "2"));
  rmSync(path("models", "stored.onnx"));
  symlinkSync("../blobs/1", path("models", "stored.bin"));
  symlinkSync("../blobs/2", path("models", "stored.onnx"));
  assert.equal(bsnn(...convert(path("models", "stored.onnx"))).code, 0);
});

test("folders that links make endless are refused at once", () => {
  for (const folder of ["loop/0", "many/0"]) mkdirSync(path(folder), { recursive: true });
  symlinkSync("..", path("loop/0/a"));
  symlinkSync(".", path("loop/0/b"));
  // Two links at each level, so that there are 2^30 ways to the last.
  for (let level = 0; level < 30; level++) {
    mkdirSync(path("many", "0", `f${level}`));
    for (const name of ["a", "b"]) symlinkSync(`../f${level + 1}`, path("many", "0", `f${level}`, name));
  }
  mkdirSync(path("many", "0", "f30"));
  for (const data of [path("loop"), path("many")]) refused(["eval", MODEL, "--data", data], "links lead to twice");
});

test("devices without an end are read to a bound", () => {
  if (!existsSync("/dev/zero")) return;
  for (const args of [
    ["inspect", "/dev/zero"],
    ["run", MODEL, "/dev/zero"],
    ["convert", "/dev/zero", "-o", path("x.gguf"), "--calibration", images],
    ["convert", DIGITS, "-o", path("x.gguf"), "--calibration", images, "--labels", "/dev/zero"],
  ]) {
    refused(args, "/dev/zero", "256 MiB");
  }
});

test("eval reads its model once", () => {
  if (!existsSync("/dev/stdin")) return;
  const script = 'cat "$1" | "$2" "$3" eval /dev/stdin --data "$4" --workers 2 --json';
  const args = ["-c", script, "sh", MODEL, process.execPath, CLI, images];
  const { status, stdout, stderr } = spawnSync("sh", args, { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  assert.equal(JSON.parse(stdout).digest, json("eval", MODEL, "--data", images).digest);
});

test("a signal in the middle of writing leaves no temporary file, and the old one as it was", async () => {
  const module = fileURLToPath(new URL("../../../hosts/node/report/output-file.ts", import.meta.url));
  const program = `
    import { open } from "node:fs/promises";
    import { writeOutput } from ${JSON.stringify(module)};
    const handle = await open(process.argv[2]);
    const { writeFile } = Object.getPrototypeOf(handle);
    Object.getPrototypeOf(handle).writeFile = async function (bytes) {
      await writeFile.call(this, bytes.subarray(0, 2));
      console.log("half");
      await new Promise((resolve) => setTimeout(resolve, 60_000));
    };
    await writeOutput(process.argv[2], new Uint8Array(9));
  `;
  mkdirSync(path("signals"));
  writeFileSync(path("write.mts"), program);
  const out = path("signals", "out");
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    writeFileSync(out, "old");
    const child = spawn(process.execPath, ["--import", "tsx", path("write.mts"), out], { cwd: PROJECT });
    await once(child.stdout, "data");
    assert.equal(readdirSync(path("signals")).length, 2);
    child.kill(signal);
    const [, by] = await once(child, "exit");
    assert.equal(by, signal);
    assert.deepEqual(readdirSync(path("signals")), ["out"]);
    assert.equal(readFileSync(out, "utf8"), "old");
  }
});

test("a signal ends a conversion at once, at any stage, and leaves nothing behind", async () => {
  const g = new OnnxBuilder({ input: ["N", 1, SIZE, SIZE] });
  let x = g.input;
  for (const [from, to] of [
    [1, 32],
    [32, 64],
    [64, 64],
  ])
    x = g.relu(g.conv(x, from, to, [3, 3]));
  g.output(g.op("GlobalAveragePool", [x]));
  mkdirSync(path("stopped"));
  writeFileSync(path("slow.onnx"), g.encode());
  const args = ["convert", path("slow.onnx"), "-o", path("stopped", "x.gguf"), "--calibration", images, "--early"];
  for (const [signal, after] of [
    ["SIGINT", 700],
    ["SIGINT", 2500],
    ["SIGTERM", 1500],
    ["SIGHUP", 1500],
  ] as const) {
    const child = spawn(process.execPath, [CLI, ...args]);
    const ended = once(child, "exit");
    await new Promise((resolve) => setTimeout(resolve, after));
    const begin = performance.now();
    child.kill(signal);
    assert.deepEqual(await ended, [null, signal]);
    assert.ok(performance.now() - begin < 1000);
    assert.deepEqual(readdirSync(path("stopped")), []);
  }
});

test("what ends the command while the original is looked at does not lose the conversion", () => {
  writeFileSync(
    path("end.mjs"),
    `const { write } = process.stderr;
    process.stderr.isTTY = true;
    process.stderr.write = function (text, ...rest) {
      if (/^(?:check|try) /.test(text)) process.kill(process.pid, "SIGKILL");
      return write.call(this, text, ...rest);
    };`,
  );
  // The original is asked about images in folders of their classes.
  for (const label of ["0", "1"]) cpSync(images, path("classes", label), { recursive: true });
  mkdirSync(path("ended"));
  const out = path("ended", "digits.bsnn.gguf");
  const args = ["convert", DIGITS, "-o", out, "--calibration", path("classes")];
  const { signal, stderr } = spawnSync(process.execPath, ["--import", path("end.mjs"), CLI, ...args]);
  assert.equal(signal, "SIGKILL", String(stderr));
  assert.deepEqual(readdirSync(path("ended")), ["digits.bsnn.gguf"]);
  assert.equal(json("inspect", out).name, "digits");
});

test("files that were found are refused as their kind", () => {
  const folder = join(PROJECT, "../shared/cases/trust");
  if (!existsSync(folder)) return;
  for (const name of ["ctrl.onnx", "nul.onnx"]) {
    refused(["convert", join(folder, name), "-o", path("x.gguf"), "--calibration", images], name);
  }
  refused(["inspect", join(folder, "escape-error.bsnn.gguf")]);
  const { stdout } = bsnn("inspect", join(folder, "escape.bsnn.gguf"));
  assert.doesNotMatch(stdout, OBEYED);
});

test.run();
