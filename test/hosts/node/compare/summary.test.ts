/** What readings of single inputs add up to, and what of it is kept. */
import assert from "node:assert/strict";
import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import { claimsOf } from "../../../../hosts/node/compare/claims.ts";
import { Kept, type Row } from "../../../../hosts/node/compare/keep.ts";
import { type Method, type MethodName, marksUpTo, type Run } from "../../../../hosts/node/compare/methods.ts";
import { scattered } from "../../../../hosts/node/compare/run.ts";
import { type Seen, type Summary, summarise } from "../../../../hosts/node/compare/summary.ts";
import { emptyFolder } from "../../../support/hosts/package.ts";

const run = (id: string, marks: number[]): Run => ({
  id,
  network: "bistable-7",
  spec: { kind: "gated" },
  marks,
  label: id,
  stepsPerLayer: 7,
  stepsPerAnswer: 14,
  bits: 7,
});

const row = (id: string, image: string, more: Partial<Row>): Row => ({
  run: `${id} @ 8–16`,
  image,
  right: [1, 1],
  same: [1, 1],
  error: [4, 1],
  reference: 100,
  spikes: [10, 20],
  operations: [100, 200],
  inputOperations: [5, 5],
  milliseconds: [1, 2],
  ...more,
});

const method = (name: MethodName, runs: Run[]): Method => ({
  name,
  title: name,
  setting: "",
  runs,
  others: [],
});

/** Inputs of which the original knows so many. */
const seen = (right: number): Seen[] => ["a", "b"].map((key, k) => ({ key, annRight: k < right }));

test("curves are means over images, and reach is the first reading that comes near enough", async () => {
  const folder = await emptyFolder();
  const kept = await Kept.open(["model"], folder.path);
  const one = run("one", [8, 16]);
  await kept.add(row("one", "a", { right: [0, 1], same: [0, 1], error: [9, 1] }));
  await kept.add(row("one", "b", { right: [1, 1], error: [16, 4], reference: 25 }));
  const { curve, reach } = summarise(method("phase", [one]), kept, seen(2), []);
  assert.deepEqual(
    curve.map(({ step, top1, agreement }) => [step, top1, agreement]),
    [
      [8, 0.5, 0.5],
      [16, 1, 1],
    ],
  );
  // √((9 + 16) / (100 + 25)), and √((1 + 4) / 125).
  assert.ok(Math.abs(curve[0].logitsRelativeError - Math.sqrt(0.2)) < 1e-12);
  assert.ok(Math.abs(curve[1].logitsRelativeError - 0.2) < 1e-12);
  const reached = { steps: 16, spikes: 20, synapticOperations: 200, ms: 2 };
  assert.deepEqual(reach, { minus1: reached, minusHalf: reached, agreement99: reached });
  await folder.remove();
});

test("what was found is found again, but for a line that was cut off, and not by another comparison", async () => {
  const folder = await emptyFolder();
  const kept = await Kept.open(["model", "images"], folder.path);
  await kept.add(row("one", "a", {}));
  await kept.add(row("one", "b", {}));
  const file = join(kept.folder, "rows.jsonl");
  appendFileSync(file, readFileSync(file, "utf8").slice(0, 40));
  const again = await Kept.open(["model", "images"], folder.path);
  assert.equal(again.count, 2);
  assert.deepEqual(again.row("one @ 8–16", "b"), row("one", "b", {}));
  await again.add(row("two", "a", {}));
  assert.equal((await Kept.open(["model", "images"], folder.path)).count, 3, "after a line that was cut off");
  assert.equal((await Kept.open(["model", "others"], folder.path)).count, 0);
  await folder.remove();
});

test("a folder among temporary files is gone when all is done, one that was named stays", async () => {
  const folder = await emptyFolder();
  for (const given of [undefined, folder.path]) {
    const kept = await Kept.open([String(Math.random())], given);
    writeFileSync(join(kept.folder, "network"), "");
    await kept.finish();
    assert.equal(existsSync(kept.folder), given !== undefined);
    await rm(kept.folder, { recursive: true, force: true });
  }
  await folder.remove();
});

test("what was kept and then damaged is not taken for a result", async () => {
  const folder = await emptyFolder();
  const kept = await Kept.open(["model"], folder.path);
  await kept.add(row("one", "a", {}));
  const file = join(kept.folder, "rows.jsonl");
  const whole = row("one", "b", {});
  const damaged = [
    "null",
    "7",
    "[]",
    "{}",
    JSON.stringify({ ...whole, spikes: [1] }),
    JSON.stringify({ ...whole, error: [1, "2"] }),
    JSON.stringify({ ...whole, same: [1, null] }),
    JSON.stringify({ ...whole, reference: null }),
    JSON.stringify({ ...whole, image: 3 }),
  ];
  for (const line of damaged) appendFileSync(file, `${line}\n`);
  assert.equal((await Kept.open(["model"], folder.path)).count, 1);
  appendFileSync(file, `${JSON.stringify({ ...whole, right: [null, null] })}\n`);
  const again = await Kept.open(["model"], folder.path);
  assert.deepEqual([again.count, again.rowsOf("b"), again.rowsOf("c")], [2, 1, 0], "without labels");
  let made = 0;
  const value = (text: string) => {
    writeFileSync(join(again.folder, "value.json"), text);
    return again.json(
      "value.json",
      () => ({ n: ++made }),
      (one: { n?: number } | null) => typeof one?.n === "number",
    );
  };
  assert.deepEqual(await value('{"n":5}'), { n: 5 });
  assert.deepEqual(await value('{"n":5'), { n: 1 });
  assert.deepEqual(await value("null"), { n: 2 });
  await folder.remove();
});

test("settings beside the best are told by themselves, against the original on the same images", async () => {
  const folder = await emptyFolder();
  const kept = await Kept.open(["model"], folder.path);
  for (const key of ["a", "b"]) await kept.add(row("best", key, { right: [Number(key === "a"), 1] }));
  await kept.add(row("other", "a", { right: [0, 0], same: [0, 1] }));
  const both = { ...method("if-max", [run("best", [8, 16])]), others: [run("other", [8, 16])] };
  const [first, second] = seen(1);
  const { curve, reach, settings } = summarise(both, kept, [first, second], [first]);
  assert.equal(curve.length, 2, "the best alone");
  assert.equal(reach.minusHalf?.steps, 8, "the original is right on one of two");
  assert.deepEqual(
    settings.map((own) => [own.label, own.chosen, own.images, own.reach.minusHalf?.steps ?? null]),
    [
      ["best", true, 2, 8],
      ["other", false, 1, null],
    ],
  );
  assert.equal(settings[1].reach.agreement99?.steps, 16);
  await folder.remove();
});

test("those that come first are spread over all, however many they are", () => {
  const all = Array.from({ length: 500 }, (_, k) => k);
  const order = scattered(all);
  assert.deepEqual(
    [...order].sort((a, b) => a - b),
    all,
  );
  for (const most of [10, 20, 50, 130, 300]) {
    const first = order.slice(0, most);
    const classes = Array.from({ length: 10 }, (_, c) => first.filter((k) => Math.floor(k / 50) === c).length);
    assert.ok(Math.max(...classes) - Math.min(...classes) <= 2, `${most}: ${classes}`);
  }
});

test("readings are dense at first, in whole periods, and end within the steps", () => {
  assert.deepEqual(marksUpTo(40, 7), [7, 14, 21, 28, 35]);
  const marks = marksUpTo(512, 8);
  assert.ok(marks.every((mark, k) => mark % 8 === 0 && (k === 0 || mark > marks[k - 1])));
  assert.ok(marks.at(-1)! <= 512 && marks.length < 40);
  assert.deepEqual(marksUpTo(160, 14, 134), [134, 148]);
});

const point = (step: number, more: object = {}) => ({
  step,
  top1: 1,
  agreement: 1,
  logitsRelativeError: 0.01,
  spikes: step * 10,
  synapticOperations: step * 100,
  inputOperations: 0,
  ms: 1,
  label: "",
  stepsPerLayer: 7,
  stepsPerAnswer: 14,
  bitsPerNeuron: 7,
  ...more,
});

function summary(name: MethodName, steps: number | null, more: object = {}): Summary {
  const at = steps === null ? null : { steps, spikes: steps * 10, synapticOperations: steps * 100, ms: 1 };
  return {
    name,
    title: name,
    setting: "",
    curve: [point(steps ?? 512, more)],
    reach: { minus1: at, minusHalf: at, agreement99: at },
    settings: [],
  };
}

const compared = { layers: new Map(), phases: 7, residual: true };

test("claims hold, fail, or cannot be told, with their numbers", () => {
  const verdicts = (others: Summary[]) =>
    new Map(
      claimsOf([summary("bistable", 100), summary("early", 60), ...others], [], compared).map((claim) => [
        claim.claim,
        claim,
      ]),
    );
  const claim = "bistable: ≤ 1/3 of the steps to −0.5 of phase";
  assert.equal(verdicts([summary("phase", 300)]).get(claim)?.holds, true);
  assert.equal(verdicts([summary("phase", 299)]).get(claim)?.holds, false);
  // It took more than the 512 steps that were run.
  assert.equal(verdicts([summary("phase", null)]).get(claim)?.holds, true);
  assert.equal(verdicts([summary("phase", 300)]).get("early firing: ≤ 1/5 of the steps to −0.5 of phase")?.holds, true);
  assert.equal(
    verdicts([summary("phase", 299)]).get("early firing: ≤ 1/5 of the steps to −0.5 of phase")?.holds,
    false,
  );
  const unknown = claimsOf([summary("bistable", 200), summary("phase", null)], [], compared);
  assert.equal(unknown[0].holds, null);
  const never = claimsOf([summary("bistable", null), summary("phase", 100)], [], compared);
  assert.equal(never[0].holds, false);
  const few = (error: number) =>
    verdicts([summary("few-spikes", 100, { logitsRelativeError: error })]).get(
      "bistable: ≤ 1/3 of the logits error of few-spikes at 7 phases",
    );
  assert.equal(few(0.03)?.holds, true);
  assert.equal(few(0.029)?.holds, false);
  const worse = summary("no-synchronous", 100, { agreement: 0.5, logitsRelativeError: 0.5 });
  const claims = [true, false].map((residual) =>
    claimsOf([summary("bistable", 100), worse], [], { ...compared, residual }),
  );
  assert.deepEqual(
    claims.map((own) => own.filter(({ claim }) => claim.startsWith("without synchronous")).map(({ holds }) => holds)),
    [[true], []],
  );
});

test("claims are held against every setting of integrate-and-fire neurons, on the same images", () => {
  const own = (steps: number, label: string, chosen: boolean, images: number) => {
    const { curve, reach } = summary("if-max", steps);
    return { label, chosen, images, curve, reach };
  };
  const rate = {
    ...summary("if-max", 100),
    settings: [own(100, "the maximum per channel", true, 50), own(600, "the maximum per layer", false, 20)],
  };
  const claims = claimsOf(
    [summary("bistable", 50), summary("early", 40), rate],
    [summary("bistable", 200), summary("early", 130), rate],
    compared,
  );
  const found = new Map(claims.map((claim) => [claim.claim, claim]));
  const steps = (which: string) => found.get(`bistable: ≤ 1/3 of the steps to −0.5 of if-max, per ${which}`);
  assert.equal(steps("channel")?.holds, false);
  assert.equal(steps("channel")?.found, "50 against 100: 0.5");
  assert.equal(steps("layer")?.holds, true);
  assert.equal(steps("layer")?.found, "200 against 600: 0.333, on 20 images");
  const early = (which: string) => found.get(`early firing: ≤ 1/5 of the steps to −0.5 of if-max, per ${which}`)?.holds;
  assert.deepEqual([early("channel"), early("layer")], [false, false]);
  assert.equal(found.get("early firing: fewer steps to 99 % agreement than if-max, per layer")?.holds, true);
  assert.equal(claims.length, 2 * 2 + 2 * 3);
});

test("without labels top-1 is not known, and claims of it cannot be told", () => {
  const unlabelled = { reach: { minus1: null, minusHalf: null, agreement99: null }, curve: [point(8, { top1: null })] };
  const found = claimsOf(
    [
      { ...summary("early", 8), ...unlabelled },
      { ...summary("if-max", 8), ...unlabelled },
    ],
    [],
    compared,
  );
  assert.deepEqual(
    found.map(({ holds, found: text }) => [holds, text]),
    [
      [null, "the inputs have no labels"],
      [null, "neither is at 99 % agreement within the steps that were run"],
    ],
  );
});

test("a claim against what never arrives is judged by the last reading, not by the steps that were asked for", () => {
  const never = { ...summary("phase", null), curve: [point(248), point(252)] };
  const holds = (steps: number) => claimsOf([summary("bistable", steps), never], [], compared)[0].holds;
  assert.deepEqual([holds(84), holds(85)], [true, null]);
});

test.run();
