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
  /** Time steps of runs that go on. */
  readonly steps: number;
  /** Of the model file. */
  readonly phases: number;
  /** Whether the network has synchronous neurons. */
  readonly residual: boolean;
}

/** Holds the claims against the curves of methods; those of methods that were not run are left out. */
export function claimsOf(summaries: readonly Summary[], { layers, steps, phases, residual }: Compared): Claim[] {
  const of = (name: MethodName) => summaries.find((summary) => summary.name === name);
  const claims: Claim[] = [];
  const add = (claim: string, result: Omit<Claim, "claim"> | null) => {
    if (result) claims.push({ claim, ...result });
  };
  for (const other of ["if-max", "phase"] as const) {
    const title = of(other)?.title;
    add(
      `bistable: ≤ 1/3 of the steps to −0.5 of ${title}`,
      ratio(of("bistable"), of(other), "minusHalf", "steps", 1 / 3, steps),
    );
    add(
      `early firing: ≤ 1/5 of the steps to −0.5 of ${title}`,
      ratio(of("early"), of(other), "minusHalf", "steps", 1 / 5, steps),
    );
  }
  for (const other of RATE) {
    const title = of(other)?.title;
    add(
      `early firing: fewer steps to 99 % agreement than ${title}`,
      ratio(of("early"), of(other), "agreement99", "steps", 1, steps),
    );
    add(
      `bistable: ≤ 1/3 of the spikes to −0.5 of ${title}`,
      ratio(of("bistable"), of(other), "minusHalf", "spikes", 1 / 3, steps),
    );
    add(
      `bistable: ≤ 1/2 of the operations to −0.5 of ${title}`,
      ratio(of("bistable"), of(other), "minusHalf", "synapticOperations", 1 / 2, steps),
    );
  }
  // Where there are none to leave out, nothing is claimed.
  if (residual) {
    add("without synchronous neurons: worse at equal steps", synchronous(of("bistable"), of("no-synchronous"), phases));
  }
  for (const name of ["bistable", "early"] as const) {
    const figures = layers.get(name)?.figures;
    if (!figures) continue;
    const share = Math.max(0, ...figures.map(({ spikesOfInactivated }) => spikesOfInactivated));
    claims.push({
      claim: `${name === "bistable" ? "bistable" : "early firing, exact"}: no spikes of inactivated neurons beyond rounding`,
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

const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
const number = (value: number) => String(Number(value.toPrecision(3)));

/** Whether one method needs at most a share of what another does; where the other does not arrive, it needs more than was run. */
function ratio(
  ours: Summary | undefined,
  theirs: Summary | undefined,
  reach: keyof Reach,
  figure: "steps" | "spikes" | "synapticOperations",
  limit: number,
  steps: number,
): Omit<Claim, "claim"> | null {
  if (!ours || !theirs) return null;
  const own = ours.reach[reach];
  const other = theirs.reach[reach];
  if (!own)
    return {
      holds: other ? false : null,
      found: `not reached, by the other ${other ? `at ${other.steps} steps` : "neither"}`,
    };
  if (other) {
    const found = own[figure] / other[figure];
    const holds = limit === 1 ? found < 1 : found <= limit;
    return { holds, found: `${number(own[figure])} against ${number(other[figure])}: ${number(found)}` };
  }
  const last = theirs.curve.at(-1)!;
  const least = figure === "steps" ? steps : last[figure];
  const holds = own[figure] <= limit * least ? true : null;
  return { holds, found: `${number(own[figure])} against more than ${number(least)}, where the other had not arrived` };
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
