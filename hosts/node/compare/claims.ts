/** What the method claims, held against what was measured: each with its numbers, whether it holds or not. */
import type { Layers } from "./layers.ts";
import type { MethodName } from "./methods.ts";
import type { Point, Reach, Summary } from "./summary.ts";

export interface Claim {
  readonly claim: string;
  /** Null where it cannot be told: something was not measured, or not reached. */
  readonly holds: boolean | null;
  /** The numbers. */
  readonly found: string;
}

const RATE = ["if-max", "if-max-half", "if-percentile", "if-percentile-half"] as const satisfies readonly MethodName[];

/** What is known of the comparison. */
export interface Compared {
  /** Figures of single populations, by method. */
  readonly layers: ReadonlyMap<string, Layers>;
  /** Of the model file. */
  readonly phases: number;
  /** Whether the network has synchronous neurons. */
  readonly residual: boolean;
}

/** What a claim is held against: a method, or one setting of it, and ours on the same images. */
interface Opponent {
  readonly title: string;
  readonly theirs: Pick<Summary, "curve" | "reach">;
  ours(name: MethodName): Summary | undefined;
  /** Said of the numbers. */
  readonly note: string;
}

/**
 * Holds the claims against the curves of methods; those of methods that were not run are left out.
 * @param beside the same methods on the images on which settings were measured that are not the best
 */
export function claimsOf(
  summaries: readonly Summary[],
  beside: readonly Summary[],
  { layers, phases, residual }: Compared,
): Claim[] {
  const of = (name: MethodName) => summaries.find((summary) => summary.name === name);
  const claims: Claim[] = [];
  const add = (claim: string, result: Omit<Claim, "claim"> | null) => {
    if (result) claims.push({ claim, ...result });
  };
  /** A method at its best, and where it was chosen among settings of its kind, each of them. */
  const opponents = (name: MethodName): Opponent[] => {
    const summary = of(name);
    if (!summary) return [];
    const others = summary.settings.filter(({ chosen }) => !chosen);
    const [best] = summary.settings;
    const title = others.length === 0 ? summary.title : `${summary.title}, ${kindOf(best.label)}`;
    return [
      { title, theirs: summary, ours: of, note: "" },
      ...others.map(({ label, images, curve, reach }) => ({
        title: `${summary.title}, ${kindOf(label)}`,
        theirs: { curve, reach },
        ours: (own: MethodName) => beside.find((one) => one.name === own),
        note: `, on ${images} images`,
      })),
    ];
  };
  const compare = (
    name: "bistable" | "early",
    { theirs, ours, note }: Opponent,
    reach: keyof Reach,
    figure: Figure,
    limit: number,
  ) => {
    const result = ratio(ours(name), theirs, reach, figure, limit);
    return result && { ...result, found: `${result.found}${note}` };
  };
  for (const other of [...opponents("if-max"), ...opponents("phase")]) {
    const { title } = other;
    add(`bistable: ≤ 1/3 of the steps to −0.5 of ${title}`, compare("bistable", other, "minusHalf", "steps", 1 / 3));
    add(`early firing: ≤ 1/5 of the steps to −0.5 of ${title}`, compare("early", other, "minusHalf", "steps", 1 / 5));
  }
  for (const other of RATE.flatMap(opponents)) {
    const { title } = other;
    add(
      `early firing: fewer steps to 99 % agreement than ${title}`,
      compare("early", other, "agreement99", "steps", 1),
    );
    add(`bistable: ≤ 1/3 of the spikes to −0.5 of ${title}`, compare("bistable", other, "minusHalf", "spikes", 1 / 3));
    add(
      `bistable: ≤ 1/2 of the operations to −0.5 of ${title}`,
      compare("bistable", other, "minusHalf", "synapticOperations", 1 / 2),
    );
  }
  // Where there are none to leave out, nothing is claimed.
  if (residual) {
    add("without synchronous neurons: worse at equal steps", synchronous(of("bistable"), of("no-synchronous"), phases));
  }
  for (const name of ["bistable", "early"] as const) {
    const looked = layers.get(name);
    if (!looked) continue;
    const share = Math.max(0, ...looked.figures.map(({ spikesOfInactivated }) => spikesOfInactivated));
    claims.push({
      claim: `${name === "bistable" ? "bistable" : `early firing, ${looked.label}`}: no spikes of inactivated neurons beyond rounding`,
      holds: share < 0.01,
      found: `at most ${percent(share)} of a population's spikes come from neurons whose ANN activation is zero`,
    });
  }
  add(
    `bistable: ≤ 1/3 of the logits error of few-spikes at ${phases} phases`,
    fewSpikes(of("bistable"), of("few-spikes"), phases),
  );
  return claims;
}

/** Whether thresholds are per layer or per channel. */
const kindOf = (label: string) => label.slice(label.lastIndexOf("per "));

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
const number = (value: number) => String(Number(value.toPrecision(3)));

type Figure = "steps" | "spikes" | "synapticOperations";

const GOALS: Readonly<Record<keyof Reach, string>> = {
  minus1: "within 1 point",
  minusHalf: "within 0.5 points",
  agreement99: "at 99 % agreement",
};

/** Whether one method needs at most a share of what another does; where the other does not arrive, it needs more than was run. */
function ratio(
  ours: Summary | undefined,
  theirs: Pick<Summary, "curve" | "reach">,
  reach: keyof Reach,
  figure: Figure,
  limit: number,
): Omit<Claim, "claim"> | null {
  if (!ours) return null;
  if (reach !== "agreement99" && theirs.curve.every(({ top1 }) => top1 === null)) {
    return { holds: null, found: "the inputs have no labels" };
  }
  const own = ours.reach[reach];
  const other = theirs.reach[reach];
  const goal = GOALS[reach];
  if (!own) {
    if (other) return { holds: false, found: `it is never ${goal}; the other is after ${other.steps} steps` };
    return { holds: null, found: `neither is ${goal} within the steps that were run` };
  }
  if (other) {
    const found = own[figure] / other[figure];
    const holds = limit === 1 ? found < 1 : found <= limit;
    return { holds, found: `${number(own[figure])} against ${number(other[figure])}: ${number(found)}` };
  }
  const last = theirs.curve.at(-1)!;
  const least = figure === "steps" ? last.step : last[figure];
  const holds = own[figure] <= limit * least ? true : null;
  return {
    holds,
    found: `${number(own[figure])} against more than ${number(least)}: the other was not ${goal} when its run ended`,
  };
}

/** The point of a curve at so many phases. */
function atPhases(summary: Summary, phases: number): Point | undefined {
  return summary.curve.find(({ bitsPerNeuron }) => bitsPerNeuron === phases);
}

function synchronous(
  gated: Summary | undefined,
  without: Summary | undefined,
  phases: number,
): Omit<Claim, "claim"> | null {
  const own = gated && atPhases(gated, phases);
  const other = without?.curve.filter(({ step }) => step <= (own?.step ?? 0)).at(-1);
  if (!own || !other) return null;
  const holds = other.agreement < own.agreement && other.logitsRelativeError > own.logitsRelativeError;
  return {
    holds,
    found: `after ${other.step} steps: agreement ${percent(other.agreement)} against ${percent(own.agreement)}, logits error ${percent(other.logitsRelativeError)} against ${percent(own.logitsRelativeError)}`,
  };
}

function fewSpikes(gated: Summary | undefined, few: Summary | undefined, phases: number): Omit<Claim, "claim"> | null {
  const own = gated && atPhases(gated, phases)?.logitsRelativeError;
  const other = few && atPhases(few, phases)?.logitsRelativeError;
  if (own === undefined || other === undefined) return null;
  return { holds: own <= other / 3, found: `${percent(own)} against ${percent(other)}: ${number(own / other)}` };
}
