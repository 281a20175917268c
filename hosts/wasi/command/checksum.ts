/** The checksum of a model file: CRC-32 as zlib computes it, over all bytes, those of the checksum itself taken as zero. */
import { start } from "../../../assembly/message/message";
import { Key, has, pointerOf } from "../../../assembly/model/keys";

/** Remainders of a byte followed by none to three zero bytes. */
const table: usize = memory.data(4096);

function remainder(place: u32): u32 {
  return load<u32>(table + ((<usize>place) << 2));
}

function fillTable(): void {
  for (let i: u32 = 0; i < 1024; i++) {
    let value = i < 256 ? i : remainder(i - 256);
    if (i < 256) for (let bit = 0; bit < 8; bit++) value = (value >> 1) ^ (value & 1 ? 0xedb88320 : 0);
    else value = (value >> 8) ^ remainder(value & 255);
    store<u32>(table + ((<usize>i) << 2), value);
  }
}

function sumOf(file: usize, size: u32): u32 {
  let sum: u32 = 0xffffffff;
  let i: u32 = 0;
  for (; i + 4 <= size; i += 4) {
    sum ^= load<u32>(file + i);
    sum =
      remainder(768 + (sum & 255)) ^
      remainder(512 + ((sum >> 8) & 255)) ^
      remainder(256 + ((sum >> 16) & 255)) ^
      remainder(sum >> 24);
  }
  for (; i < size; i++) sum = (sum >> 8) ^ remainder((sum ^ load<u8>(file + i)) & 255);
  return ~sum;
}

/** Whether the file is what its checksum says; true where it has none. */
export function checkSum(file: usize, size: u32): bool {
  if (!has(Key.CHECKSUM)) return true;
  const stated = load<u32>(pointerOf(Key.CHECKSUM));
  store<u32>(pointerOf(Key.CHECKSUM), 0);
  fillTable();
  const found = sumOf(file, size);
  store<u32>(pointerOf(Key.CHECKSUM), stated);
  return found == stated || start("the file is damaged: its checksum is another");
}
