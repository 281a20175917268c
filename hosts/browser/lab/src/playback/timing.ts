/** When populations fire and what a spike is worth, gated (docs/algorithm.md) and early (docs/early.md). */

import type { Model, Population } from "../model/model.ts";

/** What a population does at a step: nothing yet, take in, give out, both at once (early), nothing any more. */
export type State = "waits" | "accumulates" | "fires" | "both" | "done";

/** Period and phase of a step of the gated network. */
export function clock(t: number, phases: number, coding: "current" | "phase"): { period: number; phase: number } {
  // Graded current takes one step only, the last of its period.
  const at = coding === "current" ? t + phases - 1 : t;
  return { period: Math.floor(at / phases), phase: at % phases };
}

/** First step of a period of the gated network. */
export function stepOf(period: number, phases: number, coding: "current" | "phase"): number {
  return Math.max(0, coding === "current" ? 1 + (period - 1) * phases : period * phases);
}

/** Schedule of early firing: how long each depth 1…L waits after its sources, and whether there is a correction. */
export interface Schedule {
  readonly delays: readonly number[];
  readonly shares: readonly number[];
  readonly corrections: 0 | 1;
}

/** When each population takes in and gives out, of one presentation; last steps are exclusive. */
export interface Window {
  readonly hears: number;
  readonly heard: number;
  readonly begins: number;
  readonly ends: number;
  /** Where it goes on and on: steps from the beginning of one firing to that of the next; it fires in the first half of them. */
  readonly cycle?: number;
}

/** Of the gated network, one presentation. */
export function gatedWindows(model: Model): Window[] {
  const { phases, coding } = model;
  const step = (period: number) => stepOf(period, phases, coding);
  return model.populations.map(({ depth, kind }) => {
    if (kind === "input") return { hears: 0, heard: 0, begins: 0, ends: step(1) };
    const heard = step(depth);
    const ends = kind === "output" ? heard : step(depth + 1);
    return { hears: step(depth - 1), heard, begins: heard, ends };
  });
}

/** Of early firing: a population begins δ steps after the last of its sources has begun to arrive. */
export function earlyWindows(model: Model, schedule: Schedule): Window[] {
  const { phases, coding, populations, projections } = model;
  const firing = phases + schedule.corrections;
  const windows: Window[] = [];
  /** When what a population sends begins to arrive behind a projection; relays hand on at once. */
  const sent: number[] = [];
  for (const { index, kind, depth } of populations) {
    if (kind === "input") {
      windows.push({ hears: 0, heard: 0, begins: 0, ends: coding === "current" ? 1 : phases });
      sent.push(0);
      continue;
    }
    const incoming = projections.filter(({ target }) => target === index);
    const arrivals = incoming.map(({ source, pool }) => sent[source] + (pool?.kind === "max" ? 1 : 0));
    const instant = incoming.map(({ source }) => coding === "current" && reachesInput(model, source));
    const hears = Math.min(...arrivals);
    const last = Math.max(...arrivals);
    if (kind === "synchronous") {
      windows.push(LEFT_OUT);
      sent.push(last);
      continue;
    }
    const heard = Math.max(...arrivals.map((at, i) => at + (instant[i] ? 1 : firing)));
    if (kind === "output") {
      windows.push({ hears, heard, begins: heard, ends: heard });
      sent.push(heard);
      continue;
    }
    const waited = arrivals.map((at, i) => (instant[i] ? 1 : at + schedule.delays[depth - 1]));
    const begins = Math.max(1, ...waited);
    windows.push({ hears, heard, begins, ends: begins + firing });
    sent.push(begins);
  }
  return windows;
}

/** Of synchronous populations where they are left out. */
const LEFT_OUT: Window = { hears: 2 ** 31, heard: 2 ** 31, begins: 2 ** 31, ends: 2 ** 31 };

/** Of neurons that take in and give out at every step. */
export function continuousWindows({ populations }: Model, steps: number): Window[] {
  return populations.map(({ kind }) => {
    if (kind === "synchronous") return LEFT_OUT;
    const gives = kind === "bistable" || kind === "input";
    return { hears: 0, heard: steps, begins: gives ? 0 : steps, ends: steps };
  });
}

/** Of bistable neurons that alternate for as long as a run lasts. */
export function alternatingWindows(model: Model, steps: number): Window[] {
  const cycle = 2 * model.phases;
  return gatedWindows(model).map((window, i) => {
    const { kind } = model.populations[i];
    if (kind === "synchronous") return LEFT_OUT;
    if (kind === "bistable") return { ...window, heard: steps, ends: steps, cycle };
    return {
      ...window,
      hears: kind === "output" ? window.hears : 0,
      heard: steps,
      begins: kind === "input" ? 0 : steps,
      ends: steps,
    };
  });
}

/** Whether a population is the input, or a relay of it. */
function reachesInput(model: Model, index: number): boolean {
  const { kind } = model.populations[index];
  if (kind === "input") return true;
  return (
    kind === "synchronous" &&
    model.projections.some(({ source, target }) => target === index && reachesInput(model, source))
  );
}

/** What a population does at a step. */
export function stateAt({ hears, heard, begins, ends, cycle }: Window, t: number): State {
  if (cycle !== undefined && t >= begins) return (t - begins) % cycle < cycle / 2 ? "fires" : "accumulates";
  const takes = t >= hears && t < heard;
  const gives = t >= begins && t < ends;
  if (takes && gives) return "both";
  if (takes) return "accumulates";
  if (gives) return "fires";
  return t < hears || t < begins ? "waits" : "done";
}

/** Levels that a spike is worth, j steps after its population began to fire: 1 at the correction. */
export function worth(j: number, phases: number): number {
  return j < phases ? 2 ** (phases - 1 - j) : 1;
}

/** Whether a population has neurons that spike in step mode. */
export function spikes({ kind }: Population, coding: "current" | "phase"): boolean {
  return kind !== "output" && !(kind === "input" && coding === "current");
}
