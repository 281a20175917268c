/** Reads the tensor infos into the populations and projections they belong to, and checks what they hold. */
import { mark, release, reserve } from "../network/arena";
import { population, populationCount, projection, projectionCount } from "../network/network";
import { Kind, Population } from "../network/population";
import { Projection } from "../network/projection";
import { position, remaining, take } from "./cursor";
import { alignment, tensorCount } from "./header";
import { found, say, sayName, sayNumber, sayShape, start } from "./message";
import { sayPopulation } from "./populations";
import { equals, isUtf8, sizeOfText, startsWith } from "./text";

const F32: u32 = 0;
const I8: u32 = 24;
const I16: u32 = 25;
const I32: u32 = 26;

const BIAS: u32 = 0;
const INITIAL: u32 = 1;
const SHIFT: u32 = 2;
const UNIT: u32 = 3;
/** Tells a projection's slot from a population's (index × 4 + field). */
const WEIGHT: u32 = 0x80000000;
const NO_SLOT: u32 = 0xffffffff;

/** Pairs of data offset (upper half) and slot (lower half). */
let places: usize = 0;
let name: usize = 0;
let nameSize: u32 = 0;

/** Reads all tensor infos; afterwards every tensor pointer of the network is set and inside the file. */
export function readTensors(file: usize, size: u32): bool {
  const saved = mark();
  places = reserve(tensorCount, 8);
  if (!places) return false;
  for (let i: u32 = 0; i < <u32>tensorCount; i++) if (!readInfo(i)) return false;
  // The data section begins at the next multiple of the alignment.
  const dataStart = (position() + alignment - 1) & ~(<u64>alignment - 1);
  sort(<u32>tensorCount);
  let free: u64 = 0;
  for (let i: u32 = 0; i < <u32>tensorCount; i++) {
    const place = load<u64>(places + (<usize>i << 3));
    const offset = place >> 32;
    const slot = <u32>place;
    const bytes = sizeOf(slot);
    if (offset < free) {
      aboutSlot(slot);
      say("overlaps another tensor at byte ");
      sayNumber(offset);
      say(" of the data");
      return false;
    }
    free = offset + bytes;
    if (dataStart + free > size) {
      aboutSlot(slot);
      say("needs ");
      sayNumber(bytes);
      say(" bytes at byte ");
      sayNumber(dataStart + offset);
      say(" of the file, which has");
      found(size);
      return false;
    }
    settle(slot, file + <usize>(dataStart + offset));
  }
  release(saved);
  return checkMissing() && checkValues();
}

/** Starts a message about a tensor: its name, and whose it is. */
function aboutSlot(slot: u32): void {
  if (slot & WEIGHT) {
    const p = projection(slot ^ WEIGHT);
    start("tensor projection.");
    sayNumber(p.index);
    say(".weight");
    say(" (");
    sayPopulation(population(p.source));
    say(" → ");
    sayPopulation(population(p.target));
  } else {
    const p = population(slot >> 2);
    const field = slot & 3;
    start("tensor population.");
    sayNumber(p.index);
    say(field == BIAS ? ".bias" : field == INITIAL ? ".initial" : field == SHIFT ? ".shift" : ".unit");
    say(" (");
    sayName(p.name, p.nameSize);
  }
  say(") ");
}

/** The slot a tensor's name stands for: what it belongs to, a decimal index without leading zeros, and a field. */
function slotNamed(): u32 {
  const ofProjection = startsWith(name, nameSize, "projection.");
  if (!ofProjection && !startsWith(name, nameSize, "population.")) return NO_SLOT;
  const first = sizeOfText("projection.");
  let index: u32 = 0;
  let end = first;
  for (; end < nameSize; end++) {
    const digit = <u32>load<u8>(name + end) - 48;
    if (digit > 9) break;
    index = index * 10 + digit;
    if (index >= (ofProjection ? projectionCount : populationCount)) return NO_SLOT;
  }
  if (end == first || (end > first + 1 && load<u8>(name + first) == 48)) return NO_SLOT;
  const field = name + end;
  const size = nameSize - end;
  if (ofProjection) {
    const relay = population(projection(index).target).kind == Kind.SYNCHRONOUS;
    return !relay && equals(field, size, ".weight") ? WEIGHT | index : NO_SLOT;
  }
  const kind = population(index).kind;
  if (kind == Kind.BISTABLE || kind == Kind.OUTPUT) {
    if (equals(field, size, ".bias")) return index * 4 + BIAS;
    if (equals(field, size, ".unit")) return index * 4 + UNIT;
  }
  if (kind == Kind.BISTABLE) {
    if (equals(field, size, ".initial")) return index * 4 + INITIAL;
    if (equals(field, size, ".shift")) return index * 4 + SHIFT;
  }
  return NO_SLOT;
}

// Until the data is found the tensor pointers hold 1 where the info has been seen.
function isSeen(slot: u32): bool {
  if (slot & WEIGHT) return projection(slot ^ WEIGHT).weight != 0;
  return pointerOf(population(slot >> 2), slot & 3) != 0;
}

/** Where a population keeps the pointer of a tensor: the fields stand in the record one after the other. */
function place(p: Population, field: u32): usize {
  return changetype<usize>(p) + offsetof<Population>("bias") + (<usize>field << 2);
}

function pointerOf(p: Population, field: u32): usize {
  return load<usize>(place(p, field));
}

function settle(slot: u32, pointer: usize): void {
  if (slot & WEIGHT) projection(slot ^ WEIGHT).weight = pointer;
  else store<usize>(place(population(slot >> 2), slot & 3), pointer);
}

/** Bytes of a tensor whose shape has been checked. */
function sizeOf(slot: u32): u64 {
  if (slot & WEIGHT) {
    const p = projection(slot ^ WEIGHT);
    return weightCount(p) * (p.weightBits >> 3);
  }
  const p = population(slot >> 2);
  const field = slot & 3;
  if (field == SHIFT) return p.channels;
  return <u64>(field == BIAS && p.biasMap ? p.neurons : p.channels) * 4;
}

/** Number of weights; below 2^31 once the tensor is known to lie in the file. */
export function weightCount(p: Projection): u64 {
  // Kernels are below 2^15 each and channels below 2^28: checkShape has refused what would not fit.
  return <u64>p.targetCount * (p.sourceCount / p.groups) * p.kernelH * p.kernelW;
}

function readInfo(i: u32): bool {
  const sizeField = take(8);
  if (!sizeField) return false;
  const size = load<u64>(sizeField);
  name = take(size);
  if (!name) return false;
  nameSize = <u32>size;
  const dimensionField = take(4);
  if (!dimensionField) return false;
  const slot = isUtf8(name, nameSize) ? slotNamed() : NO_SLOT;
  if (slot == NO_SLOT) {
    start("tensor ");
    sayName(name, nameSize);
    say(" belongs to nothing in this model");
    return false;
  }
  if (isSeen(slot)) {
    aboutSlot(slot);
    say("occurs twice");
    return false;
  }
  const dimensions = load<u32>(dimensionField);
  if (dimensions < 1 || dimensions > 4) {
    aboutSlot(slot);
    say("must have 1…4 dimensions");
    found(dimensions);
    return false;
  }
  const shape = take(<u64>dimensions * 8);
  if (!shape) return false;
  const tail = take(12);
  if (!tail) return false;
  if (!checkShape(slot, shape, dimensions) || !checkType(slot, load<u32>(tail))) return false;
  const offset = load<u64>(tail, 4);
  if (offset % alignment || offset > 0x7fffffff) {
    aboutSlot(slot);
    say("must lie in the file at a multiple of ");
    sayNumber(alignment);
    found(<i64>min<u64>(offset, i64.MAX_VALUE));
    return false;
  }
  settle(slot, 1);
  store<u64>(places + (<usize>i << 3), (offset << 32) | slot);
  return true;
}

function dimension(shape: usize, i: u32): u64 {
  return load<u64>(shape + (<usize>i << 3));
}

/** Checks a shape, given fastest dimension first. */
function checkShape(slot: u32, shape: usize, dimensions: u32): bool {
  let right = false;
  if (slot & WEIGHT) {
    const p = projection(slot ^ WEIGHT);
    right = dimensions == 4 && dimension(shape, 0) == p.sourceCount / p.groups && dimension(shape, 1) == p.kernelW &&
      dimension(shape, 2) == p.kernelH && dimension(shape, 3) == p.targetCount;
    if (right) {
      // Every product is taken of factors already below 2^31.
      const row = dimension(shape, 0) * dimension(shape, 1);
      right = row <= remaining() && row * dimension(shape, 2) <= remaining() &&
        row * dimension(shape, 2) * dimension(shape, 3) <= remaining();
      if (!right) {
        aboutSlot(slot);
        say("does not fit into the file");
        return false;
      }
    }
  } else {
    const p = population(slot >> 2);
    right = dimensions == 1 && dimension(shape, 0) == p.channels;
    if (!right && (slot & 3) == BIAS) {
      right = dimensions == 3 && dimension(shape, 0) == p.channels && dimension(shape, 1) == p.width && dimension(shape, 2) == p.height;
      p.biasMap = right;
    }
  }
  if (right) return true;
  aboutSlot(slot);
  say("must have the shape ");
  if (slot & WEIGHT) {
    const p = projection(slot ^ WEIGHT);
    sayShape(p.targetCount, p.kernelH, p.kernelW);
    say("×");
    sayNumber(p.sourceCount / p.groups);
  } else {
    const p = population(slot >> 2);
    sayNumber(p.channels);
    if ((slot & 3) == BIAS) {
      say(" or ");
      sayShape(p.height, p.width, p.channels);
    }
  }
  say(", found ");
  for (let i = dimensions; i > 0; i--) {
    sayNumber(<i64>min<u64>(dimension(shape, i - 1), i64.MAX_VALUE));
    if (i > 1) say("×");
  }
  return false;
}

function checkType(slot: u32, type: u32): bool {
  const field = slot & 3;
  if (slot & WEIGHT) {
    if (type == I8 || type == I16) {
      projection(slot ^ WEIGHT).weightBits = type == I8 ? 8 : 16;
      return true;
    }
  } else if (type == (field == SHIFT ? I8 : field == UNIT ? F32 : I32)) return true;
  aboutSlot(slot);
  say("must be of type ");
  say(slot & WEIGHT ? "I8 or I16" : field == SHIFT ? "I8" : field == UNIT ? "F32" : "I32");
  say(", found GGML type ");
  sayNumber(type);
  return false;
}

/** Heap sort of the places by offset. */
function sort(count: u32): void {
  for (let i = count >> 1; i > 0; i--) sift(i - 1, count);
  for (let end = count; end > 1; ) {
    end--;
    const last = places + (<usize>end << 3);
    const largest = load<u64>(places);
    store<u64>(places, load<u64>(last));
    store<u64>(last, largest);
    sift(0, end);
  }
}

function sift(root: u32, count: u32): void {
  const value = load<u64>(places + (<usize>root << 3));
  while (true) {
    let child: u32 = 2 * root + 1;
    if (child >= count) break;
    const at = places + (<usize>child << 3);
    if (child + 1 < count && load<u64>(at, 8) > load<u64>(at)) child++;
    const larger = load<u64>(places + (<usize>child << 3));
    if (larger <= value) break;
    store<u64>(places + (<usize>root << 3), larger);
    root = child;
  }
  store<u64>(places + (<usize>root << 3), value);
}

function checkMissing(): bool {
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    if (p.kind != Kind.BISTABLE && p.kind != Kind.OUTPUT) continue;
    for (let field = BIAS; field <= UNIT; field++) {
      if (p.kind == Kind.OUTPUT && (field == INITIAL || field == SHIFT)) continue;
      if (pointerOf(p, field)) continue;
      aboutSlot(i * 4 + field);
      say("is missing");
      return false;
    }
  }
  for (let j: u32 = 0; j < projectionCount; j++) {
    if (projection(j).weight || population(projection(j).target).kind == Kind.SYNCHRONOUS) continue;
    aboutSlot(WEIGHT | j);
    say("is missing");
    return false;
  }
  return true;
}

/** Checks shifts, initial potentials and units. */
function checkValues(): bool {
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    if (p.kind != Kind.BISTABLE && p.kind != Kind.OUTPUT) continue;
    for (let c: u32 = 0; c < p.channels; c++) {
      const unit = load<f32>(p.unit + (<usize>c << 2));
      if (!(unit > 0) || !isFinite(unit)) {
        aboutSlot(i * 4 + UNIT);
        say("must be finite and positive, channel ");
        sayNumber(c);
        say(" is not");
        return false;
      }
      if (p.kind == Kind.OUTPUT) continue;
      const shift = <i32>load<i8>(p.shift + c);
      if (shift < 0 || shift > 30) {
        aboutSlot(i * 4 + SHIFT);
        say("must be 0…30 in channel ");
        sayNumber(c);
        found(shift);
        return false;
      }
      const initial = load<i32>(p.initial + (<usize>c << 2));
      if (initial < 0 || <i64>initial >= <i64>1 << shift) {
        aboutSlot(i * 4 + INITIAL);
        say("must be 0…");
        sayNumber((<i64>1 << shift) - 1);
        say(" in channel ");
        sayNumber(c);
        say(", whose shift is ");
        sayNumber(shift);
        found(initial);
        return false;
      }
    }
  }
  return true;
}

/** Largest |bias| of a channel. */
export function largestBias(p: Population, channel: u32): u64 {
  let largest: u64 = 0;
  const count = p.biasMap ? p.height * p.width : 1;
  for (let i: u32 = 0; i < count; i++) {
    largest = max(largest, <u64>abs(<i64>load<i32>(p.bias + ((<usize>i * p.channels + channel) << 2))));
  }
  return largest;
}
