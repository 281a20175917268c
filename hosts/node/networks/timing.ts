/** When each population of a network accumulates and fires. */

import type { Schedule } from "../../../bindings/lab.ts";
import type { Network, PopulationInfo } from "../../../bindings/types.ts";

/** Time steps from `from` up to, not with, `to`; nothing where they are equal. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Timing {
  readonly accumulating: Span;
  readonly firing: Span;
}

const NEVER: Span = { from: 0, to: 0 };

/** The gated network, of one presentation: a population of depth d accumulates in period d − 1 and fires in period d. */
export function gatedTiming({ populations, phases, input }: Network): Timing[] {
  // Of a current-coded network the first step is the last phase of period 0.
  const begin = (period: number): number =>
    Math.max(0, period * phases - (input.coding === "current" ? phases - 1 : 0));
  const period = (m: number): Span => ({ from: begin(m), to: begin(m + 1) });
  return populations.map(({ kind, depth }) => {
    if (kind === "input") return { accumulating: NEVER, firing: input.coding === "phase" ? period(0) : NEVER };
    return { accumulating: period(depth - 1), firing: kind === "output" ? NEVER : period(depth) };
  });
}

/** Early firing, of one presentation: see docs/early.md. Synchronous populations are left out, and so never do either. */
export function earlyTiming(network: Network, { delays, corrections }: Schedule): Timing[] {
  const { populations, projections, phases, input } = network;
  const lasts = phases + corrections;
  const current = input.coding === "current";
  const originOf = (source: number): number =>
    populations[source].kind === "synchronous"
      ? originOf(projections.find(({ target }) => target === source)!.source)
      : source;
  const timings: Timing[] = [];
  for (const { index, kind, depth } of populations) {
    if (kind === "input") {
      timings.push({ accumulating: NEVER, firing: current ? NEVER : { from: 0, to: phases } });
      continue;
    }
    if (kind === "synchronous") {
      timings.push({ accumulating: NEVER, firing: NEVER });
      continue;
    }
    const origins = projections
      .filter(({ target }) => target === index)
      .map((q) => ({ ...q, origin: originOf(q.source) }));
    const graded = origins.some(({ origin }) => origin === 0 && current);
    const arrivals = origins
      .filter(({ origin }) => origin !== 0 || !current)
      .map(({ origin, pool }) => timings[origin].firing.from + (pool === "max" ? 1 : 0));
    const heard = graded ? 0 : Math.min(...arrivals);
    if (kind === "output") {
      timings.push({
        accumulating: { from: heard, to: Math.max(1, ...arrivals.map((at) => at + lasts)) },
        firing: NEVER,
      });
      continue;
    }
    const begins = Math.max(1, ...arrivals.map((at) => at + delays[depth - 1]));
    timings.push({ accumulating: { from: heard, to: begins }, firing: { from: begins, to: begins + lasts } });
  }
  return timings;
}

/** What a spike is worth in a step of firing, levels. */
export function worthOf(phases: number, step: number): number {
  return 2 ** Math.max(phases - 1 - step, 0);
}

/** A neuron's name for people and for `--neuron`. */
export function positionOf({ width, channels }: PopulationInfo, neuron: number): [y: number, x: number, c: number] {
  return [Math.floor(neuron / channels / width), Math.floor(neuron / channels) % width, neuron % channels];
}
