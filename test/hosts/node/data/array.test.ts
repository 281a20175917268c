/** Headers of .npy files that would take long to read. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import { readArray } from "../../../../hosts/node/data/array.ts";
import { itemsOf } from "../../../../hosts/node/data/inputs.ts";

const test = suite("arrays");

test("a header that repeats its entries is refused by its length, at once", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bsnn-array-"));
  try {
    const header = Buffer.from("'shape': (".repeat(60_000));
    const begin = Buffer.from("\x93NUMPY\x02\x00\0\0\0\0", "latin1");
    begin.writeUInt32LE(header.length, 8);
    const path = join(folder, "long.npy");
    writeFileSync(path, Buffer.concat([begin, header]));
    const { user } = process.cpuUsage();
    await assert.rejects(readArray(path), /long\.npy: has a header of 600000 characters; 16384 are supported/);
    assert.ok(process.cpuUsage().user - user < 2e6);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** A file of a header as it is, and what follows it. */
function npy(header: string, data: ArrayBufferView = new Float32Array(6), version = 1): Buffer {
  const begin = Buffer.alloc(version === 1 ? 10 : 12);
  begin.write(`\x93NUMPY${String.fromCharCode(version)}\0`, "latin1");
  if (version === 1) begin.writeUInt16LE(header.length, 8);
  else begin.writeUInt32LE(header.length, 8);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat([begin, Buffer.from(header, "latin1"), bytes]);
}

const folder = mkdtempSync(join(tmpdir(), "bsnn-array-"));
test.after(() => rmSync(folder, { recursive: true }));
let files = 0;
function put(bytes: Uint8Array): string {
  const path = join(folder, `${files++}.npy`);
  writeFileSync(path, bytes);
  return path;
}

test("headers as others write them: any order, no spaces, any length, long integers, later versions", async () => {
  for (const header of [
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }",
    "{'shape':(2L,3L),'descr':'<f4','fortran_order':False}\n",
    "  { 'fortran_order' : False , 'descr' : '=f4' , 'shape' : ( 2 , 3 , ) }   ",
  ]) {
    for (const version of [1, 2, 3]) {
      const { shape, data } = await readArray(put(npy(header, Float32Array.of(1, 2, 3, 4, 5, 6), version)));
      assert.deepEqual(
        [shape, Array.from(data, Number)],
        [
          [2, 3],
          [1, 2, 3, 4, 5, 6],
        ],
      );
    }
  }
  const one = await readArray(put(npy("{'descr': '|b1', 'fortran_order': False, 'shape': ()}", Uint8Array.of(7))));
  assert.deepEqual([one.shape, Array.from(one.data, Number)], [[], [1]]);
});

test("headers that can be read in two ways, or in none, are refused", async () => {
  const rest = "'fortran_order': False, 'shape': (2, 3)";
  const cases: [Buffer, RegExp][] = [
    [npy(`{'descr': '<f4', 'descr': '<i4', ${rest}}`), /states descr in a way/],
    [npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'shape': (3, 2)}"), /states shape in a way/],
    [npy("{'descr': '<f4', 'shape': (2, 3)}"), /states no fortran_order/],
    [npy("{'descr': '<f4', 'fortran_order': False}"), /states no shape/],
    [npy(`{'descr': '<f4', ${rest}, 'more': (2, 3)}`), /an entry that is none of/],
    [npy(`{'descr': '<f4' ${rest}}`), /is no dictionary/],
    [npy(`{'descr': [('a', '<f4')], ${rest}}`), /have fields/],
    [npy(`'descr': '<f4', ${rest}`), /is no dictionary/],
    [npy("{'descr': '<f4', 'fortran_order': False, 'shape': (6)}"), /states the shape \(6\)/],
    [npy("{'descr': '<f4', 'fortran_order': False, 'shape': (-2, -3)}"), /states the shape/],
    [npy("{'descr': '<f4', 'fortran_order': False, 'shape': (0x2, 3)}"), /states the shape/],
    [npy("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 0)}"), /states the shape/],
    [npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}"), /holds 6 values/],
    [npy("{'descr': '<f4', 'fortran_order': 'True', 'shape': (2, 3)}"), /states fortran_order in a way/],
    [npy(`{'descr': '>f8', ${rest}}`), /Unsupported dtype: >f8/],
    [npy(`{'descr': '|O', ${rest}}`), /Unsupported dtype: \|O/],
    [npy(`{'descr': '<V4', ${rest}}`), /elements of type V4/],
    [npy(`{'descr': '<f4', ${rest}}`, new Float32Array(6), 4), /of version 4/],
    [npy(`{'descr': '<f4', ${rest}}`, new Float32Array(6), 0), /of version 0/],
  ];
  for (const [bytes, message] of cases) await assert.rejects(readArray(put(bytes)), message);
});

test("more inputs than can be listed are refused", async () => {
  const many = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2097153,)}", new Uint8Array(2 ** 21 + 1));
  const data = await readArray(put(many));
  const input = { height: 1, width: 1, channels: 1, real: null };
  assert.throws(() => itemsOf(data, "model", input), /holds more than 2097152 inputs/);
});

test("booleans take a byte each", async () => {
  const path = put(
    npy("{'descr': '|b1', 'fortran_order': False, 'shape': (8388608,)}", new Uint8Array(2 ** 23).fill(2)),
  );
  const { heapUsed } = process.memoryUsage();
  const { data } = await readArray(path);
  assert.ok(process.memoryUsage().heapUsed - heapUsed < 2 ** 25, "no list of numbers");
  assert.deepEqual([data.length, data[0], data[2 ** 23 - 1]], [2 ** 23, 1, 1]);
});

test.run();
