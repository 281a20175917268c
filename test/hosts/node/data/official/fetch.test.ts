/** Data sets are downloaded whole or not at all, go on where they stopped, and are unpacked once. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import { dataJson, fetchDataSet } from "../../../../../hosts/node/commands/data.ts";
import { itemsOf, readData } from "../../../../../hosts/node/data/inputs.ts";
import type { DataSet } from "../../../../../hosts/node/data/official/archives.ts";
import { folderNames } from "../../../../../hosts/node/data/official/unpack.ts";
import { readRecords } from "../../../../../hosts/node/data/records/read.ts";
import { InputError } from "../../../../../hosts/node/report/failure.ts";
import { Progress } from "../../../../../hosts/node/report/progress.ts";
import { cifarPixels, idxFile, smallCifar10 } from "../../../../support/files/cifar.ts";
import { checkJson } from "../../../../support/hosts/json-table.ts";

const archive = smallCifar10();
const FILE = "cifar-10-binary.tar.gz";
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

interface Context {
  folder: string;
  server: Server;
  address: string;
  /** What the server is asked for, and how it answers. */
  asked: { path: string; range: string | undefined }[];
  answer: (request: IncomingMessage, response: ServerResponse) => void;
}

const test = suite<Context>("official data");

test.before.each(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), "bsnn-"));
  context.asked = [];
  context.answer = whole;
  context.server = createServer((request, response) => {
    context.asked.push({ path: request.url!, range: request.headers.range });
    context.answer(request, response);
  });
  await new Promise<void>((resolve) => context.server.listen(0, "127.0.0.1", resolve));
  context.address = `http://127.0.0.1:${(context.server.address() as AddressInfo).port}/sets/`;
});
test.after.each(async ({ folder, server }) => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

/** Answers as servers of files do. */
function whole({ headers }: IncomingMessage, response: ServerResponse, bytes = archive): void {
  const from = Number(headers.range?.match(/^bytes=(\d+)-$/)?.[1] ?? 0);
  const range = from > 0 ? { "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
  response.writeHead(from > 0 ? 206 : 200, { "content-length": bytes.length - from, ...range });
  response.end(bytes.subarray(from));
}

/** Ends the connection after some bytes, once they have been written: what is under way when a connection breaks is lost. */
function broken(bytes: number, part: string): Context["answer"] {
  return (request, response) => {
    const from = Number(request.headers.range?.match(/\d+/)?.[0] ?? 0);
    const range = from > 0 ? { "content-range": `bytes ${from}-${archive.length - 1}/${archive.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { "content-length": archive.length - from, ...range });
    const sent = archive.subarray(from, from + bytes);
    response.write(sent);
    const wait = setInterval(() => {
      if ((statSync(part, { throwIfNoEntry: false })?.size ?? archive.length) < from + sent.length) return;
      clearInterval(wait);
      response.destroy();
    }, 5);
  };
}

const set = (change: Partial<DataSet> = {}): DataSet => ({
  name: "small",
  servers: ["http://127.0.0.1:9/"],
  archives: [{ file: FILE, bytes: archive.length, sha256: sha256(archive) }],
  images: { train: FILE, test: FILE },
  ...change,
});

const fetched = ({ folder, address }: Context, chosen = set(), from: string | undefined = address) =>
  fetchDataSet(chosen, folder, from, new Progress());

/** Expects a refusal whose message has all of some parts. */
async function refused(context: Context, chosen: DataSet, ...parts: string[]): Promise<void> {
  await assert.rejects(fetched(context, chosen), (error) => {
    assert.ok(error instanceof InputError, String(error));
    for (const part of parts) assert.ok(error.message.includes(part), `${part} is not in: ${error.message}`);
    return true;
  });
}

test("one folder for each class, and the images in them are those of the archive", async (context) => {
  const { folder } = context;
  const found = await fetched(context);
  assert.deepEqual(found, { archives: [join(folder, FILE)], classes: 3, train: 4, test: 2 });
  checkJson("data", dataJson("small", folder, found));
  assert.deepEqual(context.asked, [{ path: `/sets/${FILE}`, range: undefined }]);
  assert.deepEqual(readdirSync(folder).toSorted(), [FILE, "test", "train"]);
  assert.deepEqual(readdirSync(join(folder, "train/ant")), ["00001.png", "00003.png"]);
  const data = await readData(join(folder, "train"), "train");
  const items = itemsOf(data, "model", { height: 32, width: 32, channels: 3, real: null });
  // In the order of the classes' folders.
  assert.deepEqual(
    items.map(({ label }) => label),
    [0, 0, 1, 2],
  );
  for (const [k, i] of [1, 3, 2, 0].entries()) assert.deepEqual(await items[k].read(), cifarPixels(i));
});

test("a connection that breaks is gone on with where it broke", async (context) => {
  const part = Math.ceil(archive.length / 3);
  context.answer = broken(part, join(context.folder, `${FILE}.part`));
  await fetched(context);
  assert.equal(context.asked[0].range, undefined);
  assert.ok(context.asked.length >= 3);
  assert.ok(context.asked.slice(1).every(({ range }) => /^bytes=[1-9]\d*-$/.test(range ?? "")));
  assert.equal(sha256(readFileSync(join(context.folder, FILE))), sha256(archive));
});

test("what an earlier run left is gone on with, also where the server knows no ranges", async (context) => {
  for (const ranges of [true, false]) {
    writeFileSync(join(context.folder, `${FILE}.part`), archive.subarray(0, 100));
    context.answer = ranges ? whole : (_, response) => response.end(archive);
    context.asked.length = 0;
    await fetched(context);
    assert.deepEqual(context.asked, [{ path: `/sets/${FILE}`, range: "bytes=100-" }]);
    assert.equal(sha256(readFileSync(join(context.folder, FILE))), sha256(archive));
    rmSync(join(context.folder, FILE));
  }
});

test("what is there is not done again; an image that is missing is", async (context) => {
  await fetched(context);
  const kept = join(context.folder, "train/ant/00001.png");
  const lost = join(context.folder, "test/cat/00001.png");
  const bytes = readFileSync(lost);
  writeFileSync(kept, "kept");
  rmSync(lost);
  context.asked.length = 0;
  await fetched(context);
  assert.deepEqual(context.asked, [], "the archive was there");
  assert.equal(readFileSync(kept, "utf8"), "kept");
  assert.deepEqual(readFileSync(lost), bytes);
});

test("an archive that is another is not kept, and nothing unpacked", async (context) => {
  const other = Buffer.from(archive);
  other[200] ^= 1;
  context.answer = (request, response) => whole(request, response, other);
  await refused(context, set(), `SHA-256 ${sha256(other)}`, sha256(archive), "run this again");
  assert.deepEqual(readdirSync(context.folder), []);
});

test("a longer answer ends where it cannot be the archive any more", async (context) => {
  context.answer = (_, response) => {
    response.writeHead(200);
    const more = (): boolean => response.write(Buffer.alloc(65536), () => !response.destroyed && setImmediate(more));
    more();
  };
  await refused(context, set(), "is not the archive");
  assert.deepEqual(readdirSync(context.folder), []);
});

test("an archive that the user put there is checked, and left to the user", async (context) => {
  const path = join(context.folder, FILE);
  writeFileSync(path, "something else");
  await refused(context, set(), path, "remove it");
  assert.equal(readFileSync(path, "utf8"), "something else");
  writeFileSync(path, archive);
  await fetched(context);
  assert.deepEqual(context.asked, []);
});

test("without a connection it is said what to download and where to put it", async (context) => {
  const { folder } = context;
  await assert.rejects(fetchDataSet(set(), folder, undefined, new Progress()), (error) => {
    const { message } = error as Error;
    assert.ok(error instanceof InputError);
    for (const part of [`http://127.0.0.1:9/${FILE}`, "cannot be reached", join(folder, FILE), "--from"]) {
      assert.ok(message.includes(part), `${part} is not in: ${message}`);
    }
    return true;
  });
});

test("a server that does not have it is passed over for the next", async (context) => {
  context.answer = (request, response) => {
    if (request.url!.startsWith("/sets/")) whole(request, response);
    else response.writeHead(404).end();
  };
  const [origin] = context.address.split("/sets/");
  await refused({ ...context, address: `${origin}/none/` }, set(), "answers 404");
  await fetchDataSet(set({ servers: [`${origin}/none/`, context.address] }), context.folder, undefined, new Progress());
  assert.ok(existsSync(join(context.folder, "train/bee/00002.png")));
});

test("an address that is none is refused", async (context) => {
  for (const from of ["mirror", "file:///tmp/"]) {
    await assert.rejects(fetchDataSet(set(), context.folder, from, new Progress()), /begins with http/);
  }
});

test("MNIST's four files become folders named by digits", async (context) => {
  const files: Record<string, Uint8Array> = {
    "train-images-idx3-ubyte.gz": idxFile(
      [2, 3, 3],
      Uint8Array.from({ length: 18 }, (_, i) => i * 11),
    ),
    "train-labels-idx1-ubyte.gz": idxFile([2], Uint8Array.of(2, 0)),
    "t10k-images-idx3-ubyte.gz": idxFile([1, 3, 3], new Uint8Array(9).fill(200)),
    "t10k-labels-idx1-ubyte.gz": idxFile([1], Uint8Array.of(1)),
  };
  context.answer = (request, response) => whole(request, response, Buffer.from(files[request.url!.slice(6)]));
  const chosen = set({
    archives: Object.entries(files).map(([file, bytes]) => ({ file, bytes: bytes.length, sha256: sha256(bytes) })),
    images: { train: "train-images-idx3-ubyte.gz", test: "t10k-images-idx3-ubyte.gz" },
  });
  const { train, test: measured } = await fetched(context, chosen);
  assert.deepEqual([train, measured], [2, 1]);
  assert.deepEqual(readdirSync(join(context.folder, "train")), ["0", "1", "2"]);
  assert.deepEqual(readdirSync(join(context.folder, "train/2")), ["00000.png"]);
  assert.ok(statSync(join(context.folder, "test/1/00000.png")).size > 0);
});

test("folders have the classes' names where these are in order, else numbers", async ({ folder }) => {
  const path = join(folder, FILE);
  writeFileSync(path, archive);
  const records = (await readRecords(path, "train"))!;
  assert.deepEqual(folderNames(records), ["ant", "bee", "cat"]);
  for (const names of [
    ["bee", "ant", "cat"],
    ["ant", "ant", "bee"],
    ["../ant", "bee", "cat"],
    ["ant", "b/e", "cat"],
  ]) {
    assert.deepEqual(folderNames({ ...records, names }), ["0", "1", "2"]);
  }
});

test.run();
