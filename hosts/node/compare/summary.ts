/** Curves and what they reach, from the rows of all inputs. */
import type { Kept, Row } from "./keep.ts";
import type { Method, MethodName, Run } from "./methods.ts";

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

export interface Summary {
  readonly name: MethodName;
  readonly title: string;
  readonly setting: string;
  readonly curve: readonly Point[];
  readonly reach: Reach;
}

/** Sums up a method over images 0…count − 1, all of whose rows are kept. */
export function summarise(method: Method, kept: Kept, count: number, annTop1: number | null): Summary {
  const curve = method.runs
    .flatMap((run) => {
      const rows = Array.from({ length: count }, (_, image) => kept.row(run.id, image)!);
      return run.marks.map((step, k) => pointOf(run, rows, step, k));
    })
    .sort((a, b) => a.step - b.step);
  const { name, title, setting } = method;
  return { name, title, setting, curve, reach: reachOf(curve, annTop1) };
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
