/** The tensors that outputs stand for: their shapes, and which value is which of their elements (docs/format.md). */
import { sayName } from "../../../assembly/message/message";
import { decode, isClassifier } from "../../../assembly/engine/outputs";
import { Key, aboutKey, countOf, has, pointerOf } from "../../../assembly/model/keys";
import { mark, release, reserve, reserveZeroed } from "../../../assembly/network/arena";
import { population, populationCount } from "../../../assembly/network/network";
import { Population } from "../../../assembly/network/population";
import { isOutput } from "../../../assembly/neurons/neurons";

/**
 * Per output three u32: where the axes of its tensor lie, their number first (0: none are stated), where the places of its
 * values lie (0: they are in order), and how many populations its tensor has (0: it goes on with that of the output before).
 */
let tensors: usize = 0;
/** f32 elements of the tensor last gathered. */
let elements: usize = 0;

function entry(i: u32): usize {
  return tensors + <usize>i * 12;
}

// @ts-ignore: decorator
@inline
function number(at: usize, index: u32): u32 {
  return load<u32>(at + ((<usize>index) << 2));
}

/** Whether a population is an output that a tensor begins with. */
export function isTensor(i: u32): bool {
  return load<u32>(entry(i), 8) != 0;
}

/** Whether the tensor that begins with an output joins several. */
export function isJoined(i: u32): bool {
  return load<u32>(entry(i), 8) > 1;
}

/** Number of a tensor's axes. */
export function rankOf(i: u32): u32 {
  const axes = load<u32>(entry(i));
  if (axes) return load<u32>(axes);
  const p = population(i);
  return p.height * p.width == 1 ? 2 : 4;
}

/** Size of an axis; a batch of one, of classes or of a map with channels last, where the file says nothing. */
export function sizeOf(i: u32, axis: u32): u32 {
  const axes = load<u32>(entry(i));
  if (axes) return number(axes, axis + 1);
  const p = population(i);
  if (!axis) return 1;
  if (axis == rankOf(i) - 1) return p.channels;
  return axis == 1 ? p.height : p.width;
}

/** Number of a tensor's elements. */
export function elementsOf(i: u32): u32 {
  let product: u32 = 1;
  for (let axis: u32 = 0; axis < rankOf(i); axis++) product *= sizeOf(i, axis);
  return product;
}

/** Whether the values of an output lie in another order than the elements of its tensor. */
export function isPlaced(i: u32): bool {
  return load<u32>(entry(i), 4) != 0;
}

/** Which of an output's channels is element k of its tensor, of one position; the file's labels are in their order. */
export function channelAt(i: u32, k: u32): u32 {
  const places = load<u32>(entry(i), 4);
  if (!places) return k;
  let c: u32 = 0;
  while (number(places, 0) + number(places, 1) + number(places, 2 + c) != k) c++;
  return c;
}

/** Whether the one output is a list of classes: one position, several values along one axis. */
export function classifies(first: u32): bool {
  let long = 0;
  for (let axis: u32 = 0; axis < rankOf(first); axis++) if (sizeOf(first, axis) > 1) long++;
  return isClassifier() && long == 1;
}

/** Decodes a tensor: f32 elements, row-major. Returns where, until the next is decoded. */
export function gather(i: u32): usize {
  if (!isPlaced(i)) return decode(population(i), 1);
  for (let parts = load<u32>(entry(i), 8); parts; i++) {
    const p = population(i);
    if (!isOutput(p)) continue;
    parts--;
    const found = decode(p, 1);
    for (let at: u32 = 0; at < p.neurons; at++) {
      store<f32>(
        elements + ((<usize>placeOf(p, load<u32>(entry(i), 4), at)) << 2),
        load<f32>(found + ((<usize>at) << 2)),
      );
    }
  }
  return elements;
}

/** Place of a value, channels last. */
function placeOf(p: Population, places: usize, value: u32): u32 {
  const position = value / p.channels;
  const columns = p.height + p.width;
  return (
    number(places, position / p.width) +
    number(places, p.height + (position % p.width)) +
    number(places, columns + (value % p.channels))
  );
}

function misfit(key: i32, i: u32): bool {
  const p = population(i);
  aboutKey(key, "does not fit output ");
  sayName(p.name, p.nameSize);
  return false;
}

/** Reads what the file says of its outputs' tensors; false leaves a message. */
export function readTensors(): bool {
  tensors = reserveZeroed(populationCount, 12);
  if (!tensors) return false;
  const shapes = has(Key.OUTPUT_SHAPE) ? countOf(Key.OUTPUT_SHAPE) : 0;
  const places = has(Key.OUTPUT_PLACE) ? countOf(Key.OUTPUT_PLACE) : 0;
  let axis: u64 = 0;
  let place: u64 = 0;
  let most: u64 = 0;
  let head: u32 = 0;
  for (let i: u32 = 0; i < populationCount;) {
    if (!isOutput(population(i))) {
      i++;
      continue;
    }
    head = i;
    let size: u64 = population(i).neurons;
    if (shapes) {
      const axes = pointerOf(Key.OUTPUT_SHAPE) + ((<usize>axis) << 2);
      if (axis >= shapes || axis + load<u32>(axes) >= shapes) return misfit(Key.OUTPUT_SHAPE, head);
      size = 1;
      for (let k: u32 = 1; k <= load<u32>(axes); k++) size = min<u64>(size * number(axes, k), u32.MAX_VALUE);
      store<u32>(entry(head), <u32>axes);
      axis += 1 + load<u32>(axes);
    }
    most = max(most, size);
    let values: u64 = 0;
    let parts: u32 = 0;
    for (; i < populationCount && values < size; i++) {
      const p = population(i);
      if (!isOutput(p)) continue;
      parts++;
      values += p.neurons;
      if (!places) continue;
      const count = <u64>p.height + p.width + p.channels;
      if (place + count > places) return misfit(Key.OUTPUT_PLACE, head);
      store<u32>(entry(i), <u32>(pointerOf(Key.OUTPUT_PLACE) + ((<usize>place) << 2)), 4);
      place += count;
    }
    if (!size || values != size) return misfit(Key.OUTPUT_SHAPE, head);
    store<u32>(entry(head), parts, 8);
    if (places && !isFilled(head, <u32>size)) return misfit(Key.OUTPUT_PLACE, head);
  }
  if (axis < shapes) return misfit(Key.OUTPUT_SHAPE, head);
  if (place < places) return misfit(Key.OUTPUT_PLACE, head);
  if (places) elements = reserve(most, 4);
  return !places || elements != 0;
}

/** Whether every element of a tensor is the place of one value. */
function isFilled(i: u32, size: u32): bool {
  const before = mark();
  const seen = reserveZeroed(size, 1);
  if (!seen) return false;
  for (let parts = load<u32>(entry(i), 8); parts; i++) {
    const p = population(i);
    if (!isOutput(p)) continue;
    parts--;
    for (let at: u32 = 0; at < p.neurons; at++) {
      const k = placeOf(p, load<u32>(entry(i), 4), at);
      if (k >= size || load<u8>(seen + k)) return false;
      store<u8>(seen + k, 1);
    }
  }
  release(before);
  return true;
}
