/** Convolutions and dense layers of forms. */

import type { Pair } from "../wiring.ts";
import {
  type ConvolutionTerm,
  compactMap,
  constantMap,
  type Form,
  type IdentityTerm,
  isIdentity,
  isUniform,
  isZero,
  type Region,
  wholeRegion,
} from "./form.ts";
import type { InputSamples } from "./input.ts";
import { canReadThrough, composed, isInside, touching, type Windows } from "./window.ts";
import { zeroWeights } from "./zero-weights.ts";

/** A convolution over a form's channels; a dense layer is one whose kernel covers the map. */
export interface Convolution {
  readonly windows: Windows;
  readonly outputs: number;
  readonly groups: number;
  /** `[outputs][KH][KW][channels / groups]`. */
  readonly weight: Float32Array;
  /** True where the weights are none of the ANN's, but those of an average. */
  readonly structural: boolean;
}

/** Grouped pieces that one term may fall into before it is written as one convolution over all groups, with zeros. */
const MOST_PIECES = 8;

/**
 * The convolution of a form, zero-padded; null where some term is no identity, or is cropped in a way that windows over the
 * source cannot follow: such a form must become a population first.
 */
export function convolve(form: Form, convolution: Convolution, samples: InputSamples): Form | null {
  if (!form.terms.every(isIdentity)) return null;
  const { windows, outputs } = convolution;
  const terms = form.terms as readonly IdentityTerm[];
  const covers =
    convolution.groups === 1 &&
    windows.size.every((n) => n === 1) &&
    windows.offset.every((n) => n === 0) &&
    windows.kernel[0] === form.height &&
    windows.kernel[1] === form.width &&
    windows.dilation.every((n) => n === 1);
  if (!covers && !terms.every((term) => canReadThrough(term, windows))) return null;
  return {
    height: windows.size[0],
    width: windows.size[1],
    channels: outputs,
    terms: covers ? dense(form, terms, convolution) : terms.flatMap((term) => convolveTerm(term, convolution)),
    // A dense layer's weights lie where its terms read, and nowhere beside.
    constant: convolveConstant(form, covers ? [] : terms, convolution, samples),
  };
}

/** Every identity term turned into weights; terms that read the same map share one projection. */
function dense(form: Form, terms: readonly IdentityTerm[], convolution: Convolution): ConvolutionTerm[] {
  const groups = new Map<string, IdentityTerm[]>();
  for (const term of terms) {
    const key = JSON.stringify([term.source, term.pool]);
    groups.set(key, [...(groups.get(key) ?? []), term]);
  }
  return [...groups.values()].flatMap((sharing) => denseTerm(form, sharing, convolution) ?? []);
}

function denseTerm(form: Form, terms: readonly IdentityTerm[], convolution: Convolution): ConvolutionTerm | null {
  const { outputs, weight } = convolution;
  const reads: { term: IdentityTerm; y: number; x: number; sourceY: number; sourceX: number }[] = [];
  for (const term of terms) {
    const [top, left, height, width] = term.region;
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) {
        const sourceY = y * term.stride[0] - term.offset[0];
        const sourceX = x * term.stride[1] - term.offset[1];
        const inside = sourceY >= 0 && sourceX >= 0 && sourceY < term.size[0] && sourceX < term.size[1];
        if (inside) reads.push({ term, y, x, sourceY, sourceX });
      }
    }
  }
  if (reads.length === 0) return null;
  const range = (values: number[]) => {
    const low = values.reduce((a, b) => Math.min(a, b));
    return [low, values.reduce((a, b) => Math.max(a, b)) - low + 1] as const;
  };
  const [top, rows] = range(reads.map((r) => r.sourceY));
  const [left, columns] = range(reads.map((r) => r.sourceX));
  const [first, inputs] = range(terms.flatMap((t) => [...t.channels]));
  const size = rows * columns * inputs;
  const [{ term: any }] = reads;
  // Of inputs of several sizes the largest map is the whole.
  const most = (axis: 0 | 1) => terms.reduce((largest, term) => Math.max(largest, term.size[axis]), 0);
  let folded = weight;
  if (!(terms.length === 1 && isPlain(any, form) && size * outputs === weight.length)) {
    folded = zeroWeights(outputs * size);
    const row = form.height * form.width * form.channels;
    for (const { term, y, x, sourceY, sourceX } of reads) {
      const from = (y * form.width + x) * form.channels + term.first;
      const to = ((sourceY - top) * columns + sourceX - left) * inputs;
      for (let o = 0; o < outputs; o++) {
        for (let k = 0; k < term.count; k++) {
          folded[o * size + to + term.channels[k] - first] += weight[o * row + from + k] * term.gain[k];
        }
      }
    }
  }
  return {
    kind: "convolution",
    source: any.source,
    size: [most(0), most(1)],
    pool: any.pool,
    region: [0, 0, 1, 1],
    stride: [1, 1],
    offset: [-top, -left],
    dilation: [1, 1],
    kernel: [rows, columns],
    first: 0,
    count: outputs,
    sourceChannels: [first, inputs],
    groups: 1,
    weight: folded,
    structural: convolution.structural,
  };
}

/** True where a term is the whole form and the form is its source, so that weights need no rearranging. */
function isPlain(term: IdentityTerm, form: Form): boolean {
  return (
    term.count === form.channels &&
    term.region[2] === form.height &&
    term.region[3] === form.width &&
    term.stride.every((n) => n === 1) &&
    term.channels.every((c, k) => c === term.channels[0] + k) &&
    term.gain.every((g) => g === 1)
  );
}

function convolveTerm(term: IdentityTerm, convolution: Convolution): ConvolutionTerm[] {
  const { windows, outputs, groups, weight, structural } = convolution;
  const taps = windows.kernel[0] * windows.kernel[1];
  const inputs = weight.length / outputs / taps;
  const perGroup = outputs / groups;
  const shared = {
    kind: "convolution" as const,
    source: term.source,
    size: term.size,
    pool: term.pool,
    region: [0, 0, ...windows.size] as Region,
    kernel: windows.kernel,
    ...composed(term, windows),
    structural,
  };

  /** One projection without groups from channels [from, to) of the term to outputs [first, first + count). */
  const full = (from: number, to: number, first: number, count: number): ConvolutionTerm => {
    const channels = term.channels.subarray(from, to);
    const low = channels.reduce((a, b) => Math.min(a, b));
    const width = channels.reduce((a, b) => Math.max(a, b)) - low + 1;
    const folded = zeroWeights(count * taps * width);
    for (let o = 0; o < count; o++) {
      const group = Math.floor((first + o) / perGroup);
      for (let k = from; k < to; k++) {
        const input = term.first + k - group * inputs;
        if (input < 0 || input >= inputs) continue;
        for (let t = 0; t < taps; t++) {
          folded[(o * taps + t) * width + term.channels[k] - low] +=
            weight[((first + o) * taps + t) * inputs + input] * term.gain[k];
        }
      }
    }
    return { ...shared, first, count, groups: 1, sourceChannels: [low, width], weight: folded };
  };
  if (groups === 1) return [full(0, term.count, 0, outputs)];

  /** The groups [from, to), whole and with neighbouring source channels, as they are. */
  const grouped = (from: number, to: number): ConvolutionTerm => {
    const rows = weight.slice(from * perGroup * taps * inputs, to * perGroup * taps * inputs);
    const start = from * inputs - term.first;
    for (let k = 0; k < rows.length; k++) {
      const group = Math.floor(k / (perGroup * taps * inputs));
      rows[k] *= term.gain[start + group * inputs + (k % inputs)];
    }
    return {
      ...shared,
      first: from * perGroup,
      count: (to - from) * perGroup,
      groups: to - from,
      sourceChannels: [term.channels[start], (to - from) * inputs],
      weight: rows,
    };
  };
  const pieces: ConvolutionTerm[] = [];
  const last = Math.floor((term.first + term.count - 1) / inputs);
  for (let group = Math.floor(term.first / inputs); group <= last; ) {
    const run = wholeGroups(term, group, inputs);
    if (run > 0) {
      pieces.push(grouped(group, group + run));
      group += run;
    } else {
      const from = Math.max(0, group * inputs - term.first);
      const to = Math.min(term.count, (group + 1) * inputs - term.first);
      pieces.push(full(from, to, group * perGroup, perGroup));
      group++;
    }
  }
  if (pieces.length <= MOST_PIECES) return pieces;
  return [full(0, term.count, 0, outputs)];
}

/** How many whole groups from `group` on the term holds with neighbouring, ascending source channels. */
function wholeGroups(term: IdentityTerm, group: number, inputs: number): number {
  const start = group * inputs - term.first;
  if (start < 0) return 0;
  let end = start;
  while (end < term.count && term.channels[end] === term.channels[start] + end - start) end++;
  return Math.floor((end - start) / inputs);
}

/**
 * What a form's constant, zero-padded, becomes; the samples that padded taps on the input read are made up for.
 * @param terms those whose taps may lie beside what they read
 */
function convolveConstant(
  form: Form,
  terms: readonly IdentityTerm[],
  convolution: Convolution,
  samples: InputSamples,
): Float64Array {
  const { windows, outputs, weight } = convolution;
  const taps = windows.kernel[0] * windows.kernel[1];
  const readers = terms.filter((term) => term.source === 0 && leavesRegion(term.region, windows));
  const [{ region }] = readers.length > 0 ? readers : [{ region: wholeRegion(form) }];
  const oneRegion = readers.every((term) => term.region.every((n, k) => n === region[k]));
  /** The constant inside the region, where it is the same all over it and zero outside. */
  const level = oneRegion ? regionConstant(form, region) : null;
  const paddings = readers.map((term) => samples.outside(term, form.channels, level));
  const padding = paddings.reduce((a, b) => a.map((v, c) => v + b[c]), new Float64Array(form.channels));
  if (isZero(form.constant) && isZero(padding)) return new Float64Array(outputs);

  const inputs = form.channels / convolution.groups;
  const perGroup = outputs / convolution.groups;
  /** Σ weight·values of each output and tap. */
  const products = (values: ArrayLike<number>, at = 0) => {
    const result = new Float64Array(outputs * taps);
    for (let o = 0; o < outputs; o++) {
      const from = at + Math.floor(o / perGroup) * inputs;
      for (let t = 0; t < taps; t++) {
        let total = 0;
        for (let i = 0; i < inputs; i++) total += weight[(o * taps + t) * inputs + i] * values[from + i];
        result[o * taps + t] = total;
      }
    }
    return result;
  };
  const inside = level && products(level);
  /** Positions that read the input at all; windows that lie wholly outside are left out. */
  const reads = readers.map((term) => readingPositions(term, windows));
  const allRead = reads.every((axes) => axes.every(([, count], axis) => count === windows.size[axis]));
  const alike =
    inside &&
    (readers.length > 0
      ? allRead && samples.isNegligible(readers, level, padding)
      : isZero(level) || !leavesRegion(region, windows));
  if (alike) {
    return Float64Array.from({ length: outputs }, (_, o) =>
      inside.subarray(o * taps, (o + 1) * taps).reduce((a, b) => a + b, 0),
    );
  }
  const map = constantMap(form);
  const beyond = paddings.map((values) => products(values));
  const uniform = isUniform(form) ? products(form.constant) : null;
  const result = new Float64Array(windows.size[0] * windows.size[1] * outputs);
  const add = (to: number, tap: number, from: Float64Array, sign: number) => {
    for (let o = 0; o < outputs; o++) result[to + o] += sign * from[o * taps + tap];
  };
  const cache = new Map<number, Float64Array>();
  const at = (position: number) => {
    let found = uniform ?? cache.get(position);
    if (!found) {
      found = products(map, position * form.channels);
      cache.set(position, found);
    }
    return found;
  };
  forEachTap(windows, (position, tap, y, x) => {
    if (y >= 0 && x >= 0 && y < form.height && x < form.width) add(position * outputs, tap, at(y * form.width + x), 1);
    const [py, px] = [Math.floor(position / windows.size[1]), position % windows.size[1]];
    readers.forEach((term, k) => {
      const [rows, columns] = reads[k];
      const read = py >= rows[0] && py < rows[0] + rows[1] && px >= columns[0] && px < columns[0] + columns[1];
      if (read && !(isInside(term.region, 0, y) && isInside(term.region, 1, x))) {
        add(position * outputs, tap, beyond[k], -1);
      }
    });
  });
  return compactMap(result, outputs);
}

function forEachTap(windows: Windows, visit: (position: number, tap: number, y: number, x: number) => void): void {
  const { kernel, stride, dilation, offset, size } = windows;
  for (let py = 0; py < size[0]; py++) {
    for (let px = 0; px < size[1]; px++) {
      for (let ky = 0; ky < kernel[0]; ky++) {
        for (let kx = 0; kx < kernel[1]; kx++) {
          const y = py * stride[0] + ky * dilation[0] - offset[0];
          const x = px * stride[1] + kx * dilation[1] - offset[1];
          visit(py * size[1] + px, ky * kernel[1] + kx, y, x);
        }
      }
    }
  }
}

function leavesRegion(region: Region, { kernel, stride, dilation, offset, size }: Windows): boolean {
  return ([0, 1] as const).some((axis) => {
    const last = (size[axis] - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] - offset[axis];
    return -offset[axis] < region[axis] || last >= region[axis] + region[2 + axis];
  });
}

function readingPositions(term: IdentityTerm, windows: Windows): [Pair, Pair] {
  const reading = { ...composed(term, windows), kernel: windows.kernel };
  const along = (axis: 0 | 1) => touching(reading, term.size, axis, [0, windows.size[axis]]);
  return [along(0), along(1)];
}

/** The constant per channel where it is the same all over the region and zero elsewhere, else null. */
function regionConstant(form: Form, region: Region): Float64Array | null {
  const whole = region[2] === form.height && region[3] === form.width;
  if (isUniform(form) && (whole || isZero(form.constant))) return form.constant;
  const map = constantMap(form);
  const { width, channels } = form;
  const first = (region[0] * width + region[1]) * channels;
  for (let at = 0; at < map.length; at++) {
    const position = Math.floor(at / channels);
    const inside = isInside(region, 0, Math.floor(position / width)) && isInside(region, 1, position % width);
    if (map[at] !== (inside ? map[first + (at % channels)] : 0)) return null;
  }
  return map.slice(first, first + channels);
}
