/** The JSON of the command and of the WASI command is what docs/command.md says, and the same where they overlap. */

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import { drawDigits, SIZE } from "../../models/drawn/digits.ts";
import { convertSeveral } from "../support/convert/several.ts";
import { encodePng } from "../support/files/png.ts";
import { json } from "../support/hosts/command.ts";
import { PROJECT } from "../support/hosts/folders.ts";
import { checkJson } from "../support/hosts/json-table.ts";
import { TWO_OUTPUTS_SAMPLES, twoOutputs } from "../support/hosts/two-outputs.ts";
import { type Command, runtimes } from "../support/hosts/wasi/runtimes.ts";

const root = mkdtempSync(join(tmpdir(), "bsnn-json-"));
const path = (...parts: string[]): string => join(root, ...parts);
const file = (name: string, content: string | Uint8Array): string => {
  writeFileSync(path(name), content);
  return path(name);
};

const digits = path("digits.bsnn.gguf");
const seven = join(PROJECT, "models/seven.png");
const onnx = join(PROJECT, "models/digits.onnx");
const images = path("images");
const two = file("two.bsnn.gguf", twoOutputs());
const colours = file("colours.png", encodePng(2, 2, "rgb", [...TWO_OUTPUTS_SAMPLES]));

const test = suite("json");
let command: Command;

test.before(async () => {
  copyFileSync(join(PROJECT, "models/digits.bsnn.gguf"), digits);
  for (const [i, { pixels, digit }] of drawDigits(10, 7).entries()) {
    mkdirSync(path("images", String(digit)), { recursive: true });
    writeFileSync(path("images", String(digit), `${i}.png`), encodePng(SIZE, SIZE, "grey", [...pixels]));
  }
  command = await runtimes[0].open(join(PROJECT, "dist/bsnn.wasi.wasm"));
});
test.after(async () => {
  await command.close();
  rmSync(root, { recursive: true });
});

async function wasi(model: string, input: Uint8Array): Promise<Record<string, unknown>> {
  const { stdout } = await command.run(root, [model, "--json"], [input]);
  return JSON.parse(stdout);
}

test("every command prints the keys of the table", async () => {
  const out = path("out.bsnn.gguf");
  checkJson("run", json("run", digits, seven), json("run", two, colours));
  const stepped = json("eval", digits, "--data", images, "--mode", "step");
  const early = json("eval", digits, "--data", images, "--mode", "step", "--delay", "2");
  const counted = json("eval", digits, "--data", images, "--neurobench");
  checkJson("eval", json("eval", digits, "--data", images, "--onnx", onnx), stepped, early, counted);
  const npz = ["--npz", path("trace.npz")];
  checkJson("trace", json("trace", digits, seven, ...npz, "--delay", "exact"), json("trace", two, colours, ...npz));
  checkJson("convert", json("convert", onnx, "-o", out, "--calibration", images));
  const range = file("range.bsnn.gguf", twoOutputs({ range: [-1, 1] }));
  const { file: several, ann } = await convertSeveral();
  await ann.dispose();
  checkJson("inspect", json("inspect", digits), json("inspect", range), json("inspect", file("several.gguf", several)));
});

test("the WASI command prints the keys of the table, and of the same image what run prints", async () => {
  const pgm = new Uint8Array(readFileSync(join(PROJECT, "models/seven.pgm")));
  const found = [await wasi("digits.bsnn.gguf", pgm), await wasi("two.bsnn.gguf", TWO_OUTPUTS_SAMPLES)];
  checkJson("WASI", ...found);
  for (const [i, [model, image]] of [
    [digits, seven],
    [two, colours],
  ].entries()) {
    const expected = json("run", model, image);
    const [{ file: named, ...answer }] = expected.images as Record<string, unknown>[];
    assert.equal(named, image);
    // What names files, and the build, are each host's own.
    const own = { model: null, build: null };
    assert.deepEqual({ ...found[i], ...own }, { ...expected, ...own, images: [answer] });
  }
});

test("a model of two outputs is no classifier on any host", async () => {
  const [{ outputs }] = json("run", two, colours).images as { outputs?: object[] }[];
  assert.equal(outputs?.length, 2);
  const { images: answers } = await wasi("two.bsnn.gguf", TWO_OUTPUTS_SAMPLES);
  assert.deepEqual((answers as { outputs: object[] }[])[0].outputs, outputs);
});

test.run();
