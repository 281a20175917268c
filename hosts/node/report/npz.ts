/** Arrays for NumPy: .npz files. */

import { zipSync } from "fflate";
import { dump } from "npyjs";

export type NpzArray =
  | {
      readonly data: Int8Array | Uint8Array | Int16Array | Int32Array | Float32Array | Float64Array;
      readonly shape: readonly number[];
    }
  | { readonly strings: readonly string[] };

/** Bytes of an .npy array of strings, as `<U`: each in as many UTF-32 units as the longest takes. */
function strings(values: readonly string[]): Uint8Array {
  const points = values.map((value) => Array.from(value, (character) => character.codePointAt(0)!));
  const width = Math.max(1, ...points.map(({ length }) => length));
  const units = new Uint32Array(values.length * width);
  points.forEach((list, i) => {
    units.set(list, i * width);
  });
  const described = `{'descr': '<U${width}', 'fortran_order': False, 'shape': (${values.length},), }`;
  // Magic, version and length take ten bytes; what follows begins at a multiple of 64.
  const header = `${described.padEnd(Math.ceil((described.length + 11) / 64) * 64 - 11)}\n`;
  const begin = Buffer.from(`\x93NUMPY\x01\x00  ${header}`, "latin1");
  begin.writeUInt16LE(header.length, 8);
  return Buffer.concat([begin, Buffer.from(units.buffer)]);
}

/** The content of an .npz file, compressed, of the same bytes for the same arrays. */
export function npz(arrays: Readonly<Record<string, NpzArray>>): Uint8Array {
  const files = Object.entries(arrays).map(([name, array]) => {
    const bytes = "strings" in array ? strings(array.strings) : new Uint8Array(dump(array.data, [...array.shape]));
    return [`${name}.npy`, bytes] as const;
  });
  return zipSync(Object.fromEntries(files), { mtime: "1980-01-01" });
}
