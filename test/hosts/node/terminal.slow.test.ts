/** Names that a terminal or a browser would obey, in every place that a command takes one from: none reaches either as such. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import { drawDigits, SIZE } from "../../../models/drawn/digits.ts";
import { OnnxBuilder } from "../../support/convert/onnx-builder.ts";
import { encodePng } from "../../support/files/png.ts";
import { bsnn } from "../../support/hosts/command.ts";

const EVIL = "\x1b]0;own\x07\x9b31m\u202eabc\u2066\r\n\u2028</script><img src=x onerror=alert(1)>\"'&`";
/** What a terminal would obey, but for the line feeds of a report. */
const OBEYED = /(?!\n)[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u;

const test = suite("names for terminals");
const root = mkdtempSync(join(tmpdir(), "bsnn-"));
test.after(() => rmSync(root, { recursive: true }));

interface Told {
  readonly command: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Converts a model all of whose names are one, and asks every command about it; what they said. */
function ask(name: string, folder: string): Told[] {
  // No file's name has a slash.
  const inPath = name.replaceAll("/", "");
  const path = (file: string) => join(root, folder, `${inPath}${file}`);
  mkdirSync(join(root, folder), { recursive: true });
  drawDigits(12, 5).forEach(({ pixels }, k) => {
    const classes = join(path("images"), `${k % 3}${inPath}`);
    mkdirSync(classes, { recursive: true });
    writeFileSync(join(classes, `${k}${inPath}.png`), encodePng(SIZE, SIZE, "grey", pixels));
  });
  const input = `input${name}`;
  const g = new OnnxBuilder({ inputs: { [input]: ["N", 1, SIZE, SIZE] } });
  const call = (type: string, inputs: string[]) =>
    g.op(type, inputs, {}, { name: `${type}${name}`, outputs: [`${type}${name}`] });
  const weight = g.random([4, 1, 5, 5]);
  const hidden = call("Relu", [call("Conv", [input, weight])]);
  const flat = call("Flatten", [call("GlobalAveragePool", [hidden])]);
  g.output(call("Gemm", [flat, g.random([4, 3]), g.random([3])]));
  writeFileSync(path("model.onnx"), g.encode());
  // A label ends with its line.
  const label = name.replaceAll(/[\r\n]/g, "");
  writeFileSync(path("labels"), [0, 1, 2].map((k) => `${k}${label}`).join("\n"));
  const model = path("model.bsnn.gguf");
  const image = join(path("images"), `0${inPath}`, `0${inPath}.png`);
  const data = ["--data", path("images"), "--onnx", path("model.onnx")];
  const calls = [
    [
      "convert",
      path("model.onnx"),
      "-o",
      model,
      "--calibration",
      path("images"),
      "--labels",
      path("labels"),
      "--name",
      name,
    ],
    ["run", model, image, image],
    ["run", model, image, "--json"],
    ["inspect", model],
    ["inspect", model, "--json"],
    ["eval", model, ...data],
    ["eval", model, ...data, "--json"],
    ["trace", model, image, "--report", path("trace.html"), "--csv", path("trace")],
    [
      "compare",
      model,
      ...data,
      "--calibration",
      path("images"),
      "--methods",
      "bistable",
      "--report",
      path("compare.html"),
    ],
  ];
  const told = calls.map((args): Told => {
    const { code, stdout, stderr } = bsnn(...args);
    assert.equal(code, 0, `${args[0]}: ${stderr}`);
    return { command: args.join(" "), stdout, stderr };
  });
  const refused = [
    ["run", path("missing"), image],
    ["run", model, path("missing")],
    ["run", path("labels"), image],
    ["run", model, path("labels")],
    ["inspect", path("labels")],
    ["eval", model, "--data", path("missing")],
    ["eval", model, "--data", path("labels")],
    ["eval", model, "--data", path("images"), "--onnx", path("labels")],
    ["trace", model, path("labels")],
    ["trace", model, image, "--populations", name],
    ["trace", model, image, "--report", path("images")],
    ["compare", model, ...data, "--calibration", path("labels")],
    ["compare", model, ...data, "--calibration", path("images"), "--methods", name],
    ["data", name, path("data")],
    ["data", "cifar10", path("labels")],
    ["convert", path("labels"), "-o", path("x"), "--calibration", path("images")],
    ["convert", path("model.onnx"), "-o", path("x"), "--calibration", path("images"), "--outputs", name],
    ["convert", path("model.onnx"), "-o", path("x"), "--calibration", path("images"), "--coding", name],
    ["convert", path("model.onnx"), "-o", join(path("none"), "x"), "--calibration", path("images")],
    [`${name}`],
    ["run", model, image, `--${name}`],
  ];
  for (const args of refused) {
    const { code, stdout, stderr } = bsnn(...args);
    assert.equal(code, 2, `${args.join(" ")}: ${stdout}${stderr}`);
    assert.equal(stdout, "");
    told.push({ command: args.join(" "), stdout, stderr });
  }
  return told;
}

const lines = (text: string) => text.split("\n").length;

test("no command says what a terminal would obey, nor more lines than for other names", () => {
  const [evil, harmless] = [ask(EVIL, "evil"), ask("x", "harmless")];
  for (const [k, { command, stdout, stderr }] of evil.entries()) {
    assert.doesNotMatch(stdout + stderr, OBEYED, command);
    assert.equal(lines(stdout), lines(harmless[k].stdout), `${command}\n${stdout}\n${harmless[k].stdout}`);
    assert.equal(lines(stderr), lines(harmless[k].stderr), `${command}\n${stderr}\n${harmless[k].stderr}`);
  }
});

test("no report holds an element of a name", () => {
  const pages = (readdirSync(join(root, "evil"), { recursive: true }) as string[]).filter((path) =>
    path.endsWith(".html"),
  );
  assert.equal(pages.length, 2);
  for (const page of pages) {
    const html = readFileSync(join(root, "evil", page), "utf8");
    assert.doesNotMatch(html, /<img src=x|<script/i, page);
    assert.match(html, /&lt;img src=x onerror=alert\(1\)&gt;/);
  }
  const csv = (readdirSync(join(root, "evil"), { recursive: true }) as string[])
    .map((path) => join(root, "evil", path))
    .filter((path) => path.endsWith(".csv") && statSync(path).isFile());
  assert.ok(csv.length > 0);
});

test.run();
