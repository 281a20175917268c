/** Curves and what they reach, from the rows of all inputs. */
import type { Kept, Row } from "./keep.ts";
import { type Method, type MethodName, type Run, rowOf } from "./methods.ts";

/** One point of a method's curve: means over images. */
export interface Point {
  /** Time steps from the presentation. */
  readonly step: number;
  /** Shares 0…1; null without labels. */
  readonly top1: number | null;
  readonly agreement: number;
  /** ‖answer − ANN‖ / ‖ANN‖ over all images. */
  readonly logitsRelativeError: number;
  readonly spikes: number;
  readonly synapticOperations: number;
  /** Multiply-accumulates of graded input. */
  readonly inputOperations: number;
  readonly ms: number;
  /** Which setting of the method it is. */
  readonly label: string;
  readonly stepsPerLayer: number | null;
  readonly stepsPerAnswer: number | null;
  readonly bitsPerNeuron: number;
}

export interface Reached {
  readonly steps: number;
  readonly spikes: number;
  readonly synapticOperations: number;
  readonly ms: number;
}

/** What it takes to come within so many points of the ANN's top-1, or to give its answer on 99 % of images; null where it does not. */
export interface Reach {
  readonly minus1: Reached | null;
  readonly minusHalf: Reached | null;
  readonly agreement99: Reached | null;
}

/** One setting of a method by itself. */
export interface SettingSummary {
  readonly label: string;
  /** Whether it belongs to the method's curve: others were not the best, and are measured on fewer images. */
  readonly chosen: boolean;
  readonly images: number;
  readonly curve: readonly Point[];
  readonly reach: Reach;
}

export interface Summary {
  readonly name: MethodName;
  readonly title: string;
  readonly setting: string;
  readonly curve: readonly Point[];
  readonly reach: Reach;
  readonly settings: readonly SettingSummary[];
}

/** An input: what its rows are kept by, and whether the original is right, null without a label. */
export interface Seen {
  readonly key: string;
  readonly annRight: boolean | null;
}

/** Share of inputs on which the original is right, of those with a label; null without. */
export function annTop1Of(seen: readonly Seen[]): number | null {
  const labelled = seen.filter(({ annRight }) => annRight !== null);
  return labelled.length === 0 ? null : labelled.filter(({ annRight }) => annRight).length / labelled.length;
}

/**
 * Sums up a method over inputs, all of whose rows are kept.
 * @param beside those of them on which settings were measured that are not the best
 */
export function summarise(method: Method, kept: Kept, seen: readonly Seen[], beside: readonly Seen[]): Summary {
  const { name, title, setting, runs, others } = method;
  const all = [...runs.map((run) => ({ run, chosen: true })), ...others.map((run) => ({ run, chosen: false }))];
  const settings = all.map(({ run, chosen }): SettingSummary => {
    const own = chosen ? seen : beside;
    const curve = curveOf(run, kept, own);
    return { label: run.label, chosen, images: own.length, curve, reach: reachOf(curve, annTop1Of(own)) };
  });
  const curve = settings
    .filter(({ chosen }) => chosen)
    .flatMap((own) => own.curve)
    .sort((a, b) => a.step - b.step);
  return { name, title, setting, curve, reach: reachOf(curve, annTop1Of(seen)), settings };
}

function curveOf(run: Run, kept: Kept, seen: readonly Seen[]): Point[] {
  const rows = seen.map(({ key }) => kept.row(rowOf(run), key)!);
  return run.marks.map((step, k) => pointOf(run, rows, step, k));
}

function pointOf(run: Run, rows: readonly Row[], step: number, k: number): Point {
  const mean = (value: (row: Row) => number) => rows.reduce((sum, row) => sum + value(row), 0) / rows.length;
  const labelled = rows.filter(({ right }) => right[k] !== null);
  const right = labelled.reduce((sum, row) => sum + row.right[k]!, 0);
  return {
    step,
    top1: labelled.length === 0 ? null : right / labelled.length,
    agreement: mean(({ same }) => same[k]),
    logitsRelativeError: Math.sqrt(mean(({ error }) => error[k]) / mean(({ reference }) => reference)),
    spikes: mean(({ spikes }) => spikes[k]),
    synapticOperations: mean(({ operations }) => operations[k]),
    inputOperations: mean(({ inputOperations }) => inputOperations[k]),
    ms: mean(({ milliseconds }) => milliseconds[k]),
    label: run.label,
    stepsPerLayer: run.stepsPerLayer,
    stepsPerAnswer: run.stepsPerAnswer,
    bitsPerNeuron: run.bits,
  };
}

/** Rounding must not decide whether a share is reached. */
const SLACK = 1e-9;

function reachOf(curve: readonly Point[], annTop1: number | null): Reach {
  const first = (holds: (point: Point) => boolean): Reached | null => {
    const point = curve.find(holds);
    if (!point) return null;
    const { step, spikes, synapticOperations, ms } = point;
    return { steps: step, spikes, synapticOperations, ms };
  };
  const within = (points: number) => (point: Point) =>
    annTop1 !== null && point.top1 !== null && point.top1 >= annTop1 - points / 100 - SLACK;
  return {
    minus1: first(within(1)),
    minusHalf: first(within(0.5)),
    agreement99: first(({ agreement }) => agreement >= 0.99 - SLACK),
  };
}
