/** Linear forms: what a tensor of the graph is, as a sum over the activations of populations. */

import { Refusal } from "../refusal.ts";
import type { Pair, Pool } from "../wiring.ts";

/** Some positions of a map. */
export type Region = readonly [top: number, left: number, height: number, width: number];

/**
 * A linear map H×W×C over the activations of populations: the sum of its terms and a constant. Every tensor on the data
 * path has one, so that linear operators act on forms and only rectifications make populations.
 */
export interface Form {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly terms: readonly Term[];
  /** `[C]`, or `[H][W][C]` where it depends on the position. */
  readonly constant: Float64Array;
}

/**
 * What both kinds of terms share. The position (y, x) of the form, inside the region, reads
 * `source[y·stride − offset]` (plus taps·dilation), after pooling if any; outside the source it reads zero.
 */
export interface Reading {
  readonly source: number;
  /** Size of the source's map, after pooling. */
  readonly size: Pair;
  readonly pool: Pool | null;
  readonly region: Region;
  readonly stride: Pair;
  readonly offset: Pair;
  /** First channel of the form that the term adds to, and how many. */
  readonly first: number;
  readonly count: number;
}

/** Channel `first + k` receives `gain[k]` times the source's channel `channels[k]`. */
export interface IdentityTerm extends Reading {
  readonly kind: "identity";
  readonly channels: Int32Array;
  readonly gain: Float64Array;
}

/** Channels `first` to `first + count` receive a convolution of the source. */
export interface ConvolutionTerm extends Reading {
  readonly kind: "convolution";
  readonly sourceChannels: Pair;
  readonly kernel: Pair;
  readonly dilation: Pair;
  readonly groups: number;
  /** `[count][KH][KW][sourceChannels / groups]`. */
  readonly weight: Float32Array;
  readonly structural: boolean;
}

/** One summand of a form. */
export type Term = IdentityTerm | ConvolutionTerm;

/** All positions of a map. */
export const wholeRegion = (form: { readonly height: number; readonly width: number }): Region => [
  0,
  0,
  form.height,
  form.width,
];

/** True where all positions are alike: `[C]`. */
export const isUniform = (form: Form): boolean => form.constant.length === form.channels;

/** True for a term that gives the source's values times a gain per channel. */
export const isIdentity = (term: Term): term is IdentityTerm => term.kind === "identity";

/** True for an identity term that reads its source position by position, over the whole map of a form of the same size. */
export function isAligned(form: Form, term: Term): term is IdentityTerm {
  return (
    isIdentity(term) &&
    !term.pool &&
    term.stride[0] === 1 &&
    term.stride[1] === 1 &&
    term.offset[0] === 0 &&
    term.offset[1] === 0 &&
    term.size[0] === form.height &&
    term.size[1] === form.width &&
    term.region[2] === form.height &&
    term.region[3] === form.width
  );
}

/** The constant as `[H][W][C]`. */
export function constantMap(form: Form): Float64Array {
  const { height, width, channels, constant } = form;
  if (!isUniform(form)) return constant;
  const map = new Float64Array(height * width * channels);
  for (let at = 0; at < map.length; at += channels) map.set(constant, at);
  return map;
}

/** A map `[H][W][C]` as `[C]` where all positions are alike. */
export function compactMap(map: Float64Array, channels: number): Float64Array {
  for (let at = channels; at < map.length; at++) if (map[at] !== map[at - channels]) return map;
  return map.slice(0, channels);
}

/** True where every value is zero. */
export const isZero = (values: Float64Array): boolean => values.every((v) => v === 0);

/** The form times a gain per channel. */
export function scale(form: Form, gain: Float64Array): Form {
  const terms = form.terms.map((term): Term => {
    if (isIdentity(term)) return { ...term, gain: term.gain.map((g, k) => g * gain[term.first + k]) };
    const row = term.weight.length / term.count;
    return { ...term, weight: term.weight.map((w, k) => w * gain[term.first + Math.floor(k / row)]) };
  });
  return { ...form, terms, constant: form.constant.map((v, k) => v * gain[k % form.channels]) };
}

/** The form of identity terms times a gain per position and channel `[H][W][C]`: one region for every position. */
export function scalePositions(form: Form, gain: Float64Array): Form {
  const { height, width, channels } = form;
  const terms: Term[] = [];
  for (const term of form.terms) {
    if (!isIdentity(term)) throw new Error("only identity terms can be scaled by position");
    const [top, left, rows, columns] = term.region;
    for (let y = top; y < top + rows; y++) {
      for (let x = left; x < left + columns; x++) {
        const at = (y * width + x) * channels + term.first;
        terms.push({ ...term, region: [y, x, 1, 1], gain: term.gain.map((g, k) => g * gain[at + k]) });
      }
    }
  }
  return { height, width, channels, terms, constant: constantMap(form).map((v, k) => v * gain[k]) };
}

/** The form plus a constant, `[C]` or `[H][W][C]`. */
export function addConstant(form: Form, constant: Float64Array): Form {
  const { channels } = form;
  const [longer, shorter] =
    constant.length > form.constant.length ? [constant, form.constant] : [form.constant, constant];
  const sum =
    longer.length === shorter.length
      ? longer.map((v, k) => v + shorter[k])
      : longer.map((v, k) => v + shorter[k % channels]);
  return { ...form, constant: sum };
}

/** The sum of forms of one shape; at least one. */
export function sum(forms: readonly Form[]): Form {
  const terms = forms.flatMap((form) => form.terms);
  const [first, ...others] = forms;
  return { ...others.reduce((total, form) => addConstant(total, form.constant), first), terms };
}

/** The form inside a larger map that is zero elsewhere. */
export function embed(
  form: Form,
  size: readonly [height: number, width: number, channels: number],
  at: readonly [top: number, left: number, channel: number],
): Form {
  const [height, width, channels] = size;
  const [top, left, channel] = at;
  const terms = form.terms.map((term) => ({
    ...term,
    first: term.first + channel,
    region: [term.region[0] + top, term.region[1] + left, term.region[2], term.region[3]] as const,
    offset: [term.offset[0] + top * term.stride[0], term.offset[1] + left * term.stride[1]] as const,
  }));
  if (isUniform(form) && (isZero(form.constant) || (height === form.height && width === form.width))) {
    const constant = new Float64Array(channels);
    constant.set(form.constant, channel);
    return { height, width, channels, terms, constant };
  }
  const map = new Float64Array(height * width * channels);
  for (let y = 0; y < form.height; y++) {
    for (let x = 0; x < form.width; x++) {
      const from = isUniform(form) ? 0 : (y * form.width + x) * form.channels;
      const row = form.constant.subarray(from, from + form.channels);
      map.set(row, ((top + y) * width + left + x) * channels + channel);
    }
  }
  return { height, width, channels, terms, constant: map };
}

/**
 * Forms side by side along an axis (0 rows, 1 columns, 2 channels) of a larger map.
 * @param placed forms, and where each begins
 */
export function beside(
  placed: readonly { readonly form: Form; readonly start: number }[],
  size: readonly [height: number, width: number, channels: number],
  axis: 0 | 1 | 2,
): Form {
  if (axis < 2 || placed.some(({ form }) => !isUniform(form))) {
    const at = (start: number) => [0, 1, 2].map((k) => (k === axis ? start : 0)) as [number, number, number];
    return sum(placed.map(({ form, start }) => embed(form, size, at(start))));
  }
  // A list of all channels for each part would be their square.
  const [height, width, channels] = size;
  const constant = new Float64Array(channels);
  const terms = placed.flatMap(({ form, start }) => {
    constant.set(form.constant, start);
    return form.terms.map((term): Term => ({ ...term, first: term.first + start }));
  });
  return { height, width, channels, terms, constant };
}

/** Indices `start + k·step`, k < count. */
export interface Steps {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** Longest stride that a file can state (docs/format.md). */
const LONG_STRIDE = 2 ** 15 - 1;

/** Some rows (axis 0) or columns (axis 1) of a form; all must lie inside it. */
export function slicePositions(form: Form, axis: 0 | 1, { start, step, count }: Steps): Form {
  const terms: Term[] = [];
  for (const term of form.terms) {
    const first = Math.max(0, Math.ceil((term.region[axis] - start) / step));
    const last = Math.min(count - 1, Math.floor((term.region[axis] + term.region[2 + axis] - 1 - start) / step));
    if (last < first) continue;
    const region = [...term.region] as [number, number, number, number];
    region[axis] = first;
    region[2 + axis] = last - first + 1;
    let along = term.stride[axis] * step;
    let begin = term.offset[axis] - start * term.stride[axis];
    if (region[2 + axis] === 1 && along > LONG_STRIDE) {
      // Of one position the stride says nothing, and slices of slices multiply it.
      begin -= first * (along - 1);
      along = 1;
    }
    terms.push({
      ...term,
      region,
      stride: replaced(term.stride, axis, along),
      offset: replaced(term.offset, axis, begin),
    });
  }
  const height = axis === 0 ? count : form.height;
  const width = axis === 1 ? count : form.width;
  const sliced = { height, width, channels: form.channels, terms };
  if (isUniform(form)) return { ...sliced, constant: form.constant };
  const map = new Float64Array(height * width * form.channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const from = axis === 0 ? (start + y * step) * form.width + x : y * form.width + start + x * step;
      const row = form.constant.subarray(from * form.channels, (from + 1) * form.channels);
      map.set(row, (y * width + x) * form.channels);
    }
  }
  return { ...sliced, constant: compactMap(map, form.channels) };
}

/** A form of one row (axis 0) or column (axis 1), over `count` of them. Its terms then read with a stride of 0. */
export function repeatPosition(form: Form, axis: 0 | 1, count: number): Form {
  const terms = form.terms.map((term): Term => {
    const region = [...term.region] as [number, number, number, number];
    region[2 + axis] = count;
    return { ...term, region, stride: replaced(term.stride, axis, 0) };
  });
  const height = axis === 0 ? count : form.height;
  const width = axis === 1 ? count : form.width;
  const repeated = { height, width, channels: form.channels, terms };
  if (isUniform(form)) return { ...repeated, constant: form.constant };
  const map = new Float64Array(height * width * form.channels);
  const row = form.width * form.channels;
  for (let at = 0; at < map.length; at++) {
    const position = Math.floor(at / form.channels);
    map[at] =
      form.constant[axis === 0 ? at % row : Math.floor(position / width) * form.channels + (at % form.channels)];
  }
  return { ...repeated, constant: map };
}

/** Runs that rows or columns in any order may fall into. */
const MOST_RUNS = 256;

/**
 * Any rows (axis 0) or columns (axis 1) of a form in any order, repeated or not: a sum of regular runs.
 * @returns null for more than `MOST_RUNS` runs
 */
export function takePositions(form: Form, axis: 0 | 1, indices: readonly number[]): Form | null {
  const runs = regularRuns(indices);
  if (runs.length > MOST_RUNS) return null;
  const parts = runs.map(({ start, step, count }) =>
    step > 0 || count === 1
      ? slicePositions(form, axis, { start, step: Math.max(1, step), count })
      : repeatPosition(slicePositions(form, axis, { start, step: 1, count: 1 }), axis, count),
  );
  if (parts.length === 1) return parts[0];
  const height = axis === 0 ? indices.length : form.height;
  const width = axis === 1 ? indices.length : form.width;
  let at = 0;
  const placed = parts.map((part, k) => {
    const embedded = embed(part, [height, width, form.channels], axis === 0 ? [at, 0, 0] : [0, at, 0]);
    at += runs[k].count;
    return embedded;
  });
  const total = sum(placed);
  return { ...total, constant: compactMap(constantMap(total), form.channels) };
}

/** Neighbouring indices in steps of one size that is not negative, as few runs as a walk from the left finds. */
function regularRuns(indices: readonly number[]): Steps[] {
  const runs: Steps[] = [];
  for (let from = 0; from < indices.length; ) {
    const step = from + 1 < indices.length ? indices[from + 1] - indices[from] : 1;
    let count = 1;
    while (step >= 0 && from + count < indices.length && indices[from + count] === indices[from + count - 1] + step) {
      count++;
    }
    runs.push({ start: indices[from], step: Math.max(0, step), count });
    from += count;
  }
  return runs;
}

/** Channels that a map may have, if there were fewer before. */
const MOST_CHANNELS = 2 ** 20;

/** Pieces that channels in another order may fall into. */
const MOST_PIECES = 2 ** 16;

/**
 * @param given values that there are anyway, as those of an input: as many may be channels
 * @throws Refusal for more channels than a map may have
 */
export function requireChannels(count: number, given: number): void {
  const most = Math.max(MOST_CHANNELS, given);
  if (count > most) throw new Refusal(`makes ${count} channels; ${most} are supported`);
}

/**
 * A form whose channel k is the given form's channel `list[k]`.
 * @throws Refusal for too many, or where they fall into too many pieces
 */
export function selectChannels(form: Form, list: ArrayLike<number>): Form {
  requireChannels(list.length, form.channels);
  const terms: Term[] = [];
  const placesOf = finder(list, form.terms.length);
  for (const term of form.terms) {
    const places = placesOf(term.first, term.count);
    for (let from = 0; from < places.length; ) {
      const rows: number[] = [];
      while (from + rows.length < places.length && places[from + rows.length] === places[from] + rows.length) {
        rows.push(list[places[from + rows.length]] - term.first);
      }
      for (const taken of takeRows(term, rows, places[from])) terms.push(taken);
      if (terms.length > MOST_PIECES) throw new Refusal(`takes channels in more than ${MOST_PIECES} pieces`);
      from += rows.length;
    }
  }
  const positions = form.constant.length / form.channels;
  const constant = new Float64Array(positions * list.length);
  for (let position = 0; position < positions; position++) {
    for (let k = 0; k < list.length; k++)
      constant[position * list.length + k] = form.constant[position * form.channels + list[k]];
  }
  return { ...form, channels: list.length, terms, constant };
}

/** Searches of a list from which it is sorted first. */
const MANY_SEARCHES = 16;

/** Finds where, in ascending order, a list holds numbers from `first` on, `count` of them. */
function finder(list: ArrayLike<number>, searches: number): (first: number, count: number) => ArrayLike<number> {
  if (searches < MANY_SEARCHES) {
    return (first, count) => {
      const places: number[] = [];
      for (let k = 0; k < list.length; k++) if (list[k] >= first && list[k] < first + count) places.push(k);
      return places;
    };
  }
  const order = Uint32Array.from(list, (_, k) => k).sort((a, b) => list[a] - list[b] || a - b);
  const below = (value: number) => {
    let [low, high] = [0, order.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[order[middle]] < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return (first, count) => order.slice(below(first), below(first + count)).sort();
}

/** The given rows (output channels) of a term, placed at channel `first` on. */
function takeRows(term: Term, rows: readonly number[], first: number): Term[] {
  if (isIdentity(term)) {
    return [
      {
        ...term,
        first,
        count: rows.length,
        channels: Int32Array.from(rows, (r) => term.channels[r]),
        gain: Float64Array.from(rows, (r) => term.gain[r]),
      },
    ];
  }
  const size = term.weight.length / term.count;
  const perGroup = term.count / term.groups;
  const take = (some: readonly number[], at: number, groups: number, sourceChannels: Pair): ConvolutionTerm => {
    // A dense layer may have hundreds of megabytes of them.
    const whole = some.length === term.count && some.every((row, k) => row === k);
    if (whole) return { ...term, first: at, groups, sourceChannels };
    const weight = new Float32Array(some.length * size);
    some.forEach((row, k) => {
      weight.set(term.weight.subarray(row * size, (row + 1) * size), k * size);
    });
    return { ...term, first: at, count: some.length, groups, sourceChannels, weight };
  };
  if (term.groups === 1) return [take(rows, first, 1, term.sourceChannels)];
  const inputs = term.sourceChannels[1] / term.groups;
  const firstGroup = Math.floor(rows[0] / perGroup);
  const groups = rows.length / perGroup;
  if (rows[0] % perGroup === 0 && Number.isInteger(groups) && rows.every((r, k) => r === rows[0] + k)) {
    return [take(rows, first, groups, [term.sourceChannels[0] + firstGroup * inputs, groups * inputs])];
  }
  const pieces: Term[] = [];
  for (let k = 0; k < rows.length; ) {
    const group = Math.floor(rows[k] / perGroup);
    const some: number[] = [];
    while (k + some.length < rows.length && Math.floor(rows[k + some.length] / perGroup) === group) {
      some.push(rows[k + some.length]);
    }
    pieces.push(take(some, first + k, 1, [term.sourceChannels[0] + group * inputs, inputs]));
    k += some.length;
  }
  return pieces;
}

/** True where the form can be shown never to be negative: activations and samples never are. */
export function isNonNegative(form: Form): boolean {
  return (
    form.constant.every((v) => v >= 0) &&
    form.terms.every((term) => (isIdentity(term) ? term.gain : term.weight).every((v: number) => v >= 0))
  );
}

function replaced(pair: Pair, axis: 0 | 1, value: number): Pair {
  return axis === 0 ? [value, pair[1]] : [pair[0], value];
}
