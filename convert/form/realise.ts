/** Turns forms into the projections that compute them. */

import type { Pair, UnquantizedProjection } from "../wiring.ts";
import { type ConvolutionTerm, type Form, type IdentityTerm, isIdentity, type Region, type Term } from "./form.ts";
import { touching } from "./window.ts";
import { zeroWeights } from "./zero-weights.ts";

/** Pieces that an identity over scattered channels may fall into before it is written as one matrix, with zeros. */
const MOST_RUNS = 16;

/**
 * The projections that add up to a form's terms.
 * @param target index of the population that carries the form
 * @param signed true where the target has an OFF channel for every channel of the form
 */
export function projectionsOf(form: Form, target: number, signed: boolean): UnquantizedProjection[] {
  const pieces = form.terms
    .flatMap((term) => (isIdentity(term) ? asConvolutions(term) : [term]))
    .flatMap(tighten)
    .flatMap(unrepeated);
  return joinSources(pieces)
    .flatMap((piece) => (signed ? withNegative(piece, form.channels) : [piece]))
    .map((piece) => ({
      source: piece.source,
      target,
      sourceChannels: piece.sourceChannels,
      targetChannels: [piece.first, piece.count],
      region: piece.region,
      pool: piece.pool,
      kernel: piece.kernel,
      stride: piece.stride,
      dilation: piece.dilation,
      // The format counts positions from the region's corner.
      offset: [
        piece.offset[0] - piece.region[0] * piece.stride[0],
        piece.offset[1] - piece.region[1] * piece.stride[1],
      ],
      groups: piece.groups,
      weight: piece.weight,
      structural: piece.structural,
    }));
}

/** An identity term as 1×1 depthwise convolutions, one for each run of neighbouring source channels. */
function asConvolutions(term: IdentityTerm): ConvolutionTerm[] {
  const { channels, gain, ...reading } = term;
  const shared = { ...reading, kind: "convolution", kernel: [1, 1], dilation: [1, 1], structural: true } as const;
  const runs: ConvolutionTerm[] = [];
  for (let start = 0; start < term.count; ) {
    let end = start + 1;
    while (end < term.count && channels[end] === channels[start] + end - start) end++;
    runs.push({
      ...shared,
      first: term.first + start,
      count: end - start,
      groups: end - start,
      sourceChannels: [channels[start], end - start],
      weight: Float32Array.from(gain.subarray(start, end)),
    });
    start = end;
    if (runs.length > MOST_RUNS) return [asMatrix(term, shared)];
  }
  return runs;
}

/** An identity term as one 1×1 convolution of all source channels between the first and the last that it reads. */
function asMatrix(
  { channels, gain, count }: IdentityTerm,
  shared: Omit<ConvolutionTerm, "groups" | "sourceChannels" | "weight">,
): ConvolutionTerm {
  const low = channels.reduce((a, b) => Math.min(a, b));
  const width = channels.reduce((a, b) => Math.max(a, b)) - low + 1;
  const weight = zeroWeights(count * width);
  for (let k = 0; k < count; k++) weight[k * width + channels[k] - low] = gain[k];
  return { ...shared, groups: 1, sourceChannels: [low, width], weight };
}

/** Limits a term to the positions whose window touches the source; none are left where it never does. */
function tighten(term: ConvolutionTerm): ConvolutionTerm[] {
  const region = [...term.region] as [number, number, number, number];
  for (const axis of [0, 1] as const) {
    const [first, count] = touching(term, term.size, axis, [region[axis], region[2 + axis]]);
    if (count === 0) return [];
    region[axis] = first;
    region[2 + axis] = count;
  }
  return [{ ...term, region: region as Region }];
}

/**
 * A term that reads one row or column again and again (stride 0), as the format has it, whose strides are 1 and more: by
 * windows as long as the region, of which one tap lies in a map of one row, or position by position.
 */
function unrepeated(term: ConvolutionTerm): ConvolutionTerm[] {
  return ([0, 1] as const).reduce(
    (terms, axis) => terms.flatMap((t) => (t.stride[axis] === 0 ? unrepeatedAlong(t, axis) : [t])),
    [term],
  );
}

function unrepeatedAlong(term: ConvolutionTerm, axis: 0 | 1): ConvolutionTerm[] {
  const along = (pair: Pair, value: number): Pair => (axis === 0 ? [value, pair[1]] : [pair[0], value]);
  const first = term.region[axis];
  const length = term.region[2 + axis];
  const stride = along(term.stride, 1);
  // Taps outside the input's map read its zero point, not zero.
  if (term.source === 0 || term.size[axis] > 1 || term.kernel[axis] > 1) {
    return Array.from({ length }, (_, k) => {
      const region = [...term.region] as [number, number, number, number];
      region[axis] = first + k;
      region[2 + axis] = 1;
      return { ...term, region, stride, offset: along(term.offset, first + k + term.offset[axis]) };
    });
  }
  const inner = axis === 0 ? term.kernel[1] : 1;
  const block = (inner * term.sourceChannels[1]) / term.groups;
  const weight = zeroWeights(term.weight.length * length);
  for (let from = 0; from < term.weight.length; from += block) {
    for (let k = 0; k < length; k++) weight.set(term.weight.subarray(from, from + block), from * length + k * block);
  }
  return [
    {
      ...term,
      kernel: along(term.kernel, length),
      stride,
      dilation: along(term.dilation, 1),
      offset: along(term.offset, first + length - 1),
      weight,
    },
  ];
}

/** Convolutions of neighbouring channels of one source by the same windows are one convolution. */
function joinSources(terms: readonly ConvolutionTerm[]): ConvolutionTerm[] {
  const joined: ConvolutionTerm[] = [];
  /** Places in `joined` by what may join there, in ascending order; among thousands of terms none is looked for one by one. */
  const open = new Map<string, number[]>();
  for (const term of terms) {
    const [first, count] = term.sourceChannels;
    const like = likeness(term);
    const found = like === null ? undefined : open.get(`${like} ${first}`)?.shift();
    const place = found ?? joined.length;
    joined[place] = found === undefined ? term : joinInputs(joined[found], term);
    if (like === null) continue;
    const end = `${like} ${first + count}`;
    const places = open.get(end) ?? [];
    places.splice(firstAbove(places, place), 0, place);
    open.set(end, places);
  }
  return joined;
}

/** What two terms must have in common to be one; null for a term that stays alone. */
function likeness(term: ConvolutionTerm): string | null {
  if (term.groups !== 1) return null;
  const { source, first, count, structural, pool, region, kernel, stride, dilation, offset } = term;
  return JSON.stringify([source, first, count, structural, pool, region, kernel, stride, dilation, offset]);
}

/** Index of the first of ascending numbers that is above another. */
function firstAbove(ascending: readonly number[], value: number): number {
  let [low, high] = [0, ascending.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle] > value) high = middle;
    else low = middle + 1;
  }
  return low;
}

function joinInputs(a: ConvolutionTerm, b: ConvolutionTerm): ConvolutionTerm {
  const [left, right] = [a.sourceChannels[1], b.sourceChannels[1]];
  const rows = a.weight.length / left;
  const weight = new Float32Array(rows * (left + right));
  for (let r = 0; r < rows; r++) {
    weight.set(a.weight.subarray(r * left, (r + 1) * left), r * (left + right));
    weight.set(b.weight.subarray(r * right, (r + 1) * right), r * (left + right) + left);
  }
  return { ...a, sourceChannels: [a.sourceChannels[0], left + right] as Pair, weight };
}

/** The term into the ON channels and its negative into the OFF channels, in one projection where they are neighbours. */
function withNegative(term: ConvolutionTerm, channels: number): ConvolutionTerm[] {
  const negative = term.weight.map((w) => -w);
  if (term.groups === 1 && term.count === channels) {
    const weight = new Float32Array(2 * negative.length);
    weight.set(term.weight);
    weight.set(negative, negative.length);
    return [{ ...term, count: 2 * channels, weight }];
  }
  return [term, { ...term, first: term.first + channels, weight: negative }];
}

/** Channel ranges of a form within which the same terms contribute. */
export function segments(form: Form): { first: number; count: number; terms: Term[] }[] {
  const edges = new Set([0, form.channels]);
  for (const term of form.terms) edges.add(term.first).add(term.first + term.count);
  const sorted = [...edges].sort((a, b) => a - b);
  const place = new Map(sorted.map((edge, k) => [edge, k]));
  const found = sorted.slice(0, -1).map((first, k) => ({
    first,
    count: sorted[k + 1] - first,
    terms: [] as Term[],
  }));
  for (const term of form.terms) {
    const end = place.get(term.first + term.count)!;
    for (let k = place.get(term.first)!; k < end; k++) found[k].terms.push(term);
  }
  return found;
}
