/** Where the original network's tensors hold the values of populations. */

import type { UnquantizedPopulation } from "../wiring.ts";

/**
 * Reads a population's pre-activations out of the tensor of its view.
 * @param data the tensor's values, row-major, batch of one
 * @param into receives H×W×C values, channels last, OFF channels negated, from `into[at]` on
 */
export function readView(population: UnquantizedPopulation, data: Float32Array, into: Float32Array, at = 0): void {
  const { base, strides, channelOffsets } = population.view!;
  const { height, width, channels, signed } = population;
  const viewed = signed ? channels / 2 : channels;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = base + y * strides[0] + x * strides[1];
      for (let c = 0; c < viewed; c++) into[at++] = data[from + (channelOffsets?.[c] ?? c * strides[2])];
      if (signed) for (let c = 0; c < viewed; c++) into[at++] = -data[from + (channelOffsets?.[c] ?? c * strides[2])];
    }
  }
}

/**
 * The largest of a population's activations, by channel.
 * @param data the tensor's values, row-major, batch of one
 * @param into receives those that are larger than what it holds, `[C]`
 */
export function largestOf(population: UnquantizedPopulation, data: Float32Array, into: Float32Array): void {
  const { base, strides, channelOffsets } = population.view!;
  const { height, width, channels, signed, ceiling } = population;
  const viewed = signed ? channels / 2 : channels;
  const most = new Float32Array(viewed);
  const least = new Float32Array(viewed);
  for (let y = 0; y < height; y++) {
    for (let c = 0; c < viewed; c++) {
      let from = base + y * strides[0] + (channelOffsets?.[c] ?? c * strides[2]);
      let [high, low] = [most[c], least[c]];
      for (let x = 0; x < width; x++, from += strides[1]) {
        const value = data[from];
        if (value > high) high = value;
        if (value < low) low = value;
      }
      [most[c], least[c]] = [high, low];
    }
  }
  for (let c = 0; c < viewed; c++) {
    into[c] = Math.max(into[c], Math.min(most[c], ceiling));
    if (signed) into[viewed + c] = Math.max(into[viewed + c], Math.min(-least[c], ceiling));
  }
}

/** The tensor that a population was read out of, of which it holds all: what `readView` undoes. @param values H×W×C of them */
export function unreadView(population: UnquantizedPopulation, values: Float32Array): Float32Array {
  const { base, strides, channelOffsets } = population.view!;
  const { height, width, channels, signed } = population;
  const viewed = signed ? channels / 2 : channels;
  const data = new Float32Array(height * width * viewed);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = base + y * strides[0] + x * strides[1];
      for (let c = 0; c < viewed; c++) data[from + (channelOffsets?.[c] ?? c * strides[2])] = values[at++];
      if (signed) at += viewed;
    }
  }
  return data;
}

/** Whether a population holds every value of its tensor once. @param length of the tensor */
export function holdsAll(population: UnquantizedPopulation, length: number): boolean {
  const { base, strides, channelOffsets } = population.view!;
  const { height, width, channels, signed } = population;
  const viewed = signed ? channels / 2 : channels;
  if (height * width * viewed !== length) return false;
  const seen = new Uint8Array(length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < viewed; c++) {
        const at = base + y * strides[0] + x * strides[1] + (channelOffsets?.[c] ?? c * strides[2]);
        if (at < 0 || at >= length || seen[at]++) return false;
      }
    }
  }
  return true;
}
