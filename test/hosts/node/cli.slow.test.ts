/** The command as users and other tools meet it: exit codes, what goes where, and what bad input leaves behind. */

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import { drawDigits, SIZE } from "../../../models/drawn/digits.ts";
import manifest from "../../../package.json" with { type: "json" };
import { assertContains } from "../../support/contains.ts";
import { encodePng } from "../../support/files/png.ts";
import { bsnn, CLI, json } from "../../support/hosts/command.ts";

const DIGITS = fileURLToPath(new URL("../../../models/digits.onnx", import.meta.url));

/** Everything the tests read and write lies here. */
const root = mkdtempSync(join(tmpdir(), "bsnn-"));
const path = (...parts: string[]): string => join(root, ...parts);
const model = path("digits.bsnn.gguf");
const images = path("images");

/** Expects exit code 2, nothing on standard output, and one message that has all of `parts`. */
function refused(args: string[], ...parts: (string | RegExp)[]): void {
  const { code, stdout, stderr } = bsnn(...args);
  assert.equal(code, 2, stderr);
  assert.equal(stdout, "");
  for (const part of parts) assertContains(stderr, part);
  assert.doesNotMatch(stderr, /\n\s+at /, "no stack trace");
}

/** Converts into an empty folder, expects a refusal, and that the folder is still empty. */
function conversionRefused(args: string[], ...parts: (string | RegExp)[]): void {
  const folder = path("out");
  mkdirSync(folder);
  try {
    refused(["convert", "-o", join(folder, "out.bsnn.gguf"), ...args], ...parts);
    assert.deepEqual(readdirSync(folder), []);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(path(name), content);
  return path(name);
}

const test = suite("bsnn");

test.before(() => {
  for (const [i, { digit, pixels }] of drawDigits(20, 7).entries()) {
    mkdirSync(join(images, String(digit)), { recursive: true });
    writeFileSync(join(images, String(digit), `${i}.png`), encodePng(SIZE, SIZE, "grey", pixels));
  }
  const { code, stderr } = bsnn("convert", DIGITS, "-o", model, "--calibration", images);
  assert.equal(code, 0, stderr);
});
test.after(() => rmSync(root, { recursive: true }));

test("--help of every command shows its options and examples", () => {
  for (const command of ["convert", "run", "eval", "inspect"]) {
    const { code, stdout, stderr } = bsnn(command, "--help");
    assert.equal(code, 0);
    assert.equal(stderr, "");
    assertContains(stdout, "--json");
    assertContains(stdout, `$ bsnn ${command} `);
  }
  assert.equal(bsnn("--help").code, 0);
  assert.equal(bsnn("--version").code, 0);
});

test("wrong usage exits with 2 and names what is wrong", () => {
  refused([]);
  refused(["transmogrify"], "transmogrify");
  refused(["run", model, "x.png", "--colour"], "--colour");
  refused(["run", model], "IMAGE");
  refused(["convert", DIGITS, "-o", path("x")], "--calibration");
  refused(["eval", model, "--data", images, "--mode", "warp"], "--mode", "period, step");
  refused(["eval", model, "--data", images, "--limit", "0"], "--limit", "1 or more");
  conversionRefused([DIGITS, "--calibration", images, "--phases", "9"], "--phases", "1 to 8");
  conversionRefused([DIGITS, "--calibration", images, "--weight-bits", "4"], "--weight-bits", "8, 16");
  conversionRefused([DIGITS, "--calibration", images, "--mean", "a,b"], "--mean", "numbers separated by commas");
});

test("convert reports every population, by itself and as JSON", () => {
  const out = path("again.bsnn.gguf");
  const found = json("convert", DIGITS, "-o", out, "--calibration", images, "--phases", "8", "--weight-bits", "16");
  assert.equal(found.model, out);
  assert.equal(found.bytes, readFileSync(out).length);
  assert.equal(found.phases, 8);
  assert.equal(found.weightBits, 16);
  const populations = found.populations as {
    name: string;
    kind: string;
    depth: number;
    relativeError: number | null;
  }[];
  for (const { kind, name, relativeError } of populations) {
    const compared = kind === "bistable" || kind === "output";
    assert.equal(relativeError !== null, compared, name);
    if (compared) assert.ok((relativeError as number) < 0.05, `${name}: ${relativeError}`);
  }
  assert.ok(populations.some(({ kind }) => kind === "output"));
  const deepest = Math.max(...populations.filter(({ kind }) => kind !== "output").map(({ depth }) => depth));
  assert.equal(found.steps, deepest * 8 + 1);
  assert.deepEqual(found.warnings, []);
  const text = bsnn("convert", DIGITS, "-o", out, "--calibration", images);
  for (const { name } of populations) assertContains(text.stdout, name);
});

test("the same command writes the same file", () => {
  const out = path("same.bsnn.gguf");
  json("convert", DIGITS, "-o", out, "--calibration", images, "--name", "digits");
  assert.ok(readFileSync(out).equals(readFileSync(model)));
});

test("labels are stored and shown", () => {
  const out = path("labelled.bsnn.gguf");
  const names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
  json(
    "convert",
    DIGITS,
    "-o",
    out,
    "--calibration",
    images,
    "--labels",
    // With a byte order mark, and white space after the last.
    file("labels.txt", `\ufeff${names.join("\r\n")}\r\n\r\n \t\r\n`),
  );
  const found = json("run", out, join(images, "3", "3.png"), "--top", "2");
  const [{ top }] = found.images as { top: { index: number; label: string }[] }[];
  assert.equal(top.length, 2);
  assert.deepEqual([top[0].index, top[0].label], [3, "three"]);
  const [zero] = json("run", out, join(images, "0", "0.png")).images as { top: { label: string }[] }[];
  assert.equal(zero.top[0].label, "zero");
  conversionRefused([DIGITS, "--calibration", images, "--labels", file("few.txt", "a\nb\n")], "2", "10");
});

test("convert never replaces what it reads", () => {
  const onnx = path("own.onnx");
  const bytes = readFileSync(DIGITS);
  writeFileSync(onnx, bytes);
  symlinkSync(onnx, path("link.onnx"));
  const labels = file("own.txt", "a\nb\n");
  for (const out of [onnx, path("link.onnx"), join(root, ".", "own.onnx")]) {
    refused(["convert", onnx, "-o", out, "--calibration", images], out, "would replace", onnx);
    assert.ok(readFileSync(onnx).equals(bytes));
  }
  refused(["convert", path("link.onnx"), "-o", onnx, "--calibration", images], "would replace");
  refused(["convert", onnx, "-o", labels, "--calibration", images, "--labels", labels], "would replace");
  assert.equal(readFileSync(labels, "utf8"), "a\nb\n");
});

test("a file of more than 2 GiB is told as such", () => {
  const large = file("large.bsnn.gguf", "");
  truncateSync(large, 2 ** 31 + 1);
  refused(["inspect", large], large, "2 GiB");
  refused(["convert", large, "-o", path("x.bsnn.gguf"), "--calibration", images], large, "2 GiB");
  rmSync(large);
});

test("run answers for every image in turn, the same in both modes", () => {
  const files = [join(images, "7", "7.png"), join(images, "2", "2.png")];
  const found = json("run", model, ...files);
  const answers = found.images as { file: string; top: { index: number; value: number }[] }[];
  assert.deepEqual(
    answers.map(({ file, top }) => [file, top[0].index, top.length]),
    [
      [files[0], 7, 5],
      [files[1], 2, 5],
    ],
  );
  assert.deepEqual(json("run", model, ...files, "--mode", "step").images, found.images);
  const text = bsnn("run", model, ...files);
  assert.equal(text.code, 0);
  for (const name of files) assertContains(text.stdout, name);
});

test("eval --json prints exactly the promised keys, and both modes the same digest", () => {
  const found = json("eval", model, "--data", images, "--onnx", DIGITS);
  const keys = [
    ...["model", "data", "version", "mode", "build", "phases", "steps", "inputs", "top1", "top5", "ann"],
    ...["spikesPerImage", "synapticOperationsPerImage", "macs", "msPerImage", "digest", "warnings"],
  ];
  assert.deepEqual(Object.keys(found), keys);
  assert.deepEqual([found.model, found.data, found.version], [model, images, manifest.version]);
  const ann = found.ann as { agreement: number; logitsRelativeError: number; outputs: object[] };
  assert.deepEqual(Object.keys(ann), ["top1", "top5", "agreement", "logitsRelativeError", "outputs"]);
  const { agreement, logitsRelativeError: relativeError } = ann;
  assert.deepEqual(ann.outputs, [{ name: "logits", shape: [1, 10], relativeError, agreement }]);
  assert.equal(found.inputs, 20);
  assert.ok((found.top1 as number) >= 0.95);
  assert.ok(agreement >= 0.95);
  assert.equal(found.phases, 7);
  assert.match(found.digest as string, /^[0-9a-f]{64}$/);

  const stepped = json("eval", model, "--data", images, "--mode", "step");
  assert.ok(!("ann" in stepped));
  assert.equal(stepped.mode, "step");
  for (const key of ["digest", "top1", "top5", "steps", "spikesPerImage", "synapticOperationsPerImage"]) {
    assert.equal(stepped[key], found[key], key);
  }
  assert.deepEqual(Object.keys(stepped).slice(6, 9), ["steps", "stepsPerAnswer", "inputs"]);
  assert.equal(stepped.stepsPerAnswer, 14);
  const twofold = json("eval", model, "--data", images, "--mode", "step", "--registers", "2");
  assert.deepEqual({ ...twofold, msPerImage: 0 }, { ...stepped, msPerImage: 0, stepsPerAnswer: 7 });
  refused(["eval", model, "--data", images, "--registers", "2"], "--registers", "--mode step");
  refused(["eval", model, "--data", images, "--mode", "step", "--registers", "3"], "--registers", "1 to 2");
  assert.equal(json("eval", model, "--data", images, "--limit", "7").inputs, 7);
  assert.equal(bsnn("eval", model, "--data", images, "--onnx", DIGITS).code, 0);
});

test("eval gives the same on any number of threads, and refuses bad images on them too", () => {
  const [alone, ...others] = ["1", "2", "3"].map((workers) =>
    json("eval", model, "--data", images, "--onnx", DIGITS, "--workers", workers),
  );
  for (const other of others) assert.deepEqual({ ...other, msPerImage: 0 }, { ...alone, msPerImage: 0 });
  assert.match(bsnn("eval", model, "--data", images, "--workers", "2").stdout, /2 workers/);
  refused(["eval", model, "--data", images, "--workers", "0"], "--workers", "1 to 256");
  mkdirSync(path("broken", "0"), { recursive: true });
  file(join("broken", "0", "a.png"), "plain text");
  refused(["eval", model, "--data", path("broken"), "--workers", "2"], "a.png", "PNG and JPEG");
});

test("eval of a folder without classes measures all but accuracy", () => {
  const { top1, top5, inputs: seen } = json("eval", model, "--data", join(images, "4"));
  assert.deepEqual([top1, top5, seen], [null, null, 2]);
});

test("inspect shows what the file holds", () => {
  const found = json("inspect", model);
  assert.equal(found.bytes, readFileSync(model).length);
  assert.equal(found.phases, 7);
  assert.deepEqual((found.populations as object[]).length > 5, true);
  const text = bsnn("inspect", model);
  assert.equal(text.code, 0);
  for (const { name } of found.populations as { name: string }[]) assertContains(text.stdout, name);
});

test("an ONNX file that is missing, cut off or something else is refused and named", () => {
  const whole = readFileSync(DIGITS);
  const calibration = ["--calibration", images];
  conversionRefused([path("none.onnx"), ...calibration], "none.onnx", "no such file");
  for (const part of [0, 0.3, 0.999]) {
    const cut = file("cut.onnx", whole.subarray(0, Math.floor(part * whole.length)));
    conversionRefused([cut, ...calibration], "cut.onnx");
  }
  conversionRefused([file("text.onnx", "this is no model\n"), ...calibration], "text.onnx");
  conversionRefused([join(images, "0", "0.png"), ...calibration], "0.png");
  conversionRefused([model, ...calibration], "digits.bsnn.gguf");
});

test("a calibration folder that is missing, empty or holds what is no image is refused and named", () => {
  mkdirSync(path("empty", "class"), { recursive: true });
  mkdirSync(path("texts", "class"), { recursive: true });
  const text = file("texts/class/a.png", "plain text");
  conversionRefused([DIGITS, "--calibration", path("nowhere")], "nowhere", "no such file or folder");
  conversionRefused([DIGITS, "--calibration", path("empty")], "empty", "holds no images");
  conversionRefused([DIGITS, "--calibration", DIGITS], "digits.onnx", "expected a folder");
  conversionRefused([DIGITS, "--calibration", path("texts")], text, '"plain te"', "PNG and JPEG");
});

test("an output that cannot be written is refused and leaves nothing", () => {
  refused(["convert", DIGITS, "-o", path("nowhere", "out"), "--calibration", images], "nowhere", "no such file");
  refused(["convert", DIGITS, "-o", images, "--calibration", images], "is a folder");
  if (!existsSync("/dev/full")) console.warn("SKIPPED: this system has no /dev/full");
  else refused(["convert", DIGITS, "-o", "/dev/full", "--calibration", images], "/dev/full", "no space left");
});

test("results that cannot be printed exit with 2", () => {
  if (!existsSync("/dev/full")) {
    console.warn("SKIPPED: this system has no /dev/full");
    return;
  }
  const full = openSync("/dev/full", "w");
  const { status, stderr } = spawnSync(process.execPath, [CLI, "inspect", model, "--json"], {
    stdio: ["ignore", full, "pipe"],
    encoding: "utf8",
  });
  closeSync(full);
  assert.equal(status, 2, stderr);
  assert.match(stderr, /standard output: no space left/);
});

test("help that cannot be printed exits with 2, and where nobody reads it any more with 0", () => {
  if (existsSync("/dev/full")) {
    const full = openSync("/dev/full", "w");
    const { status, stderr } = spawnSync(process.execPath, [CLI, "--help"], {
      stdio: ["ignore", full, "pipe"],
      encoding: "utf8",
    });
    closeSync(full);
    assert.equal(status, 2, stderr);
    assert.match(stderr, /standard output: no space left/);
  } else console.warn("SKIPPED: this system has no /dev/full");
  const line = '"$0" "$1" --help | (exec 0<&-; cat >/dev/null 2>&1); echo "$PIPESTATUS"';
  const { stdout, stderr } = spawnSync("bash", ["-c", line, process.execPath, CLI], { encoding: "utf8" });
  assert.deepEqual([stdout, stderr], ["0\n", ""]);
});

test("what is printed arrives whole where a pipe does not wait for its slow reader", async () => {
  const count = 3000;
  const bytes = count * SIZE * SIZE;
  const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (${count}, ${SIZE}, ${SIZE}), }`.padEnd(117);
  const npy = Buffer.concat([Buffer.from(`\x93NUMPY\x01\0v\0${header}\n`, "latin1"), Buffer.alloc(bytes, 100)]);
  const array = file("many.npy", npy);
  // A socket of this process, which never blocks, is the command's standard output.
  const server = createServer().listen(path("socket"));
  await once(server, "listening");
  const own = connect(path("socket"));
  const [[reader]] = await Promise.all([once(server, "connection"), once(own, "connect")]);
  const command = spawn(process.execPath, [CLI, "run", model, array, "--json"], { stdio: ["ignore", own, "inherit"] });
  const ended = once(command, "exit");
  own.destroy();
  reader.pause();
  await new Promise((resolve) => setTimeout(resolve, 2500));
  let text = "";
  for await (const chunk of reader.setEncoding("utf8")) text += chunk;
  server.close();
  assert.deepEqual(await ended, [0, null]);
  assert.equal(JSON.parse(text).images.length, count);
  assert.ok(text.length > 500_000, `${text.length} bytes are more than a pipe holds`);
});

test("a model file that is missing, cut off, damaged or something else is refused and named", () => {
  const whole = readFileSync(model);
  const image = join(images, "0", "0.png");
  refused(["run", path("none.gguf"), image], "none.gguf", "no such file");
  for (const part of [0, 0.01, 0.5, 0.999]) {
    const cut = file("cut.gguf", whole.subarray(0, Math.floor(part * whole.length)));
    refused(["inspect", cut], "cut.gguf");
  }
  refused(["run", path("cut.gguf"), image], "cut.gguf");
  refused(["eval", path("cut.gguf"), "--data", images], "cut.gguf");
  refused(["inspect", DIGITS], "digits.onnx");
  refused(["inspect", image], "0.png");
  refused(["inspect", images], "images", "is a folder");
  const damaged = Buffer.from(whole);
  damaged.fill(0xff, 40, 60);
  refused(["inspect", file("damaged.gguf", damaged)], "damaged.gguf");
});

test("an image or data folder that is none is refused, with nothing on standard output", () => {
  const good = join(images, "0", "0.png");
  const bad = file("fake.png", "plain text");
  refused(["run", model, good, bad, "--json"], "fake.png", "PNG and JPEG");
  refused(["run", model, path("none.png")], "none.png", "no such file");
  refused(["eval", model, "--data", path("nowhere")], "nowhere");
  mkdirSync(path("classes", "10"), { recursive: true });
  writeFileSync(path("classes", "10", "a.png"), readFileSync(good));
  refused(["eval", model, "--data", path("classes")], "'10'", "0…9");
  refused(["eval", model, "--data", images, "--onnx", bad], "fake.png");
});

test("the digest of eval is that of the potentials which anyone can compute", async () => {
  const { load } = await import("../../../bindings/node.ts");
  const network = await load(readFileSync(model));
  const hash = createHash("sha256");
  for (const { pixels } of drawDigits(20, 7).filter(({ digit }) => digit === 0)) {
    hash.update(Buffer.from(network.run(pixels).outputs[0].potentials.slice().buffer));
  }
  // Of class 0 are the first image drawn and the eleventh; in path order they come first too.
  assert.equal(json("eval", model, "--data", images, "--limit", "2").digest, hash.digest("hex"));
  network.dispose();
});

test.run();
