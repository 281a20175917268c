/** The checksum of a model file, over its length and all its bytes, those of the checksum itself taken as zero (docs/format.md). */
import { Key, has, pointerOf } from "./keys";
import { start } from "../message/message";

/** Compares a file whose keys have been read with what it states; true where it states nothing. */
export function checkSum(file: usize, size: u32): bool {
  if (!has(Key.CHECKSUM)) return true;
  const own = pointerOf(Key.CHECKSUM);
  const stated = load<u64>(own);
  store<u64>(own, 0);
  // The last word may end in the slack after the file.
  store<u32>(file + size, 0);
  let sum: u64 = size;
  let sums: u64 = size;
  for (let at = file; at < file + size; at += 4) {
    sum += load<u32>(at);
    sums += sum;
  }
  return 2 * sums + sum == stated || start("the file is damaged: its checksum is another");
}
