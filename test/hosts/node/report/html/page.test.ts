/** Reports hold what they are given, and nothing that a browser would run or fetch. */

import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import {
  bars,
  csv,
  heatmap,
  lineChart,
  type Part,
  page,
  paragraph,
  raster,
  scatter,
  table,
  writeCsv,
} from "../../../../../hosts/node/report/html/index.ts";

const HOSTILE = `<script>alert(1)</script>"&'><img src=x onerror=1>\u202e`;

/** One part of each kind, every text of them the one given. */
function everyPart(text: string): Part[] {
  const [x, y] = [{ label: text }, { label: text }];
  return [
    lineChart({
      name: "line",
      title: text,
      caption: text,
      x,
      y,
      series: [{ name: text, points: [[1, 2]] }],
      rules: [{ axis: "y", value: 1, label: text }],
      bands: [{ from: 0, to: 1, shade: "firing" }],
    }),
    bars({ name: "bars", title: text, x, categories: [text], series: [{ name: text, values: [1] }] }),
    scatter({ name: "scatter", title: text, x, y, series: [{ name: text, points: [[1, 2]] }] }),
    heatmap({ name: "heat", title: text, x, value: text, groups: [{ name: text, rows: [text], values: [[1]] }] }),
    raster({
      name: "raster",
      title: text,
      steps: 2,
      lanes: [{ name: text, neurons: 3, bands: [], times: [1], indices: [2] }],
    }),
    table({ name: "table", title: text, columns: [text], rows: [[text]] }),
    paragraph(text),
  ];
}

test("texts of every kind stay texts", () => {
  const made = page({
    title: HOSTILE,
    summary: HOSTILE,
    facts: [[HOSTILE, HOSTILE]],
    sections: [{ title: HOSTILE, parts: everyPart(HOSTILE) }],
    footer: HOSTILE,
  });
  assert.ok(!/\u202e/.test(made));
  assert.ok(/&lt;script&gt;alert\(1\)/.test(made));
  // Quotes in values are escaped, so that what is left are names.
  const tags = made.replace(/="[^"]*"/g, "").match(/<[^>]*>/g)!;
  assert.ok(tags.length > 100);
  for (const tag of tags) assert.ok(!/^<(?:script|img|iframe|a href)|\son/i.test(tag), tag);
});

test("nothing is fetched", () => {
  const made = page({ title: "a report", sections: [{ title: "all", parts: everyPart("name") }] });
  // Names of XML namespaces are no addresses.
  const addresses = made.replaceAll(/xmlns(?::\w+)?="[^"]*"/g, "").match(/(?:https?:)?\/\/[\w.]+/g);
  assert.equal(addresses, null);
  assert.ok(/default-src 'none'/.test(made));
  assert.ok(!/@import|<link/.test(made));
});

test("every picture and table has its numbers in a link, in full", () => {
  const made = page({
    title: "a report",
    sections: [{ title: "one", parts: [table({ name: "t", title: "t", columns: ["a"], rows: [[1 / 3]] })] }],
  });
  const [, data] = made.match(/href="data:text\/csv;charset=utf-8;base64,([^"]+)"/)!;
  assert.equal(Buffer.from(data, "base64").toString(), `a\r\n${1 / 3}\r\n`);
  const all = page({ title: "all", sections: [{ title: "all", parts: everyPart("name") }] });
  assert.equal(all.match(/<a download="/g)?.length, 6);
});

test("a long table is cut off where it is shown, and says so", () => {
  const rows = Array.from({ length: 1000 }, (_, i) => [i]);
  const made = page({
    title: "r",
    sections: [{ title: "s", parts: [table({ name: "t", title: "t", columns: ["n"], rows })] }],
  });
  assert.equal(made.match(/<tr>/g)?.length, 401);
  assert.ok(/the CSV holds 1\u202f000 rows/.test(made));
});

test("CSV quotes what needs it, and no text begins like a formula", () => {
  const rows = [
    ["a,b", 'say "x"', "two\nlines"],
    ["=1+1", "-x", null],
    [-1, 0.5, "plain"],
  ];
  assert.equal(
    csv({ columns: ["p", "q", "r"], rows }),
    `p,q,r\r\n"a,b","say ""x""","two\nlines"\r\n'=1+1,'-x,\r\n-1,0.5,plain\r\n`,
  );
});

test("a folder of CSV has one file for each part, and two parts of a name are refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bsnn-"));
  try {
    const sections = [{ title: "all", parts: everyPart("name") }];
    const numbers = join(folder, "new", "numbers");
    await writeCsv(numbers, sections);
    assert.deepEqual(readdirSync(numbers), [
      "bars.csv",
      "heat.csv",
      "line.csv",
      "raster.csv",
      "scatter.csv",
      "table.csv",
    ]);
    assert.equal(readFileSync(join(numbers, "line.csv"), "utf8"), "name,name\r\n1,2\r\n");
    assert.throws(() => page({ title: "t", sections: [...sections, ...sections] }), /called 'line'/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("numbers of a chart are one row per x, with gaps where a series has none", () => {
  const { numbers } = lineChart({
    name: "n",
    title: "t",
    x: { label: "step" },
    y: { label: "y" },
    series: [
      {
        name: "a",
        points: [
          [8, 0.5],
          [16, null],
        ],
      },
      {
        name: "b",
        points: [
          [4, 0.1],
          [16, 0.2],
        ],
      },
    ],
  });
  assert.deepEqual(numbers, {
    columns: ["step", "a", "b"],
    rows: [
      [4, null, 0.1],
      [8, 0.5, null],
      [16, null, 0.2],
    ],
  });
});

test("a raster counts every spike once, in rows of as many neurons as it says", () => {
  const times = [3, 3, 3, 4, 4];
  const indices = [0, 1, 99, 50, 50];
  const {
    numbers,
    csv: cells,
    drawing,
  } = raster({
    name: "r",
    title: "t",
    steps: 5,
    lanes: [{ name: "p", neurons: 100, bands: [], times, indices, signs: [1, -1, 1, 1, -1] }],
  });
  assert.deepEqual(numbers.columns, ["population", "time step", "spikes", "negative"]);
  assert.deepEqual(numbers.rows, [
    ["p", 3, 3, 1],
    ["p", 4, 2, 1],
  ]);
  // 100 neurons in at most 32 rows: 4 a row.
  assert.deepEqual(cells?.rows, [
    ["p", 3, 0, 3, 2, 1],
    ["p", 3, 96, 99, 1, 0],
    ["p", 4, 48, 51, 2, 1],
  ]);
  assert.match(drawing.wide, /100 neurons, 4 a row/);
});

test("long texts of a table go over several lines, short ones and numbers do not", () => {
  const long = "x".repeat(36);
  const shown = table({ name: "t", title: "t", columns: ["a", "b", "c"], rows: [[long, long.slice(1), 1234]] });
  const made = page({ title: "t", sections: [{ title: "s", parts: [shown] }] });
  assert.ok(made.includes(`<td class="long">${long}</td><td>${long.slice(1)}</td><td class="number">1\u202f234</td>`));
});

test("small numbers of an axis are not rounded with the places of its marks", () => {
  const { drawing } = lineChart({
    name: "n",
    title: "t",
    x: { label: "x" },
    y: { label: "y", domain: [0, 0.005] },
    series: [
      {
        name: "a",
        points: [
          [0, 0],
          [1 / 3, 0.005],
        ],
      },
    ],
  });
  assert.match(drawing.wide, />0\.005</);
  assert.doesNotMatch(drawing.wide, /"[^"]*\.\d{4,}/);
});

test("of many dots some are drawn, and all are in the numbers", () => {
  const points = Array.from({ length: 9000 }, (_, i): [number, number] => [i, i]);
  const { numbers, drawing, caption } = scatter({
    name: "s",
    title: "t",
    x: { label: "x" },
    y: { label: "y" },
    series: [{ name: "a", points }],
  });
  assert.equal(numbers.rows.length, 9000);
  assert.equal(drawing.wide.match(/<circle/g)?.length, 3000);
  assert.match(caption ?? "", /Of 9000 dots 3000 are drawn/);
});

test.run();
