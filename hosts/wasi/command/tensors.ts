/** The tensors that outputs stand for: their shapes, and which value is which of their elements (docs/format.md). */
import { sayName } from "../../../assembly/message/message";
import { isClassifier } from "../../../assembly/engine/outputs";
import { Key, aboutKey, countOf, has, pointerOf } from "../../../assembly/model/keys";
import { reserve, reserveZeroed } from "../../../assembly/network/arena";
import { population, populationCount } from "../../../assembly/network/network";
import { Population } from "../../../assembly/network/population";
import { isOutput } from "../../../assembly/neurons/neurons";

/** Per population two u32: where its axes lie, their number first (0: none are stated), and where its table of values. */
let tensors: usize = 0;

function entry(i: u32): usize {
  return tensors + ((<usize>i) << 3);
}

// @ts-ignore: decorator
@inline
function number(at: usize, index: u32): u32 {
  return load<u32>(at + ((<usize>index) << 2));
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

/** Which of an output's values, channels last, is element k of its tensor. */
export function valueAt(i: u32, k: u32): u32 {
  const table = load<u32>(entry(i), 4);
  return table ? number(table, k) : k;
}

/** Whether the values of an output lie in another order than the elements of its tensor. */
export function isReordered(i: u32): bool {
  return load<u32>(entry(i), 4) != 0;
}

/** Whether the one output is a list of classes: one position, several values along one axis. */
export function classifies(first: u32): bool {
  let long = 0;
  for (let axis: u32 = 0; axis < rankOf(first); axis++) if (sizeOf(first, axis) > 1) long++;
  return isClassifier() && long == 1;
}

function misfit(key: i32, p: Population): bool {
  aboutKey(key, "does not fit output ");
  sayName(p.name, p.nameSize);
  return false;
}

/** Reads what the file says of its outputs' tensors; false leaves a message. */
export function readTensors(): bool {
  tensors = reserveZeroed(populationCount, 8);
  if (!tensors) return false;
  const shapes = has(Key.OUTPUT_SHAPE) ? countOf(Key.OUTPUT_SHAPE) : 0;
  const places = has(Key.OUTPUT_PLACE) ? countOf(Key.OUTPUT_PLACE) : 0;
  let axis: u64 = 0;
  let place: u64 = 0;
  let last: u32 = 0;
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    if (!isOutput(p)) continue;
    last = i;
    if (shapes) {
      const axes = pointerOf(Key.OUTPUT_SHAPE) + ((<usize>axis) << 2);
      if (axis >= shapes || axis + load<u32>(axes) >= shapes) return misfit(Key.OUTPUT_SHAPE, p);
      let values: u64 = 1;
      for (let k: u32 = 1; k <= load<u32>(axes); k++) values = min<u64>(values * number(axes, k), u32.MAX_VALUE);
      if (values != p.neurons) return misfit(Key.OUTPUT_SHAPE, p);
      store<u32>(entry(i), <u32>axes);
      axis += 1 + load<u32>(axes);
    }
    if (places) {
      const count = <u64>p.height + p.width + p.channels;
      if (place + count > places) return misfit(Key.OUTPUT_PLACE, p);
      const table = tableOf(p, pointerOf(Key.OUTPUT_PLACE) + ((<usize>place) << 2));
      if (!table) return misfit(Key.OUTPUT_PLACE, p);
      store<u32>(entry(i), <u32>table, 4);
      place += count;
    }
  }
  if (axis < shapes) return misfit(Key.OUTPUT_SHAPE, population(last));
  return place == places || misfit(Key.OUTPUT_PLACE, population(last));
}

/** Of every element of a tensor which value it is; 0 where two values have one place, or one has none. */
function tableOf(p: Population, rows: usize): usize {
  const table = reserve(p.neurons, 4);
  if (!table) return 0;
  memory.fill(table, 0xff, (<usize>p.neurons) << 2);
  const columns = rows + ((<usize>p.height) << 2);
  const channels = columns + ((<usize>p.width) << 2);
  let value: u32 = 0;
  for (let y: u32 = 0; y < p.height; y++) {
    for (let x: u32 = 0; x < p.width; x++) {
      for (let c: u32 = 0; c < p.channels; c++, value++) {
        const element = <u64>number(rows, y) + number(columns, x) + number(channels, c);
        if (element >= p.neurons) return 0;
        const at = table + ((<usize>element) << 2);
        if (load<u32>(at) != u32.MAX_VALUE) return 0;
        store<u32>(at, value);
      }
    }
  }
  return table;
}
