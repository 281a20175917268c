/** CRC-32 as zlib computes it, eight bytes at a time. */

let tables: Uint32Array | undefined;

/** Remainders of a byte followed by none to seven zero bytes. */
function makeTables(): Uint32Array {
  const table = new Uint32Array(2048);
  for (let i = 0; i < table.length; i++) {
    let value = i < 256 ? i : table[i - 256];
    if (i < 256) for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
    else value = (value >>> 8) ^ table[value & 255];
    table[i] = value;
  }
  return table;
}

/** The CRC-32 of bytes. */
export function crc32(bytes: Uint8Array): number {
  tables ??= makeTables();
  const t = tables;
  let sum = -1;
  // Words are read whole, from where they are aligned; engines of WebAssembly are little-endian.
  const head = Math.min(-bytes.byteOffset & 3, bytes.length);
  for (let i = 0; i < head; i++) sum = (sum >>> 8) ^ t[(sum ^ bytes[i]) & 255];
  const words = (bytes.length - head) >> 3;
  const pairs = new Uint32Array(bytes.buffer, words ? bytes.byteOffset + head : 0, 2 * words);
  for (let k = 0; k < pairs.length; k += 2) {
    const first = sum ^ pairs[k];
    const second = pairs[k + 1];
    sum =
      t[1792 + (first & 255)] ^
      t[1536 + ((first >>> 8) & 255)] ^
      t[1280 + ((first >>> 16) & 255)] ^
      t[1024 + (first >>> 24)] ^
      t[768 + (second & 255)] ^
      t[512 + ((second >>> 8) & 255)] ^
      t[256 + ((second >>> 16) & 255)] ^
      t[second >>> 24];
  }
  for (let i = head + pairs.length * 4; i < bytes.length; i++) sum = (sum >>> 8) ^ t[(sum ^ bytes[i]) & 255];
  return ~sum >>> 0;
}
