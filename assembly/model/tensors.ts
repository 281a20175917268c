/** Reads the tensor infos into the populations and projections they belong to, and checks what they hold. */
import { mark, release, reserve } from "../network/arena";
import { sayPopulation } from "../network/about";
import { population, populationCount, projection, projectionCount } from "../network/network";
import { Population } from "../network/population";
import { Projection } from "../network/projection";
import { hasThresholds, isRelay, isWeighted } from "../neurons/neurons";
import { position, remaining, take } from "./cursor";
import { alignment, tensorCount } from "./header";
import { fail, found, say, sayName, sayNumber, sayShape, sayWord, start } from "../message/message";
import { indexOfWord, isUtf8, sizeOfText, startsWith } from "../message/text";

const I16: u32 = 25;

/** The tensors of a population, FIELD_COUNT of them, and a projection's. A slot is an index × 8 + the field. */
const BIAS: u32 = 0;
const INITIAL: u32 = 1;
const SHIFT: u32 = 2;
const UNIT: u32 = 3;
const FIELD_COUNT: u32 = 4;
const WEIGHT: u32 = 4;
const NO_SLOT: u32 = 0xffffffff;
const FIELDS: string = "bias initial shift unit weight ";

/** The fields' GGML types; weights may be I16 too. */
const types: usize = memory.data<u8>([26, 26, 24, 0, 24]);
const TYPES: string = "I32 I32 I8 F32 I8/I16 ";

function fieldOf(slot: u32): u32 {
  return slot & 7;
}

function populationOf(slot: u32): Population {
  return population(slot >> 3);
}

function projectionOf(slot: u32): Projection {
  return projection(slot >> 3);
}

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
    const entry = load<u64>(places + ((<usize>i) << 3));
    const offset = entry >> 32;
    const slot = <u32>entry;
    const bytes = sizeOf(slot);
    if (offset < free) {
      aboutSlot(slot, "overlaps another tensor at byte ");
      sayNumber(offset);
      return fail(" of the data");
    }
    free = offset + bytes;
    if (dataStart + free > size) {
      aboutSlot(slot, "needs ");
      sayNumber(bytes);
      say(" bytes at byte ");
      sayNumber(dataStart + offset);
      say(" of the file, which has");
      return found(size);
    }
    store<usize>(place(slot), file + <usize>(dataStart + offset));
  }
  release(saved);
  // Writers of the container may fill up the last tensor as they do the others.
  if (size >= dataStart + free + alignment) {
    start("the tensors end at byte ");
    sayNumber(dataStart + free);
    say(" of the file, which has");
    return found(size);
  }
  return checkMissing() && checkValues();
}

/** Starts a message about a tensor: its name, and whose it is; false. */
function aboutSlot(slot: u32, text: string): bool {
  const field = fieldOf(slot);
  start(field == WEIGHT ? "tensor projection." : "tensor population.");
  sayNumber(slot >> 3);
  say(".");
  sayWord(FIELDS, field);
  say(" (");
  if (field == WEIGHT) {
    const q = projectionOf(slot);
    sayPopulation(population(q.source));
    say(" → ");
    sayPopulation(population(q.target));
  } else {
    const p = populationOf(slot);
    sayName(p.name, p.nameSize);
  }
  say(") ");
  return fail(text);
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
  if (end == nameSize || load<u8>(name + end) != 46) return NO_SLOT;
  const field = indexOfWord(FIELDS, name + end + 1, nameSize - end - 1);
  const takes = ofProjection
    ? field == WEIGHT && !isRelay(population(projection(index).target))
    : has(population(index), field);
  return takes ? (index << 3) | field : NO_SLOT;
}

/** Whether a population has a tensor. */
function has(p: Population, field: u32): bool {
  if (field == BIAS || field == UNIT) return isWeighted(p);
  return (field == INITIAL || field == SHIFT) && hasThresholds(p);
}

/**
 * Where a tensor's pointer is kept: a population's fields stand in the record one after the other. Until the data is found
 * it is 1 where the info has been seen.
 */
function place(slot: u32): usize {
  return fieldOf(slot) == WEIGHT
    ? changetype<usize>(projectionOf(slot)) + offsetof<Projection>("weight")
    : changetype<usize>(populationOf(slot)) + offsetof<Population>("bias") + ((<usize>fieldOf(slot)) << 2);
}

/** Bytes of a tensor whose shape has been checked. */
function sizeOf(slot: u32): u64 {
  const field = fieldOf(slot);
  if (field == WEIGHT) {
    const q = projectionOf(slot);
    return weightCount(q) * (q.weightBits >> 3);
  }
  const p = populationOf(slot);
  if (field == SHIFT) return p.channels;
  return <u64>(field == BIAS && p.biasMap ? p.neurons : p.channels) * 4;
}

/** Number of weights; below 2^31 once the tensor is known to lie in the file. */
export function weightCount(q: Projection): u64 {
  // Kernels are below 2^15 each and channels below 2^28: checkShape has refused what would not fit.
  return <u64>q.targetCount * (q.sourceCount / q.groups) * q.kernelH * q.kernelW;
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
    return fail(" belongs to nothing in this model");
  }
  if (load<usize>(place(slot))) {
    return aboutSlot(slot, "occurs twice");
  }
  const dimensions = load<u32>(dimensionField);
  if (dimensions < 1 || dimensions > 4) {
    aboutSlot(slot, "must have 1…4 dimensions");
    return found(dimensions);
  }
  const shape = take(<u64>dimensions * 8);
  if (!shape) return false;
  const tail = take(12);
  if (!tail) return false;
  if (!checkShape(slot, shape, dimensions) || !checkType(slot, load<u32>(tail))) return false;
  const offset = load<u64>(tail, 4);
  if (offset % alignment || offset > 0x7fffffff) {
    aboutSlot(slot, "must lie in the file at a multiple of ");
    sayNumber(alignment);
    return found(<i64>min<u64>(offset, i64.MAX_VALUE));
  }
  store<usize>(place(slot), 1);
  store<u64>(places + ((<usize>i) << 3), (offset << 32) | slot);
  return true;
}

function dimension(shape: usize, i: u32): u64 {
  return load<u64>(shape + ((<usize>i) << 3));
}

/** Checks a shape, given fastest dimension first. */
function checkShape(slot: u32, shape: usize, dimensions: u32): bool {
  const field = fieldOf(slot);
  const q = projectionOf(slot);
  const p = populationOf(slot);
  if (field == WEIGHT) {
    if (
      dimensions == 4 &&
      dimension(shape, 0) == q.sourceCount / q.groups &&
      dimension(shape, 1) == q.kernelW &&
      dimension(shape, 2) == q.kernelH &&
      dimension(shape, 3) == q.targetCount
    ) {
      // Every product is taken of factors already below 2^31.
      const row = dimension(shape, 0) * dimension(shape, 1);
      return (
        (row <= remaining() &&
          row * dimension(shape, 2) <= remaining() &&
          row * dimension(shape, 2) * dimension(shape, 3) <= remaining()) ||
        aboutSlot(slot, "does not fit into the file")
      );
    }
  } else {
    if (dimensions == 1 && dimension(shape, 0) == p.channels) return true;
    if (
      field == BIAS &&
      dimensions == 3 &&
      dimension(shape, 0) == p.channels &&
      dimension(shape, 1) == p.width &&
      dimension(shape, 2) == p.height
    ) {
      p.biasMap = true;
      return true;
    }
  }
  aboutSlot(slot, "must have the shape ");
  if (field == WEIGHT) {
    sayShape(q.targetCount, q.kernelH, q.kernelW);
    say("×");
    sayNumber(q.sourceCount / q.groups);
  } else {
    sayNumber(p.channels);
    if (field == BIAS) {
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
  const field = fieldOf(slot);
  const wide = field == WEIGHT && type == I16;
  if (field == WEIGHT) projectionOf(slot).weightBits = wide ? 16 : 8;
  if (wide || type == load<u8>(types + field)) return true;
  aboutSlot(slot, "must be of type ");
  sayWord(TYPES, field);
  say(", found GGML type ");
  sayNumber(type);
  return false;
}

/** Heap sort of the places by offset. */
function sort(count: u32): void {
  for (let i = count >> 1; i > 0; i--) sift(i - 1, count);
  for (let end = count; end > 1;) {
    end--;
    const last = places + ((<usize>end) << 3);
    const largest = load<u64>(places);
    store<u64>(places, load<u64>(last));
    store<u64>(last, largest);
    sift(0, end);
  }
}

function sift(root: u32, count: u32): void {
  const value = load<u64>(places + ((<usize>root) << 3));
  while (true) {
    let child: u32 = 2 * root + 1;
    if (child >= count) break;
    const at = places + ((<usize>child) << 3);
    if (child + 1 < count && load<u64>(at, 8) > load<u64>(at)) child++;
    const larger = load<u64>(places + ((<usize>child) << 3));
    if (larger <= value) break;
    store<u64>(places + ((<usize>root) << 3), larger);
    root = child;
  }
  store<u64>(places + ((<usize>root) << 3), value);
}

function checkMissing(): bool {
  for (let i: u32 = 0; i < populationCount; i++) {
    for (let slot = i << 3; fieldOf(slot) < FIELD_COUNT; slot++) {
      if (has(population(i), fieldOf(slot)) && !load<usize>(place(slot))) return aboutSlot(slot, "is missing");
    }
  }
  for (let j: u32 = 0; j < projectionCount; j++) {
    if (projection(j).weight || isRelay(population(projection(j).target))) continue;
    return aboutSlot((j << 3) | WEIGHT, "is missing");
  }
  return true;
}

/** Checks shifts, initial potentials and units. */
function checkValues(): bool {
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    const slot = i << 3;
    if (!has(p, UNIT)) continue;
    for (let c: u32 = 0; c < p.channels; c++) {
      const unit = load<f32>(p.unit + ((<usize>c) << 2));
      if (!(unit > 0) || !isFinite(unit)) {
        aboutSlot(slot | UNIT, "must be finite and positive, channel ");
        sayNumber(c);
        return fail(" is not");
      }
      if (!p.shift) continue;
      const shift = <i32>load<i8>(p.shift + c);
      if (shift < 0 || shift > 30) {
        aboutSlot(slot | SHIFT, "must be 0…30 in channel ");
        sayNumber(c);
        return found(shift);
      }
      const initial = load<i32>(p.initial + ((<usize>c) << 2));
      if (initial < 0 || <i64>initial >= (<i64>1) << shift) {
        aboutSlot(slot | INITIAL, "must be 0…");
        sayNumber(((<i64>1) << shift) - 1);
        say(" in channel ");
        sayNumber(c);
        say(", whose shift is ");
        sayNumber(shift);
        return found(initial);
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
