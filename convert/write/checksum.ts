/** The checksum that a model file states (docs/format.md). */

import { KeyName } from "../../layout/layout.ts";

/** Words whose sums of sums are exact as numbers: 2^10·2^10·2^32 is below 2^53. */
const BLOCK = 2 ** 10;

/** Number of the type of the key's value in GGUF: u64. */
const TYPE = [10, 0, 0, 0];

/** Of some bytes' length and then their words, the last filled up with zeros, Σ (2·j + 1)·word modulo 2^64, j counted from the end, from 1. */
export function checksum(bytes: Uint8Array): bigint {
  const words = wordsOf(bytes);
  let sum = BigInt(bytes.length);
  let sums = sum;
  for (let from = 0; from < words.length; from += BLOCK) {
    const end = Math.min(words.length, from + BLOCK);
    let blockSum = 0;
    let blockSums = 0;
    for (let i = from; i < end; i++) {
      blockSum += words[i];
      blockSums += blockSum;
    }
    sums += BigInt(end - from) * sum + BigInt(blockSums);
    sum += BigInt(blockSum);
  }
  return BigInt.asUintN(64, 2n * sums + sum);
}

/** Bytes as words; every engine is little-endian, as files are. */
function wordsOf(bytes: Uint8Array): Uint32Array {
  const count = Math.ceil(bytes.length / 4);
  if (bytes.byteOffset % 4 === 0 && bytes.length === 4 * count) {
    return new Uint32Array(bytes.buffer, bytes.byteOffset, count);
  }
  const words = new Uint32Array(count);
  new Uint8Array(words.buffer).set(bytes);
  return words;
}

/** Where the value of the checksum's key lies; -1 where there is none. */
function placeOf(file: Uint8Array): number {
  const name = new TextEncoder().encode(KeyName.checksum);
  const key = [name.length, 0, 0, 0, 0, 0, 0, 0, ...name, ...TYPE];
  for (let at = file.indexOf(key[0]); at >= 0; at = file.indexOf(key[0], at + 1)) {
    if (key.every((byte, i) => file[at + i] === byte) && at + key.length + 8 <= file.length) return at + key.length;
  }
  return -1;
}

/** Makes a file that states a checksum state the right one, in place; any other is left as it is. */
export function stateChecksum(file: Uint8Array): void {
  const at = placeOf(file);
  if (at < 0) return;
  file.fill(0, at, at + 8);
  new DataView(file.buffer, file.byteOffset, file.byteLength).setBigUint64(at, checksum(file), true);
}
