/** Figures over answers, and their digest. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "uvu";
import { OutputDigest } from "../../../../hosts/node/report/digest.ts";
import {
  Accuracy,
  argmax,
  DifferenceError,
  inTop,
  median,
  RelativeError,
} from "../../../../hosts/node/report/scores.ts";
import { count, listing, significant, table } from "../../../../hosts/node/report/terminal.ts";

test("of equal values the lower index is the better", () => {
  assert.equal(argmax([1, 3, 3, 2]), 1);
  assert.ok(inTop([1, 3, 3, 2], 1, 1));
  assert.ok(!inTop([1, 3, 3, 2], 2, 1));
  assert.ok(inTop([1, 3, 3, 2], 2, 2));
  assert.ok(!inTop([1, 3, 3, 2], 0, 3));
});

test("an error beside what answers differ by leaves out what they have in common", () => {
  const error = new DifferenceError();
  // Far from zero, and one apart from their mean.
  for (const value of [1e6 + 1, 1e6 - 1]) error.add([value + 0.5, 7], [value, 7]);
  assert.ok(Math.abs(error.value - 0.5) < 1e-9, String(error.value));
  assert.equal(error.constant, false);
  const same = new DifferenceError();
  for (const found of [3, 4]) same.add([found], [4]);
  assert.deepEqual([same.constant, same.value], [true, Number.POSITIVE_INFINITY]);
  const exact = new DifferenceError();
  for (const _ of [1, 2]) exact.add([4], [4]);
  assert.deepEqual([exact.constant, exact.value], [true, 0]);
});

test("NaN is never the best, nor among the best", () => {
  const { NaN: none } = Number;
  assert.equal(argmax([none, 1, 2]), 2);
  assert.equal(argmax([none, none]), -1);
  assert.ok(!inTop([none, 1, 2], 0, 3));
  assert.ok(!inTop([none, none], 0, 1));
  assert.ok(inTop([none, 1, 2], 1, 2));
  const accuracy = new Accuracy();
  accuracy.add([none, none], 0);
  assert.equal(accuracy.top1, 0);
  assert.equal(accuracy.top5, 0);
});

test("accuracy is the share of labelled images, and none without labels", () => {
  const accuracy = new Accuracy();
  assert.equal(accuracy.top1, null);
  const values = [6, 5, 4, 3, 2, 1, 0];
  for (const label of [0, 4, 5, null]) accuracy.add(values, label);
  assert.equal(accuracy.top1, 1 / 3);
  assert.equal(accuracy.top5, 2 / 3);
});

test("the relative error is taken over all values of all answers", () => {
  const error = new RelativeError();
  assert.equal(error.value, 0);
  error.add([3, 0], [0, 0]);
  assert.equal(error.value, Number.POSITIVE_INFINITY);
  error.add([0, 4], [0, 10]);
  assert.equal(error.value, Math.hypot(3, 6) / 10);
});

test("the median of an even number of values is the mean of the middle two", () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([9, 1, 5, 6]), 5.5);
});

test("the digest is the SHA-256 over potentials as little-endian int32, outputs in order", () => {
  const digest = new OutputDigest();
  const output = (...potentials: number[]) => ({
    name: "",
    height: 1,
    width: 1,
    channels: potentials.length,
    shape: [1, potentials.length],
    potentials: Int32Array.from(potentials),
    values: new Float32Array(potentials.length),
  });
  digest.add([output(1, -2), output(0x01020304)]);
  digest.add([output(5)]);
  const bytes = Uint8Array.of(1, 0, 0, 0, 0xfe, 0xff, 0xff, 0xff, 4, 3, 2, 1, 5, 0, 0, 0);
  assert.equal(digest.hex(), createHash("sha256").update(bytes).digest("hex"));
});

test("numbers are printed for people", () => {
  assert.equal(count(1234567), "1\u202f234\u202f567");
  assert.equal(count(999.6), "1\u202f000");
  assert.deepEqual(
    [0, 0.012345, 12.345, 1234.5, 1e-9].map((value) => significant(value)),
    ["0", "0.0123", "12.3", "1235", "1.00e-9"],
  );
  const text = table(
    ["name", "n"],
    [
      ["a", "10"],
      ["bcdef", "9"],
    ],
  );
  assert.equal(text, "name    n\n-----  --\na      10\nbcdef   9");
});

test("thousands are set apart where a person reads them, and nowhere else", () => {
  const printed = (terminal?: boolean) => [
    table(["n"], [[count(1234567)]], terminal),
    listing([["spikes", `${count(54321)} in all`]], terminal),
  ];
  const apart = ["        n\n---------\n1\u202f234\u202f567", "spikes  54\u202f321 in all"];
  const plain = ["      n\n-------\n1234567", "spikes  54321 in all"];
  assert.deepEqual(printed(true), apart);
  assert.deepEqual(printed(false), plain);
  assert.deepEqual(printed(), process.stdout.isTTY ? apart : plain, "where nobody says, standard output does");
});

test("names in a listing make no lines of their own", () => {
  const text = listing([
    ["input 'a\nchecksum  right'", "1×1×3"],
    ["labels\u001b[31m", "2\n3"],
  ]);
  assert.equal(text, "input 'a\ufffdchecksum  right'  1×1×3\nlabels\ufffd[31m                2\ufffd3");
});

test.run();
