/** `.npy` files: read and given to a network, or refused. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readArray } from "../../../hosts/node/data/array.ts";
import { itemsOf } from "../../../hosts/node/data/inputs.ts";
import { InputError } from "../../../hosts/node/report/failure.ts";
import { encodeNpy } from "../../support/files/npy.ts";
import { type Target, words } from "../target.ts";

const folder = mkdtempSync(join(tmpdir(), "bsnn-"));
process.once("exit", () => rmSync(folder, { recursive: true }));
const path = join(folder, "input.npy");

const INPUT = { height: 2, width: 3, channels: 1, real: { range: [-1, 1] as const, signed: true } };

export const target: Target = {
  what: ".npy files (read, given to a network)",
  longest: 1024,
  words: words(
    "'descr'",
    "'fortran_order'",
    "'shape'",
    "True",
    "False",
    "<f4",
    "|u1",
    ">i8",
    "|O",
    "<c8",
    "(",
    ")",
    ",",
    "{",
    "}",
    "\n",
    "1e9",
    "-1",
    "99999999999",
  ),
  async seeds() {
    return [
      encodeNpy("<f4", [2, 3], Float32Array.from([0, 1, -1, 0.5, 0.25, 1])),
      encodeNpy(
        "<f4",
        [2, 1, 2, 3],
        Float32Array.from({ length: 12 }, (_, i) => i / 12),
        true,
      ),
      encodeNpy("|u1", [2, 3, 1], Uint8Array.of(1, 2, 3, 4, 5, 6)),
      encodeNpy("<i8", [6], BigInt64Array.from([1n, 0n, -1n, 0n, 1n, 1n])),
      encodeNpy("<f2", [1, 6], Uint16Array.of(0, 1, 2, 0x3c00, 0xbc00, 7)),
    ].map((file) => new Uint8Array(file));
  },
  async run(file) {
    writeFileSync(path, file);
    try {
      const array = await readArray(path);
      for (const item of itemsOf(array, "model", INPUT)) await item.read();
    } catch (error) {
      if (!(error instanceof InputError) || error.message === "") throw error;
    }
  },
};
