/**
 * Maps of more positions than their form has: an axis of a tensor may be rows (or columns) with, as its last digits, some of
 * the form's channels, the phases. So upsampling repeats or makes channels, and a convolution over such a map is one over
 * the form's own positions between some phases.
 */

import type { Pair } from "../wiring.ts";
import { embed, type Form, selectChannels, sum } from "./form.ts";
import type { InputSamples } from "./input.ts";
import { type Digit, digitsOf, type Label, type Layout } from "./layout.ts";
import { convolve } from "./linear.ts";
import { zeroWeights } from "./zero-weights.ts";

/** Phases that a map may have in all. */
const MOST_PHASES = 64;

/** A tensor with phases: channel `(phaseY·phases[1] + phaseX)·channels + c` of the form is c at that phase. */
export interface Phased {
  readonly form: Form;
  readonly channels: number;
  readonly phases: Pair;
  /** The label of each spatial axis. */
  readonly labels: readonly ("h" | "w")[];
}

/** A tensor as a map with phases; null where its axes are laid out otherwise, or where the phases are too many. */
export function phased(
  { form, layout }: { readonly form: Form; readonly layout: Layout },
  channelAxis: number,
  spatialAxes: readonly number[],
): Phased | null {
  const isPlaced = layout.axes.every(
    (digits, k) => digits.length === 0 || k === channelAxis || spatialAxes.includes(k),
  );
  if (spatialAxes.length > 2 || !isPlaced || layout.axes[channelAxis].some(({ label }) => label !== "c")) return null;
  const labels = spatialLabels(form, layout, spatialAxes);
  if (!labels || (["h", "w"] as const).some((label) => !labels.includes(label) && extent(form, label) > 1)) return null;
  const [rows, columns] = (["h", "w"] as const).map((label) => {
    const axis = spatialAxes[labels.indexOf(label)];
    return axis === undefined ? [0] : channelOffsets(layout.axes[axis]);
  });
  const within = channelOffsets(layout.axes[channelAxis]);
  if (rows.length * columns.length > MOST_PHASES) return null;
  const list = rows.flatMap((y) => columns.flatMap((x) => within.map((c) => y + x + c)));
  return {
    form: list.every((c, k) => c === k) ? form : selectChannels(form, list),
    channels: within.length,
    phases: [rows.length, columns.length],
    labels,
  };
}

/** Labels of axes whose first digit, if any, is all of rows or columns, and whose others are channels; else null. */
function spatialLabels(form: Form, layout: Layout, axes: readonly number[]): ("h" | "w")[] | null {
  const found = axes.map(
    (axis) => layout.axes[axis].find(({ label }) => label !== "c")?.label as "h" | "w" | undefined,
  );
  const fits = axes.every((axis, k) => {
    const spatial = layout.axes[axis].filter(({ label }) => label !== "c");
    if (spatial.length === 0) return true;
    const whole = spatial.length === 1 && layout.axes[axis][0] === spatial[0];
    return whole && digitsOf(layout, spatial[0].label).length === 1 && found.indexOf(found[k]) === k;
  });
  if (!fits) return null;
  const free = (["w", "h"] as const).filter((label) => !found.includes(label) && extent(form, label) === 1);
  if (axes.length > 1) free.reverse();
  const labels = found.map((label) => label ?? free.shift());
  return labels.every((label) => label !== undefined) ? (labels as ("h" | "w")[]) : null;
}

const extent = (form: Form, label: Label): number => ({ h: form.height, w: form.width, c: form.channels })[label];

/** What each combination of an axis's channel digits adds to the channel's index, in the axis's order. */
function channelOffsets(digits: readonly Digit[]): number[] {
  return digits
    .filter(({ label }) => label === "c")
    .reduce<number[]>(
      (list, { size, stride }) => list.flatMap((base) => Array.from({ length: size }, (_, k) => base + k * stride)),
      [0],
    );
}

/** One tap of a kernel along an axis, as a target phase sees it: position y reads position `y·stride + at` of a source phase. */
export interface Tap {
  /** Index along the kernel. */
  readonly tap: number;
  readonly phase: number;
  readonly at: number;
}

/** How a kernel along an axis joins phases. */
export interface AxisPhases {
  /** Phases of the result. */
  readonly phases: number;
  readonly stride: number;
  /** Positions of each phase of the result. */
  readonly size: number;
  /** Taps that a target phase reads. */
  taps(phase: number): readonly Tap[];
}

/** A convolution between phases. */
export interface PhasedConvolution {
  /** Rows and columns. */
  readonly axes: readonly [AxisPhases, AxisPhases];
  readonly outputs: number;
  readonly groups: number;
  /** Weight from input `i` of the output's group, at a tap of the rows and one of the columns. */
  weight(output: number, input: number, tapY: number, tapX: number): number;
}

/**
 * The convolution of a map with phases; its channels are outputs within phases.
 * @returns null where the form must become a population first
 */
export function convolvePhases(source: Phased, convolution: PhasedConvolution, samples: InputSamples): Form | null {
  const { axes, outputs, groups } = convolution;
  const [height, width] = [axes[0].size, axes[1].size];
  const size = [height, width, axes[0].phases * axes[1].phases * outputs] as const;
  const parts: Form[] = [];
  for (let qy = 0; qy < axes[0].phases; qy++) {
    for (let qx = 0; qx < axes[1].phases; qx++) {
      const first = (qy * axes[1].phases + qx) * outputs;
      for (const rows of byPhase(axes[0].taps(qy))) {
        for (const columns of byPhase(axes[1].taps(qx))) {
          const from = (rows[0].phase * source.phases[1] + columns[0].phase) * source.channels;
          const part = selectChannels(
            source.form,
            Array.from({ length: source.channels }, (_, c) => from + c),
          );
          const weight = weightsOf(convolution, source.channels / groups, rows, columns);
          const windows = {
            kernel: [rows.length, columns.length],
            stride: [axes[0].stride, axes[1].stride],
            dilation: [spacing(rows), spacing(columns)],
            offset: [-rows[0].at, -columns[0].at],
            size: [height, width],
          } as const;
          const found = convolve(part, { windows, outputs, groups, weight, structural: false }, samples);
          if (!found) return null;
          parts.push(embed(found, size, [0, 0, first]));
        }
      }
    }
  }
  const empty: Form = { height, width, channels: size[2], terms: [], constant: new Float64Array(size[2]) };
  return parts.length > 0 ? sum(parts) : empty;
}

/** Taps of one source phase each, in the order of what they read; their steps are regular. */
function byPhase(taps: readonly Tap[]): Tap[][] {
  const groups = new Map<number, Tap[]>();
  for (const tap of taps) groups.set(tap.phase, [...(groups.get(tap.phase) ?? []), tap]);
  return [...groups.values()].map((group) => group.sort((a, b) => a.at - b.at));
}

const spacing = (taps: readonly Tap[]): number => (taps.length > 1 ? taps[1].at - taps[0].at : 1);

function weightsOf(
  { outputs, weight }: PhasedConvolution,
  inputs: number,
  rows: readonly Tap[],
  columns: readonly Tap[],
): Float32Array {
  const values = zeroWeights(outputs * rows.length * columns.length * inputs);
  let at = 0;
  for (let o = 0; o < outputs; o++) {
    for (const { tap: y } of rows) {
      for (const { tap: x } of columns) {
        for (let i = 0; i < inputs; i++) values[at++] = weight(o, i, y, x);
      }
    }
  }
  return values;
}

/** An axis along which a convolution moves. */
interface AxisWindows {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly begin: number;
  readonly size: number;
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
const modulo = (k: number, n: number): number => ((k % n) + n) % n;

/** A convolution along an axis of some phases; null where the result's positions are no multiple of its phases. */
export function convolutionPhases(windows: AxisWindows, phases: number): AxisPhases | null {
  const { kernel, stride, dilation, begin, size } = windows;
  const target = phases / gcd(phases, stride);
  if (size % target !== 0) return null;
  return {
    phases: target,
    stride: (target * stride) / phases,
    size: size / target,
    taps: (phase) =>
      Array.from({ length: kernel }, (_, tap) => {
        const read = phase * stride + tap * dilation - begin;
        return { tap, phase: modulo(read, phases), at: Math.floor(read / phases) };
      }),
  };
}

/** A transposed convolution along an axis of some phases, over as many positions as hold the result's and are a multiple of its phases. */
export function transposedPhases(windows: AxisWindows, phases: number): AxisPhases {
  const { kernel, stride, dilation, begin, size } = windows;
  const target = phases * stride;
  return {
    phases: target,
    stride: 1,
    size: Math.ceil(size / target),
    taps: (phase) =>
      Array.from({ length: kernel }, (_, tap) => ({ tap, read: phase + begin - tap * dilation })).flatMap(
        ({ tap, read }) => {
          if (modulo(read, stride) !== 0) return [];
          const from = read / stride;
          return [{ tap, phase: modulo(from, phases), at: Math.floor(from / phases) }];
        },
      ),
  };
}
