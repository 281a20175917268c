/** Reads the early engine's state between steps, into the buffer of read.ts. */
import { phases, population, sendsCurrent } from "../network/network";
import { Population } from "../network/population";
import { isOutput, isRelay } from "../neurons/neurons";
import { presentationOf, registerOf, time } from "./early";
import { listing } from "./read";
import { firing, interval, shiftAt } from "./schedule";

/**
 * Lists the neurons that spiked in the step just made, ascending: u32, twice the flat index, plus 1 where the spike is negative. Returns
 * their number.
 */
export function listEarlySpikes(i: u32): u32 {
  const p = population(i);
  const since = time - 1 - p.begins;
  const step = since % interval;
  if (!time || isOutput(p) || isRelay(p) || sendsCurrent(i) || <i32>since < 0 || step >= (i ? firing : phases))
    return 0;
  if (presentationOf(p, time - 1) != since / interval) return 0;
  let to = listing;
  for (let n: u32 = 0; n < p.neurons; n++) {
    const sign = i ? signAt(p, n, step) : signOfInput(p, n, step);
    if (!sign) continue;
    store<u32>(to, (n << 1) | (sign < 0 ? 1 : 0));
    to += 4;
  }
  return (<u32>(to - listing)) >> 2;
}

function signAt(p: Population, n: u32, step: u32): i32 {
  const at = placeOf(p, n) << 1;
  if (((<u32>load<u16>(p.positive + at)) >> step) & 1) return 1;
  return ((<u32>load<u16>(p.negative + at)) >> step) & 1 ? -1 : 0;
}

function signOfInput(p: Population, n: u32, step: u32): i32 {
  return <i32>(((<u32>load<u8>(p.levels + n)) >> shiftAt(step)) & 1);
}

/** Where a neuron lies in maps of p.pitch. */
function placeOf(p: Population, n: u32): usize {
  return <usize>(n / p.channels) * p.pitch + (n % p.channels);
}

/** Writes the potentials, less what has been fired of them, of the presentation that a population fires, or hears before the first. */
export function listEarlyMembranes(i: u32): void {
  list(i, false);
}

/** Writes all that has arrived of that presentation, with bias and initial potential. */
export function listEarlyPotentials(i: u32): void {
  list(i, true);
}

function list(i: u32, whole: bool): void {
  const p = population(i);
  const potentials = registerOf(p, presentationOf(p, max(time, 1) - 1));
  for (let n: u32 = 0; n < p.neurons; n++) {
    const at = placeOf(p, n);
    let v = load<i32>(potentials + (at << 2));
    if (whole && p.emitted) v += (<i32>load<u8>(p.emitted + at)) << (<i32>load<u8>(p.shift + (n % p.channels)));
    store<i32>(listing + ((<usize>n) << 2), v);
  }
}
