/** Numbers and text are printed as JavaScript prints them. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { significant } from "../../../hosts/node/report/terminal.ts";
import { compile } from "../../support/hosts/wasi/compile.ts";
import { random } from "../../support/random.ts";

let printed: Uint8Array[] = [];
const part = await compile(["number.ts", "json.ts", "output.ts"], {
  wasi_snapshot_preview1: {
    proc_exit: (code: number) => {
      throw new Error(`left with ${code}`);
    },
    fd_write: (_fd: number, vectors: number, _count: number, done: number) => {
      const view = new DataView(part.memory.buffer);
      const size = view.getUint32(vectors + 4, true);
      // Never more than a few bytes at once: the rest must follow.
      const taken = Math.min(size, 5);
      printed.push(part.read(view.getUint32(vectors, true), taken));
      view.setUint32(done, taken, true);
      return 0;
    },
  },
});

function text(print: () => void): string {
  printed = [];
  print();
  part.call("flush");
  return Buffer.concat(printed).toString();
}

const exact = (value: number): string => text(() => part.call("printExact", value));

/** Floats of every size: random bits. */
function* floats(count: number): Generator<number> {
  const next = random(7);
  const bits = new DataView(new ArrayBuffer(4));
  for (let i = 0; i < count; i++) {
    bits.setUint32(0, Math.floor(next() * 2 ** 32));
    yield bits.getFloat32(0);
  }
}

test("values of outputs are those of JSON.stringify, to the last digit", () => {
  const special = [0, -0, 1, -1, 0.1, 1e21, 1e20, 123456789, 1e-6, 1e-7, 2 ** -149, 2 ** -126, 2 ** 127, 3.4e38];
  const powers = Array.from({ length: 277 }, (_, i) => 2 ** (i - 149));
  const around = Array.from({ length: 77 }, (_, i) => 10 ** (i - 38));
  for (const value of [...special, ...powers, ...around, ...floats(20_000)].map(Math.fround)) {
    assert.equal(exact(value), JSON.stringify(value), String(value));
  }
  for (const value of [Number.NaN, Infinity, -Infinity]) assert.equal(exact(value), "null");
});

test("values for people are rounded as the bsnn command rounds them, and as long as announced", () => {
  const values = [0, 9.9996, 99995, 0.00012345, 1e-6, -12.5, 270, 123456789, 1e9, ...floats(5000)].map(Math.fround);
  for (const value of values.filter(Number.isFinite)) {
    const shown = text(() => part.call("printBrief", value, 4));
    assert.equal(part.call("briefLength", value, 4), shown.length, shown);
    const expected = significant(value, 4);
    // Where rounding reaches the next power of ten, the bsnn command shows a digit more.
    if (Math.abs(Number(expected)) < 10 ** (Math.floor(Math.log10(Math.abs(value))) + 1)) assert.equal(shown, expected);
    assert.ok(Math.abs(Number(shown) - value) <= Math.abs(value) * 0.00051, `${value} shown as ${shown}`);
  }
});

test("text is quoted as JSON.stringify quotes it, but for what a terminal obeys, and what is no UTF-8 is replaced", () => {
  const quoted = (bytes: Uint8Array): string => {
    const pointer = part.place(bytes);
    return text(() => part.call("printString", pointer, bytes.length));
  };
  const all = Array.from({ length: 128 }, (_, i) => String.fromCharCode(i)).join("");
  for (const plain of ["", "cat", 'a "b" \\ c', all, "Katze 猫 🐈 é"]) {
    const found = quoted(new TextEncoder().encode(plain));
    assert.equal(found, JSON.stringify(plain).replaceAll("\u007f", "\\u007f"));
    assert.equal(JSON.parse(found), plain);
  }
  assert.equal(quoted(Uint8Array.of(0x61, 0xff, 0xc3, 0x62, 0xe7, 0x8c)), '"a\ufffd\ufffdb\ufffd\ufffd"');
});

test.run();
