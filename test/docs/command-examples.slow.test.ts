/**
 * The examples of docs/command.md do as they are written, one after the other in one folder, with small networks and images of those names.
 * The one that downloads a data set is left out: it is tested with a server of its own (data.slow.test.ts).
 */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { suite } from "uvu";
import { assertContains } from "../support/contains.ts";
import { OnnxBuilder } from "../support/convert/onnx-builder.ts";
import { encodeJpeg } from "../support/files/jpeg.ts";
import { encodeFloats } from "../support/files/npy.ts";
import { encodePng } from "../support/files/png.ts";
import { CLI } from "../support/hosts/command.ts";
import { PROJECT } from "../support/hosts/folders.ts";
import { random } from "../support/random.ts";

const test = suite("examples of docs/command.md");
const page = readFileSync(join(PROJECT, "docs/command.md"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "bsnn-examples-"));
const path = (...parts: string[]): string => join(folder, ...parts);
const next = random(7);

/** A classifier of images of 8×8 pixels. */
function classifier(): Uint8Array {
  const g = new OnnxBuilder({ input: ["N", 3, 8, 8] });
  const maps = g.relu(g.conv(g.input, 3, 6, [3, 3], { pads: [1, 1, 1, 1], strides: [2, 2] }));
  const values = g.op("Flatten", [g.op("GlobalAveragePool", [g.relu(g.conv(maps, 6, 8, [3, 3]))])]);
  g.output(g.op("Gemm", [values, g.random([8, 4]), g.random([4])]));
  return g.encode();
}

/** Some layers on each input, added up. @param vector name of one that is no image */
function ofTwo(images: readonly string[], vector?: string): Uint8Array {
  const inputs = Object.fromEntries(images.map((name) => [name, ["N", 1, 8, 8]]));
  const g = new OnnxBuilder({ inputs: vector ? { ...inputs, [vector]: ["N", 5] } : inputs });
  const features = images.map((name) =>
    g.op("Flatten", [g.op("GlobalAveragePool", [g.relu(g.conv(name, 1, 4, [3, 3]))])]),
  );
  if (vector) features.push(vector);
  const joined = g.op("Concat", features, { axis: 1 });
  g.output(g.op("Gemm", [g.relu(joined), g.random([vector ? 9 : 8, 3]), g.random([3])]));
  return g.encode();
}

const pixels = (count: number): number[] => Array.from({ length: count }, () => Math.floor(256 * next()));
const picture = (to: string): void => writeFileSync(path(to), encodePng(8, 8, "rgb", pixels(192)));

test.before(async () => {
  for (const [name, model] of Object.entries({
    resnet20: classifier(),
    flow: ofTwo(["before", "after"]),
    robot: ofTwo(["camera"], "state"),
  })) {
    writeFileSync(path(`${name}.onnx`), model);
  }
  const classes = ["cifar10/train", "cifar10/test"].flatMap((part) => ["bird", "cat"].map((name) => `${part}/${name}`));
  for (const name of ["images", "frames", "next", ...classes]) {
    mkdirSync(path(name), { recursive: true });
    for (let i = 0; i < 6; i++) picture(join(name, `${i}.png`));
  }
  for (const name of ["cat.png", "1.png", "2.png"]) picture(name);
  const data = Uint8ClampedArray.from(pixels(256));
  writeFileSync(path("dog.jpg"), await encodeJpeg(8, 8, data));
  writeFileSync(
    path("states.npy"),
    encodeFloats(
      [6, 5],
      Array.from({ length: 30 }, () => 2 * next() - 1),
    ),
  );
  mkdirSync(path("node_modules/.bin"), { recursive: true });
  symlinkSync(CLI, path("node_modules/.bin/bsnn"));
});
test.after(() => rmSync(folder, { recursive: true }));

/** Lines of commands, those that go on put together. */
const commands = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, text]) =>
  text
    .replace(/\\\n\s*/g, "")
    .trim()
    .split("\n"),
);

/** What a command must say, or write, beside ending well. */
const EXPECTED: readonly (readonly [command: RegExp, says: readonly string[], writes?: string])[] = [
  [/^npx bsnn --help/, ["convert", "trace"]],
  [/^bsnn convert resnet20/, ["resnet20.bsnn.gguf"], "resnet20.bsnn.gguf"],
  [/^bsnn run resnet20/, ["cat.png", "dog.jpg"]],
  [/^bsnn eval resnet20.* --onnx/, ["images                            12"]],
  [/^bsnn compare resnet20/, ["early firing"], "resnet20.html"],
  [/^bsnn inspect resnet20/, ["resnet20"]],
  [/^bsnn trace resnet20.* --report/, ["trace.html"], "trace.html"],
  [/^bsnn trace resnet20.* --nir-data/, ["arrays.npz"], "spikes.h5"],
  [/^bsnn eval resnet20.bsnn.gguf --data cifar10.test$/, ["images                            12"]],
  [/^bsnn convert flow/, [], "flow.bsnn.gguf"],
  [/^bsnn run +flow/, ["1.png + 2.png"]],
  [/^bsnn eval +flow/, ["images                            6"]],
  [/^bsnn convert robot/, [], "robot.bsnn.gguf"],
];

test("every example is known", () => {
  assert.equal(commands.length, EXPECTED.length + 1);
  assert.equal(commands.filter((line) => line.startsWith("bsnn data ")).length, 1);
});

for (const line of commands.filter((one) => !one.startsWith("bsnn data "))) {
  test(line, async () => {
    const [, says, writes] = EXPECTED.find(([command]) => command.test(line)) ?? assert.fail("nobody knows it");
    const env = { ...process.env, PATH: `${path("node_modules/.bin")}${delimiter}${process.env.PATH}` };
    const { stdout, stderr } = await promisify(execFile)("sh", ["-c", line], { cwd: folder, env });
    for (const text of says) assertContains(stdout + stderr, text);
    if (writes) assert.ok(statSync(path(writes)).size > 0);
  });
}

test.run();
