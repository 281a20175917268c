/** Whether names of a file differ from one another, told in time that grows hardly faster than their bytes do. */
import { mark, release, reserve } from "../../../assembly/network/arena";

/** Pointers to names, each a length (u64) and bytes. */
let list: usize = 0;

function nameAt(place: u32): usize {
  return load<u32>(list + ((<usize>place) << 2));
}

function put(place: u32, name: usize): void {
  store<u32>(list + ((<usize>place) << 2), <u32>name);
}

/** Below 0, 0 or above it, as the first is before, the same as or behind the second. */
function compare(first: usize, second: usize): i32 {
  const size = load<u32>(first);
  const other = load<u32>(second);
  const difference = memory.compare(first + 8, second + 8, min(size, other));
  return difference ? difference : <i32>size - <i32>other;
}

/** Lets a name sink in a heap of `count` names whose last is on top. */
function sink(from: u32, count: u32): void {
  const name = nameAt(from);
  let place = from;
  for (let below: u32 = 2 * place + 1; below < count; below = 2 * place + 1) {
    if (below + 1 < count && compare(nameAt(below + 1), nameAt(below)) > 0) below++;
    if (compare(nameAt(below), name) <= 0) break;
    put(place, nameAt(below));
    place = below;
  }
  put(place, name);
}

/**
 * Whether all of an array of texts differ.
 * @param first where it begins
 * @returns 1 where they do, 0 where they do not, −1 where memory ends
 */
export function differ(first: usize, count: u32): i32 {
  const before = mark();
  list = reserve((<u64>count) << 2, 4);
  if (!list) return -1;
  for (let k: u32 = 0, at = first; k < count; k++) {
    put(k, at);
    at += 8 + <usize>load<u64>(at);
  }
  for (let k = count >> 1; k > 0; k--) sink(k - 1, count);
  let same = false;
  for (let k = count; k > 1 && !same; k--) {
    const last = nameAt(0);
    put(0, nameAt(k - 1));
    sink(0, k - 1);
    same = compare(last, nameAt(0)) == 0;
  }
  release(before);
  return same ? 0 : 1;
}
