/** Arrays as NumPy's NPZ: a ZIP of NPY files, stored as they are. */

import { crc32 } from "../../../../../bindings/images/crc32.ts";

const TYPES = [
  [Uint32Array, "<u4"],
  [Int8Array, "|i1"],
  [Uint8Array, "|u1"],
  [Float32Array, "<f4"],
] as const;

type Column = Uint32Array | Int8Array | Uint8Array | Float32Array;

function npy(values: Column): Uint8Array {
  const type = TYPES.find(([kind]) => values instanceof kind)![1];
  const header = `{'descr': '${type}', 'fortran_order': False, 'shape': (${values.length},), }`;
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const bytes = new Uint8Array(10 + padded.length + values.byteLength);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, padded.length & 255, padded.length >> 8]);
  bytes.set(new TextEncoder().encode(padded), 10);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 10 + padded.length);
  return bytes;
}

/** Writes one-dimensional arrays by name. */
export function npz(columns: Readonly<Record<string, Column>>): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  for (const [name, values] of Object.entries(columns)) {
    const data = npy(values);
    const file = new TextEncoder().encode(`${name}.npy`);
    // What a local header and an entry of the directory have in common, from the needed version on.
    const common = new DataView(new ArrayBuffer(26));
    common.setUint16(0, 20, true);
    common.setUint16(8, 0x21, true);
    common.setUint32(10, crc32(data), true);
    common.setUint32(14, data.length, true);
    common.setUint32(18, data.length, true);
    common.setUint16(22, file.length, true);
    const shared = new Uint8Array(common.buffer);
    const local = Uint8Array.of(0x50, 0x4b, 3, 4, ...shared, ...file);
    const offset = new Uint8Array(Uint32Array.of(at).buffer);
    directory.push(Uint8Array.of(0x50, 0x4b, 1, 2, 20, 0, ...shared, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ...offset, ...file));
    parts.push(local, data);
    at += local.length + data.length;
  }
  const size = directory.reduce((sum, entry) => sum + entry.length, 0);
  const end = new DataView(new ArrayBuffer(22));
  end.setUint32(0, 0x06054b50, true);
  end.setUint16(8, directory.length, true);
  end.setUint16(10, directory.length, true);
  end.setUint32(12, size, true);
  end.setUint32(16, at, true);
  const all = [...parts, ...directory, new Uint8Array(end.buffer)];
  const bytes = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  let to = 0;
  for (const part of all) {
    bytes.set(part, to);
    to += part.length;
  }
  return bytes;
}
