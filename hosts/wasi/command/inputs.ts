/** Several inputs: where their samples lie in the input population (docs/format.md, *Several inputs*). */
import { say, sayNumber, sayShape, start } from "../../../assembly/message/message";
import { samples as inputSamples } from "../../../assembly/index";
import { Key, aboutKey, at, countOf, has, pointerOf } from "../../../assembly/model/keys";
import { reserve } from "../../../assembly/network/arena";
import { population } from "../../../assembly/network/network";
import { differ } from "./names";
import { hasElements } from "./stated";

/** Numbers of an input: height, width, channels, its first channel in the population, values at a position, whether signed. */
const NUMBERS: u32 = 6;

/** u32 per sample: the neuron that holds it. */
let neurons: usize = 0;

/** Samples of all inputs; 0 where a network has one. */
export let severalSamples: u32 = 0;

function inputCount(): u32 {
  return countOf(Key.INPUTS_PLACE) / NUMBERS;
}

function misfit(): bool {
  return aboutKey(Key.INPUTS_PLACE, "does not place inputs in the input population, one after the other");
}

/** Checks names and ranges, and that every input has its numbers; false leaves a message. */
function checkInputs(count: u32): bool {
  if (count < 2) return aboutKey(Key.INPUTS_NAME, "must name two inputs or more");
  const different = differ(pointerOf(Key.INPUTS_NAME), count);
  if (different < 0) return false;
  if (!different) return aboutKey(Key.INPUTS_NAME, "must name each input otherwise");
  if (!hasElements(Key.INPUTS_PLACE, <u64>count * NUMBERS) || !hasElements(Key.INPUTS_RANGE, <u64>count * 2))
    return false;
  for (let k: u32 = 0; k < count; k++) {
    const range = pointerOf(Key.INPUTS_RANGE) + ((<usize>k) << 4);
    const lo = load<f64>(range);
    const hi = load<f64>(range, 8);
    if (lo == 0 && hi == 0) {
      if (at(Key.INPUTS_PLACE, k * NUMBERS + 5)) return aboutKey(Key.INPUTS_RANGE, "must give ON/OFF pairs a range");
    } else if (!(lo < hi) || !isFinite(hi - lo)) {
      return aboutKey(Key.INPUTS_RANGE, "must be two finite numbers, the lower first, or 0, 0");
    }
  }
  return true;
}

/** Reads what the file says of several inputs; false leaves a message. */
export function readInputs(): bool {
  if (!has(Key.INPUTS_NAME) && !has(Key.INPUTS_PLACE) && !has(Key.INPUTS_RANGE)) return true;
  const p = population(0);
  const count = countOf(Key.INPUTS_NAME);
  if (!checkInputs(count)) return false;
  let free: u64 = 0;
  let total: u64 = 0;
  for (let k: u32 = 0; k < count; k++) {
    const from = k * NUMBERS;
    const h = at(Key.INPUTS_PLACE, from);
    const w = at(Key.INPUTS_PLACE, from + 1);
    const c = at(Key.INPUTS_PLACE, from + 2);
    const each = at(Key.INPUTS_PLACE, from + 4);
    const pair = at(Key.INPUTS_PLACE, from + 5);
    if (!h || !w || !c || !each || each > c || h > p.height || w > p.width || pair > 1) return misfit();
    if (each < c) {
      // A vector over positions.
      if (h != 1 || w != 1 || (<u64>c + each - 1) / each > <u64>p.height * p.width) return misfit();
    }
    if (at(Key.INPUTS_PLACE, from + 3) < free) return misfit();
    free = <u64>at(Key.INPUTS_PLACE, from + 3) + ((<u64>each) << pair);
    if (free > p.channels) return misfit();
    total += (<u64>h * w * c) << pair;
  }
  severalSamples = <u32>total;
  neurons = reserve(total, 4);
  if (!neurons) return false;
  let sample = neurons;
  for (let k: u32 = 0; k < count; k++) {
    const from = k * NUMBERS;
    const h = at(Key.INPUTS_PLACE, from);
    const w = at(Key.INPUTS_PLACE, from + 1);
    const c = at(Key.INPUTS_PLACE, from + 2);
    const first = at(Key.INPUTS_PLACE, from + 3);
    const each = at(Key.INPUTS_PLACE, from + 4);
    const halves = 1 + at(Key.INPUTS_PLACE, from + 5);
    for (let y: u32 = 0; y < h; y++) {
      for (let x: u32 = 0; x < w; x++) {
        for (let i: u32 = 0; i < c * halves; i++) {
          const value = i % c;
          const channel = first + (value % each) + (i < c ? 0 : each);
          store<u32>(sample, (y * p.width + x + value / each) * p.channels + channel);
          sample += 4;
        }
      }
    }
  }
  return true;
}

/** Lays the samples of all inputs, one after the other, into the input population; what no input has holds the zero point. */
export function presentInputs(given: usize): void {
  const p = population(0);
  for (let n: u32 = 0; n < p.neurons; n++) store<u8>(inputSamples + n, <u8>at(Key.ZERO_POINT, n % p.channels));
  for (let k: u32 = 0; k < severalSamples; k++) {
    store<u8>(inputSamples + load<u32>(neurons + ((<usize>k) << 2)), load<u8>(given + k));
  }
}

/** Checks that input holds the samples of `images` times all inputs; false leaves a message. */
export function areInputs(size: u32, isAll: bool, images: u32): bool {
  const expected = <u64>images * severalSamples;
  if (isAll && size == expected) return true;
  start("expected ");
  if (images > 1) {
    sayNumber(images);
    say(" times ");
  }
  for (let k: u32 = 0; k < inputCount(); k++) {
    const from = k * NUMBERS;
    if (k) say(" + ");
    const channels = at(Key.INPUTS_PLACE, from + 2) << at(Key.INPUTS_PLACE, from + 5);
    sayShape(at(Key.INPUTS_PLACE, from), at(Key.INPUTS_PLACE, from + 1), channels);
  }
  say(" = ");
  sayNumber(expected);
  say(" raw samples, found ");
  if (!isAll) say("more than ");
  sayNumber(isAll ? size : size - 1);
  say(" bytes");
  return false;
}
