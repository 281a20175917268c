/**
 * The neuron models: which kind of population has which. Kinds are told apart here and nowhere else (but for the input, which is
 * population 0); everyone else asks what a population does.
 */
import { population } from "../network/network";
import { Kind, Population } from "../network/population";
import { finishBistable, fireBistable, planBistable } from "./bistable";
import { fireInput, planInput } from "./input";
import { integrate } from "./membranes";
import { addToOutput, planOutput } from "./output";
import { fireSynchronous, planSynchronous, relaySamples } from "./synchronous";

// ---- what a population has ----

/** Whether it is an answer: it never spikes, its potential is what is read. */
export function isOutput(p: Population): bool {
  return p.kind == Kind.OUTPUT;
}

/** Whether it repeats its source's levels: what enters it has no weights. */
export function isRelay(p: Population): bool {
  return p.kind == Kind.SYNCHRONOUS;
}

/** The population whose spikes one hands on, past all relays: itself, where it is none. */
export function originOf(p: Population): Population {
  while (isRelay(p)) p = population(p.incoming!.source);
  return p;
}

/** Whether its potentials are sums over weights, with a bias and a unit per channel. */
export function isWeighted(p: Population): bool {
  return p.kind == Kind.BISTABLE || p.kind == Kind.OUTPUT;
}

/** Whether it fires by thresholds, with a shift and an initial potential per channel. */
export function hasThresholds(p: Population): bool {
  return p.kind == Kind.BISTABLE;
}

// ---- period by period ----

/** Reserves and fills what a population needs for itself; false (with a message) where memory ends. */
export function planNeurons(p: Population): bool {
  if (p.kind == Kind.INPUT) return planInput(p);
  if (p.kind == Kind.SYNCHRONOUS) return planSynchronous(p);
  return p.kind == Kind.OUTPUT ? planOutput(p) : planBistable(p);
}

/** Fires a population that computes no sums. */
export function passOn(p: Population): void {
  if (p.kind == Kind.INPUT) fireInput(p);
  else relaySamples(p);
}

/**
 * Makes levels, or an output's potentials, of the sums of `positions` positions, rows of p.pitch int32; `neuron` is the first
 * of them. `first` as for `present` (engine/period.ts).
 */
export function finishSums(p: Population, sums: usize, neuron: usize, positions: u32, first: bool): void {
  if (p.kind == Kind.OUTPUT) addToOutput(p, sums, neuron, positions, first);
  else finishBistable(p, sums, neuron, positions);
}

/** What of a potential is carried over to the next presentation, of a population with thresholds. */
export { restOf } from "./bistable";

// ---- step by step ----

/** The start of a firing period: the levels whose digits the neurons are going to fire. */
export function fireMembranes(p: Population): void {
  if (p.kind == Kind.BISTABLE) fireBistable(p);
  else if (p.kind == Kind.SYNCHRONOUS) fireSynchronous(p);
}

/** The end of an accumulating period. */
export function integrateMembranes(p: Population): void {
  integrate(p);
  if (p.kind == Kind.OUTPUT) addToOutput(p, p.membrane, 0, p.height * p.width, false);
}
