/** The loaded network: one per instance. */
import { Population } from "./population";
import { Pool, Projection } from "./projection";

/** K, steps in a period. */
export let phases: u32 = 0;
export let phaseCoded: bool = false;
/** Largest depth of a hidden population. */
export let deepest: u32 = 0;
export let populationCount: u32 = 0;
export let projectionCount: u32 = 0;
/** u8 per input channel, in the unit of the input's levels: a sample, or what phase coding makes of it. */
export let padding: usize = 0;
/** u8 samples H×W×C. */
export let samples: usize = 0;

let populations: usize = 0;
let projections: usize = 0;

/** K, 1…8. */
export function setPhases(value: u32): void {
  phases = value;
}

/** Whether the input fires levels instead of sending its samples as current. */
export function setPhaseCoded(value: bool): void {
  phaseCoded = value;
}

/** Largest depth of a hidden population, 0 where there is none. */
export function setDeepest(value: u32): void {
  deepest = value;
}

/** Takes the u8 values that padding of the input reads, one per channel. */
export function setPadding(pointer: usize): void {
  padding = pointer;
}

/** Takes the room for the samples. */
export function setSamples(pointer: usize): void {
  samples = pointer;
}

/** Takes the records of all populations, in file order. */
export function setPopulations(pointer: usize, count: u32): void {
  populations = pointer;
  populationCount = count;
}

/** Takes the records of all projections, in file order. */
export function setProjections(pointer: usize, count: u32): void {
  projections = pointer;
  projectionCount = count;
}

/** Bytes of `handOver`. */
export const HANDED: u32 = 28;

/** Writes down what another instance in the same memory has to know of the network to compute with it. */
export function handOver(to: usize): void {
  store<u32>(to, phases);
  store<u32>(to, <u32>phaseCoded, 4);
  store<u32>(to, populationCount, 8);
  store<usize>(to, populations, 12);
  store<u32>(to, projectionCount, 16);
  store<usize>(to, projections, 20);
  store<usize>(to, padding, 24);
}

/** Takes over what another instance has written down. */
export function takeOver(from: usize): void {
  phases = load<u32>(from);
  phaseCoded = load<u32>(from, 4) != 0;
  setPopulations(load<usize>(from, 12), load<u32>(from, 8));
  setProjections(load<usize>(from, 20), load<u32>(from, 16));
  padding = load<usize>(from, 24);
}

/** Record of a population; the index is not checked. */
// @ts-ignore: decorator
@inline
export function population(index: u32): Population {
  return changetype<Population>(populations + <usize>index * offsetof<Population>());
}

/** Record of a projection; the index is not checked. */
// @ts-ignore: decorator
@inline
export function projection(index: u32): Projection {
  return changetype<Projection>(projections + <usize>index * offsetof<Projection>());
}

/** Height of the map that a projection's weights see: the pooled one, or the source's. */
export function mapHeight(q: Projection): u32 {
  return q.pool ? q.poolHeight : population(q.source).height;
}

/** As `mapHeight`, across. */
export function mapWidth(q: Projection): u32 {
  return q.pool ? q.poolWidth : population(q.source).width;
}

/** Whether a population sends its values as graded current instead of firing them: the input, unless it is phase-coded. */
export function sendsCurrent(index: u32): bool {
  return index == 0 && !phaseCoded;
}

/** Largest value a source can send in one period. */
export function largestValue(q: Projection): u64 {
  const level: u64 = (1 << phases) - 1;
  if (q.pool == Pool.SUM) return level * q.poolKernelH * q.poolKernelW;
  return sendsCurrent(q.source) ? 255 : level;
}
