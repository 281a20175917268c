/** `bsnn compare` as a user meets it: figures, a report, going on after an interruption, refusals. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { suite } from "uvu";
import { Kept } from "../../../hosts/node/compare/keep.ts";
import { drawDigits } from "../../../models/drawn/digits.ts";
import { encodePng } from "../../support/files/png.ts";
import { bsnn } from "../../support/hosts/command.ts";
import { emptyFolder } from "../../support/hosts/package.ts";

const test = suite("bsnn compare");
const folder = await emptyFolder();
const at = (name: string) => join(folder.path, name);
test.after(() => folder.remove());

/** Digits as images, a folder for each class. */
function writeImages(name: string, count: number, seed: number): void {
  for (let digit = 0; digit < 10; digit++) mkdirSync(join(at(name), String(digit)), { recursive: true });
  drawDigits(count, seed).forEach(({ pixels, digit }, k) => {
    writeFileSync(join(at(name), String(digit), `${k}.png`), encodePng(28, 28, "grey", [...pixels]));
  });
}

writeImages("test", 4, 1);
writeImages("train", 6, 2);

const compare = (...more: string[]) =>
  bsnn(
    ...["compare", "models/digits.bsnn.gguf", "--onnx", "models/digits.onnx", "--data", at("test")],
    ...["--calibration", at("train"), "--steps", "24", "--phases", "7", ...more],
  );

interface Point {
  readonly step: number;
  readonly top1: number | null;
  readonly agreement: number;
  readonly logitsRelativeError: number;
}

interface Document {
  readonly images: number;
  readonly methods: readonly { readonly name: string; readonly curve: readonly Point[]; readonly reach: object }[];
  readonly claims: readonly object[];
  readonly layers: Record<string, readonly { readonly inactivatedSpiking: number }[]>;
  readonly inactivated: Record<string, { readonly steps: readonly number[]; readonly share: readonly number[] }>;
}

/** What does not depend on the machine. */
const figures = ({ methods, claims }: Document) => ({
  claims,
  curves: methods.map(({ name, curve }) => ({
    name,
    curve: curve.map(({ step, top1, agreement, logitsRelativeError }) => [step, top1, agreement, logitsRelativeError]),
  })),
});

test("every method has a curve, and the report and its numbers are written", () => {
  const { code, stdout, stderr } = compare(
    ...["--report", at("report.html"), "--csv", at("csv"), "--keep", at("kept"), "--workers", "2", "--json"],
  );
  assert.equal(code, 0, stderr);
  const found = JSON.parse(stdout) as Document;
  assert.equal(found.images, 4);
  assert.equal(found.methods.length, 11);
  for (const { name, curve, reach } of found.methods) {
    assert.ok(curve.length > 0, name);
    for (const point of curve) {
      assert.ok(point.step >= 1 && point.logitsRelativeError >= 0, name);
      assert.ok(point.agreement >= 0 && point.agreement <= 1, name);
    }
    assert.deepEqual(Object.keys(reach), ["minus1", "minusHalf", "agreement99"]);
  }
  const points = new Map(found.methods.map(({ name, curve }) => [name, curve]));
  assert.equal(points.get("bistable")![0].step, 50);
  assert.deepEqual(
    points.get("early")!.map(({ logitsRelativeError }) => logitsRelativeError < 0.1),
    [true, true, true],
  );
  // The quantised ANN has the levels of the bistable network.
  assert.equal(points.get("quantised-ann")![0].logitsRelativeError, points.get("bistable")![0].logitsRelativeError);
  for (const [name, { steps, share }] of Object.entries(found.inactivated)) {
    assert.equal(steps.length, share.length);
    assert.deepEqual(
      share,
      [...share].sort((a, b) => a - b),
      `${name}: who has spiked has spiked`,
    );
    const each = found.layers[name].map(({ inactivatedSpiking }) => inactivatedSpiking);
    assert.ok(Math.min(...each) <= share.at(-1)! && share.at(-1)! <= Math.max(...each), name);
  }
  assert.equal(found.inactivated.phase.steps.at(-1), 21, "as far as it runs, in whole periods");
  assert.ok(found.inactivated.phase.share.at(-1)! > found.inactivated.early.share.at(-1)!);
  assert.match(readFileSync(at("report.html"), "utf8"), /^<!doctype html>/i);
  assert.ok(readdirSync(at("csv")).includes("reach.csv"));
  const [kept] = readdirSync(at("kept"));
  const rows = join(at("kept"), kept, "rows.jsonl");
  const settings = join(at("kept"), kept, "setting-if-percentile.json");
  const chosen = readFileSync(settings, "utf8").replace("the best of", "kept as the best of");
  writeFileSync(settings, chosen);
  // Killed in the middle of a line, it goes on from what is whole.
  const whole = readFileSync(rows);
  truncateSync(rows, Math.floor(whole.length / 2));
  const again = compare("--keep", at("kept"), "--json");
  assert.equal(again.code, 0, again.stderr);
  assert.match(again.stderr, /goes on from \d+ results/);
  assert.deepEqual(figures(JSON.parse(again.stdout)), figures(found));
  assert.match(again.stdout, /kept as the best of/, "thresholds are not searched for again");
});

test("what is kept serves other inputs, steps and methods, and what was damaged is made anew", () => {
  const few = (...more: string[]) => {
    const { code, stdout, stderr } = compare("--phases", "3", "--keep", at("more"), "--json", ...more);
    assert.equal(code, 0, stderr);
    return { ...(JSON.parse(stdout) as Document), goneOnFrom: Number(stderr.match(/goes on from (\d+)/)?.[1] ?? 0) };
  };
  const first = few("--methods", "bistable,if-max", "--limit", "2");
  assert.deepEqual([first.images, first.goneOnFrom], [2, 0]);
  // Two phases and two choices of thresholds.
  const all = few("--methods", "bistable,if-max");
  assert.deepEqual([all.images, all.goneOnFrom], [4, 2 * 4]);
  const [folder, ...others] = readdirSync(at("more"));
  assert.deepEqual(others, [], "in one folder");
  const network = join(at("more"), folder, "bistable-3.bsnn.gguf");
  const whole = readFileSync(network);
  const flipped = whole.map((byte, k) => (k === whole.length - 100 ? byte ^ 1 : byte));
  for (const damaged of [flipped, whole.subarray(0, 1000)]) {
    writeFileSync(network, damaged);
    const setting = join(at("more"), folder, "setting-if-max.json");
    writeFileSync(setting, readFileSync(setting, "utf8").slice(0, -2));
    const again = few("--methods", "bistable,if-max");
    assert.deepEqual(figures(again), figures(all));
    assert.deepEqual(readFileSync(network), whole);
  }
  const longer = few("--methods", "if-max", "--steps", "40");
  assert.equal(longer.methods[0].curve.at(-1)!.step, 40);
  const errors = ({ methods }: Document, k: number) => methods[k].curve.map((point) => point.logitsRelativeError);
  assert.deepEqual(errors(longer, 0).slice(0, 3), errors(all, 1), "the same, as far as both go");
  const short = few("--methods", "bistable", "--minutes", "0.001");
  assert.equal(short.images, 4, "what is kept takes no time");
});

test("runs at once share no folder, and one that was interrupted is gone on with", async () => {
  const temporary = at("temporary");
  mkdirSync(temporary);
  const previous = process.env.TMPDIR;
  process.env.TMPDIR = temporary;
  try {
    const first = await Kept.open(["same"]);
    assert.equal(dirname(first.folder), temporary);
    // Another process that still runs, one that has ended, and a file in the place of a folder.
    const second = join(temporary, `${basename(first.folder)}-2`);
    writeFileSync(join(first.folder, "process-1"), String(process.ppid));
    writeFileSync(second, "");
    const third = await Kept.open(["same"]);
    assert.equal(third.folder, join(temporary, `${basename(first.folder)}-3`));
    await third.finish();
    assert.ok(existsSync(first.folder) && !existsSync(third.folder));
    const ended = spawnSync(process.execPath, ["-e", ""]);
    writeFileSync(join(first.folder, "process-1"), String(ended.pid));
    const again = await Kept.open(["same"]);
    assert.equal(again.folder, first.folder);
    await again.finish();
    assert.deepEqual(readdirSync(temporary), [basename(second)]);
  } finally {
    if (previous === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = previous;
  }
});

test("of runs that begin in the same moment each has a folder of its own, also where one is left by a run that ended", async () => {
  const temporary = at("at-once");
  mkdirSync(temporary);
  const ended = spawnSync(process.execPath, ["-e", ""]);
  const code = `
    const { Kept } = await import(${JSON.stringify(new URL("../../../hosts/node/compare/keep.ts", import.meta.url).href)});
    console.log("ready");
    const begin = await new Promise((go) => process.stdin.once("data", (text) => go(Number(text))));
    for (let round = 0; round < 12; round++) {
      while (Date.now() < begin + 150 * round);
      console.log((await Kept.open([String(round)])).folder);
    }
    console.log("done");
    process.stdin.once("end", () => process.exit());`;
  const args = ["--import", "tsx", "--input-type=module", "--eval", code];
  const runs = Array.from({ length: 3 }, () => {
    const child = spawn(process.execPath, args, { env: { ...process.env, TMPDIR: temporary } });
    const run = { child, text: "" };
    child.stdout.on("data", (data) => {
      run.text += data;
    });
    return run;
  });
  const said = (word: string) =>
    Promise.all(
      runs.map(async (run) => {
        while (!run.text.includes(word)) await once(run.child.stdout, "data", { signal: AbortSignal.timeout(60_000) });
      }),
    );
  try {
    await said("ready");
    const previous = process.env.TMPDIR;
    process.env.TMPDIR = temporary;
    for (let round = 0; round < 12; round += 2) {
      const { folder } = await Kept.open([String(round)]);
      writeFileSync(join(folder, "process-1"), String(ended.pid));
    }
    if (previous === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = previous;
    for (const { child } of runs) child.stdin.write(String(Date.now() + 200));
    await said("done");
    const folders = runs.flatMap(({ text }) => text.split("\n").filter((line) => line.startsWith(temporary)));
    assert.equal(folders.length, 36);
    assert.equal(new Set(folders).size, 36, "folders that two share");
  } finally {
    for (const { child } of runs) child.kill();
  }
});

test("what cannot be compared is refused, and nothing is written", () => {
  const report = ["--report", at("none.html")];
  const cases: [string[], RegExp][] = [
    [["--methods", "bistable,rates"], /--methods: found 'rates'; there are bistable, /],
    [["--phases", "9"], /--phases: found 9; 1 to 8/],
    [["--calibration", at("missing")], /missing/],
    [["--report", folder.path], /is a folder/],
    [["--csv", "models/digits.onnx"], /digits\.onnx: is a file, expected a folder/],
    [["--data-labels", at("labels.npy")], /--data-labels: .* is a folder/],
  ];
  for (const [more, message] of cases) {
    const { code, stdout, stderr } = compare(...report, ...more);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
    assert.equal(stdout, "");
  }
  assert.ok(!existsSync(at("none.html")));
});

test("a report replaces nothing that is read", () => {
  const digit = readdirSync(at("test")).find((name) => readdirSync(join(at("test"), name)).length > 0)!;
  const image = join(at("test"), digit, readdirSync(join(at("test"), digit))[0]);
  const labels = at("labels-kept.npy");
  writeFileSync(labels, "labels");
  for (const [path, ...more] of [[image], ["models/digits.onnx"], [labels, "--data-labels", labels]]) {
    const before = readFileSync(path);
    const { code, stderr } = compare("--report", path, "--methods", "bistable", ...more);
    assert.equal(code, 2);
    assert.match(stderr, /would replace .*, which is an input/);
    assert.deepEqual(readFileSync(path), before);
  }
});

test.run();
