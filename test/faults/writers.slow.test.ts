/**
 * Every writer of the project, killed at every operation and on a disk that is full at every byte: what was there is there or its
 * successor is, whole; nothing half-written has a name that anybody reads; and the same call again does the work.
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import { Kept, type Row } from "../../hosts/node/compare/keep.ts";
import { readImageFolder } from "../../hosts/node/data/dataset.ts";
import { obtain } from "../../hosts/node/data/official/download.ts";
import { unpackImages } from "../../hosts/node/data/official/unpack.ts";
import type { Records } from "../../hosts/node/data/records/records.ts";
import { failureOf, InputError } from "../../hosts/node/report/failure.ts";
import { paragraph, table, writeCsv, writeReport } from "../../hosts/node/report/html/index.ts";
import { writeOutput } from "../../hosts/node/report/output-file.ts";
import { type Fault, withFault } from "../support/files/faults.ts";
import { PROJECT } from "../support/hosts/folders.ts";

/** A writer and what it leaves. */
interface Writer {
  /** Puts into a folder what is there before. */
  prepare?(folder: string): void;
  write(folder: string): Promise<unknown>;
  /** Names that are no results: temporary files, and what a download goes on with. */
  readonly unfinished?: RegExp;
  /** Checks a result by its name, which may be the old one or the new one; or all of them. */
  check?(folder: string): Promise<void>;
}

const OLD = "what was there before";
const BYTES = Uint8Array.from({ length: 60 }, (_, i) => i);
const SECTIONS = [
  {
    title: "Numbers",
    parts: [
      paragraph("Two tables."),
      table({ name: "one", title: "One", columns: ["a", "b"], rows: [[1, 2]] }),
      table({ name: "two", title: "Two", columns: ["c"], rows: [["x"], ["y"]] }),
    ],
  },
];

const RECORDS: Records = {
  path: "records",
  count: 3,
  height: 2,
  width: 2,
  channels: 1,
  labels: Uint8Array.of(1, 0, 1),
  names: ["cat", "dog"],
  pixels: (index) => Uint8Array.from([index, 1, 2, 3]),
};

const row = (image: string): Row => ({
  run: "r",
  image,
  right: [1],
  same: [1],
  error: [0.5],
  reference: 1,
  spikes: [3],
  operations: [4],
  inputOperations: [5],
  milliseconds: [6],
});

/** Every file below a folder, by its path in it. */
function filesIn(folder: string): Map<string, Buffer> {
  const paths = readdirSync(folder, { recursive: true }) as string[];
  const files = paths.filter((path) => statSync(join(folder, path)).isFile());
  return new Map(files.map((path) => [path, readFileSync(join(folder, path))]));
}

const TEMPORARY = /(?:^|\/)\.[^/]+\.tmp$/;

/** Files of a writer for which the same path is old or new, and never anything else. */
async function wholeOrOld(
  folder: string,
  before: ReadonlyMap<string, Buffer>,
  whole: ReadonlyMap<string, Buffer>,
  unfinished: RegExp,
): Promise<void> {
  const found = filesIn(folder);
  for (const [path, bytes] of found) {
    if (unfinished.test(path)) continue;
    const right = [before.get(path), whole.get(path)].some((one) => one?.equals(bytes));
    assert.ok(right, `${path} is neither what it was nor what it is to be: ${bytes.toString("latin1").slice(0, 80)}`);
  }
  for (const path of before.keys()) assert.ok(found.has(path), `${path} is lost`);
}

/** Gives a writer every fault there is. @returns how many */
async function tryAll({ prepare, write, unfinished = TEMPORARY, check }: Writer): Promise<number> {
  const inFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
    const folder = mkdtempSync(join(tmpdir(), "bsnn-faults-"));
    try {
      prepare?.(folder);
      return await work(folder);
    } finally {
      rmSync(folder, { recursive: true });
    }
  };
  const before = await inFolder(async (folder) => filesIn(folder));
  const { whole, operations } = await inFolder(async (folder) => {
    const run = await withFault({ how: "EIO" }, () => write(folder));
    assert.equal(run.error, undefined);
    return { whole: filesIn(folder), operations: run.operations };
  });
  for (const path of whole.keys()) assert.doesNotMatch(path, TEMPORARY);
  const length = [...whole.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  const step = Math.max(1, Math.floor(length / 80));
  const faults: Fault[] = [
    ...Array.from({ length: operations }, (_, operation) => [
      { operation, how: "kill" } as const,
      { operation, how: "EIO" } as const,
    ]).flat(),
    ...Array.from({ length: Math.ceil(length / step) }, (_, i) => ({ bytes: i * step, how: "ENOSPC" }) as const),
  ];
  for (const fault of faults) {
    await inFolder(async (folder) => {
      const { error } = await withFault(fault, () => write(folder));
      const told = JSON.stringify(fault);
      if (fault.how === "kill") assert.equal(error, "killed", told);
      else if (error !== undefined) {
        assert.equal(failureOf(error).exitCode, 2, `${told}: ${error}`);
        assert.ok(
          error instanceof InputError && /injected|input\/output|no space/.test(error.message),
          `${told}: ${error}`,
        );
        for (const path of filesIn(folder).keys()) assert.doesNotMatch(path, TEMPORARY, told);
      }
      await wholeOrOld(folder, before, whole, unfinished).catch((wrong) => assert.fail(`${told}: ${wrong.message}`));
      // The program is started again.
      await write(folder);
      const after = filesIn(folder);
      for (const [path, bytes] of whole)
        assert.ok(after.get(path)?.equals(bytes), `${told}: ${path} after the next run`);
      await check?.(folder);
    });
  }
  return faults.length;
}

test("a result that replaces another, as of convert and trace", async () => {
  const faults = await tryAll({
    prepare: (folder) => writeFileSync(join(folder, "out"), OLD),
    write: (folder) => writeOutput(join(folder, "out"), BYTES),
  });
  assert.ok(faults > 60, `${faults} faults`);
});

test("a result that is new", async () => {
  await tryAll({ write: (folder) => writeOutput(join(folder, "out"), BYTES) });
});

test("a report", async () => {
  const write = (folder: string) =>
    writeReport(join(folder, "report.html"), {
      title: "Title",
      summary: "",
      facts: [],
      sections: SECTIONS,
      footer: "",
    });
  await tryAll({ prepare: (folder) => writeFileSync(join(folder, "report.html"), OLD), write });
});

test("a folder of CSV", async () => {
  await tryAll({
    prepare(folder) {
      mkdirSync(join(folder, "csv"));
      writeFileSync(join(folder, "csv/two.csv"), OLD);
    },
    write: (folder) => writeCsv(join(folder, "csv"), SECTIONS),
  });
});

test("images that are unpacked", async () => {
  await tryAll({
    write: (folder) => unpackImages(RECORDS, folder, "test", () => {}),
    async check(folder) {
      const { images } = await readImageFolder(join(folder, "test"));
      assert.equal(images.length, 3);
    },
  });
});

test("what a comparison keeps: rows that are whole, and none twice", async () => {
  const write = async (folder: string): Promise<void> => {
    const kept = await Kept.open(["all"], folder);
    await kept.file(
      "network",
      async () => BYTES,
      async (file) => file.length === BYTES.length,
    );
    for (const image of ["a", "b"]) if (!kept.row("r", image)) await kept.add(row(image));
    assert.deepEqual(kept.row("r", "b"), row("b"));
  };
  // Rows are appended: what is there after a fault is a part of them, and a line that is cut off stays until the end.
  const folder = mkdtempSync(join(tmpdir(), "bsnn-faults-"));
  try {
    const { operations } = await withFault({ how: "EIO" }, () => write(join(folder, "whole")));
    const length = [...filesIn(join(folder, "whole")).values()].reduce((sum, bytes) => sum + bytes.length, 0);
    const faults: Fault[] = [
      ...Array.from({ length: operations }, (_, operation) => ({ operation, how: "kill" }) as const),
      ...Array.from({ length }, (_, bytes) => ({ bytes, how: "ENOSPC" }) as const),
    ];
    for (const [i, fault] of faults.entries()) {
      const here = join(folder, String(i));
      const { error } = await withFault(fault, () => write(here));
      assert.ok(error !== undefined, JSON.stringify(fault));
      if (fault.how === "ENOSPC") assert.equal(failureOf(error).exitCode, 2, `${error}`);
      await write(here);
      const kept = await Kept.open(["all"], here);
      assert.equal(kept.count, 2, JSON.stringify(fault));
      assert.deepEqual([kept.row("r", "a"), kept.row("r", "b")], [row("a"), row("b")]);
      assert.deepEqual(new Uint8Array(readFileSync(join(kept.folder, "network"))), BYTES);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("an archive that is downloaded", async () => {
  const server = createServer(({ headers }, response) => {
    const from = Number(headers.range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
    response.writeHead(from > 0 ? 206 : 200, from > 0 ? { "content-range": `bytes ${from}-59/60` } : {});
    response.end(BYTES.subarray(from));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const archive = { file: "archive", bytes: 60, sha256: createHash("sha256").update(BYTES).digest("hex") };
  try {
    await tryAll({
      write: (folder) => obtain(join(folder, "archive"), archive, { servers: [address], onProgress: () => {} }),
      unfinished: /^archive\.part$/,
      async check(folder) {
        assert.deepEqual(readdirSync(folder), ["archive"]);
      },
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test("no other file of the command writes", () => {
  const known = [
    "commands/data.ts",
    "compare/keep.ts",
    "data/official/download.ts",
    "data/official/unpack.ts",
    "report/html/csv.ts",
    "report/output-file.ts",
  ];
  const root = join(PROJECT, "hosts/node");
  const writing =
    /\b(?:writeFile|appendFile|createWriteStream|copyFile|rename|mkdir|open|write)(?:Sync)?\b[^;]*from "node:fs(?:\/promises)?"/;
  const found = (readdirSync(root, { recursive: true }) as string[])
    .filter((path) => path.endsWith(".ts"))
    .filter((path) => writing.test(readFileSync(join(root, path), "utf8")));
  const harmless = ["data/file.ts", "report/standard-output.ts"];
  assert.deepEqual(found.filter((path) => !harmless.includes(path)).sort(), known);
  for (const path of harmless)
    assert.ok(existsSync(join(root, path)), `${path}: opens files to read them, or writes to what is open`);
});

test.run();
