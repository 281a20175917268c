/** Maxima and averages over windows of forms. */

import type { Pair, Pool } from "../wiring.ts";
import { compactMap, constantMap, type Form, isIdentity, isUniform, isZero, type Region, type Term } from "./form.ts";
import type { InputSamples } from "./input.ts";
import { convolve } from "./linear.ts";
import { canReadThrough, composed, touching, type Windows } from "./window.ts";
import { zeroWeights } from "./zero-weights.ts";

/**
 * The maximum over windows of a form, each of whose channels is one activation times a positive gain; null for any other.
 * Padding is ignored.
 */
export function maxPool(form: Form, windows: Windows): Form | null {
  if (!isUniform(form)) return null;
  const readers = new Uint8Array(form.channels);
  for (const term of form.terms) {
    const whole = term.region[2] === form.height && term.region[3] === form.width;
    const shifted = !whole && !isZero(form.constant);
    if (!isIdentity(term) || term.pool || term.source === 0 || shifted || !canReadThrough(term, windows)) return null;
    for (let k = 0; k < term.count; k++) {
      if (!(term.gain[k] > 0)) return null;
      readers[term.first + k]++;
    }
  }
  if (readers.some((n) => n > 1)) return null;
  const [height, width] = windows.size;
  return {
    height,
    width,
    channels: form.channels,
    terms: form.terms.map((term) => ({ ...term, ...pooledReading(term, windows, "max") })),
    constant: form.constant,
  };
}

/**
 * The average over windows of a form: sums over the sources' spikes, divided in the gains.
 * Null where some term must become a population first.
 * @param divisors what the sum is divided by: the product of one number per row and one per column
 */
export function averagePool(
  form: Form,
  windows: Windows,
  divisors: readonly [rows: readonly number[], columns: readonly number[]],
  samples: InputSamples,
): Form | null {
  const alike = divisors.every((axis) => axis.every((n) => n === axis[0]));
  if (form.terms.some((term) => term.source === 0)) {
    return alike ? convolve(form, averaging(form, windows, divisors[0][0] * divisors[1][0]), samples) : null;
  }
  const terms: Term[] = [];
  for (const term of form.terms) {
    const pointwise = isIdentity(term) || (alike && term.kernel[0] === 1 && term.kernel[1] === 1);
    if (!pointwise || term.pool || !canReadThrough(term, windows)) return null;
    const reading = pooledReading(term, windows, "sum");
    for (const { region, divisor } of partition(divisors)) {
      terms.push(
        isIdentity(term)
          ? { ...term, ...reading, region, gain: term.gain.map((g) => g / divisor) }
          : { ...term, ...reading, region, weight: term.weight.map((w) => w / divisor) },
      );
    }
  }
  const [height, width] = windows.size;
  return { height, width, channels: form.channels, terms, constant: averageConstant(form, windows, divisors) };
}

/** The average as a depthwise convolution. */
function averaging(form: Form, windows: Windows, divisor: number) {
  const { channels } = form;
  const weight = zeroWeights(channels * windows.kernel[0] * windows.kernel[1]).fill(1 / divisor);
  return { windows, outputs: channels, groups: channels, weight, structural: true };
}

function pooledReading(term: Term, windows: Windows, kind: "max" | "sum") {
  const whole = composed(term, windows);
  const reading = { ...whole, kernel: windows.kernel };
  const ranges = ([0, 1] as const).map((axis) => {
    const [first, count] = touching(reading, term.size, axis, [0, windows.size[axis]]);
    return [first, Math.max(1, count)];
  });
  const along = (f: (axis: 0 | 1) => number): Pair => [f(0), f(1)];
  const size = along((a) => ranges[a][1]);
  const pool: Pool = {
    kind,
    size,
    kernel: windows.kernel,
    stride: whole.stride,
    dilation: whole.dilation,
    offset: along((a) => whole.offset[a] - ranges[a][0] * whole.stride[a]),
  };
  return {
    pool,
    size,
    region: [0, 0, ...windows.size] as Region,
    stride: [1, 1] as Pair,
    offset: along((a) => ranges[a][0]),
  };
}

/** Rectangles of positions with one divisor. */
function* partition([rows, columns]: readonly [readonly number[], readonly number[]]): Generator<{
  region: Region;
  divisor: number;
}> {
  for (const [top, height] of runs(rows)) {
    for (const [left, width] of runs(columns)) {
      yield { region: [top, left, height, width], divisor: rows[top] * columns[left] };
    }
  }
}

function* runs(values: readonly number[]): Generator<readonly [start: number, length: number]> {
  for (let start = 0; start < values.length; ) {
    let end = start + 1;
    while (end < values.length && values[end] === values[start]) end++;
    yield [start, end - start];
    start = end;
  }
}

function averageConstant(
  form: Form,
  windows: Windows,
  divisors: readonly [readonly number[], readonly number[]],
): Float64Array {
  const { channels } = form;
  if (isZero(form.constant)) return new Float64Array(channels);
  const [height, width] = windows.size;
  const map = constantMap(form);
  const result = new Float64Array(height * width * channels);
  for (let py = 0; py < height; py++) {
    for (let px = 0; px < width; px++) {
      const to = (py * width + px) * channels;
      for (let ky = 0; ky < windows.kernel[0]; ky++) {
        const y = py * windows.stride[0] + ky * windows.dilation[0] - windows.offset[0];
        if (y < 0 || y >= form.height) continue;
        for (let kx = 0; kx < windows.kernel[1]; kx++) {
          const x = px * windows.stride[1] + kx * windows.dilation[1] - windows.offset[1];
          if (x < 0 || x >= form.width) continue;
          const from = (y * form.width + x) * channels;
          for (let c = 0; c < channels; c++) result[to + c] += map[from + c];
        }
      }
      const divisor = divisors[0][py] * divisors[1][px];
      for (let c = 0; c < channels; c++) result[to + c] /= divisor;
    }
  }
  return compactMap(result, channels);
}
