/** A population, as it lies in the arena. */
import { Projection } from "./projection";

/** Neuron models (neurons/neurons.ts); the numbers stand in model files. */
export namespace Kind {
  export const INPUT: u32 = 0;
  export const BISTABLE: u32 = 1;
  export const SYNCHRONOUS: u32 = 2;
  export const OUTPUT: u32 = 3;
  export const COUNT: u32 = 4;
}


@unmanaged
export class Population {
  // What the bindings read.
  index: u32;
  kind: u32;
  height: u32;
  width: u32;
  channels: u32;
  depth: u32;
  neurons: u32;
  /** Channels rounded up to whole blocks of outputs: the row length of int32 maps. */
  pitch: u32;
  name: usize;
  nameSize: u32;

  // Tensors, in the file's bytes.
  bias: usize;
  initial: usize;
  shift: usize;
  unit: usize;
  /** u8 levels H×W×C of the last period fired; samples for a current-coded input; 0 for outputs. */
  levels: usize;
  /** i32 H×W×C potentials: an output's, summed over presentations; a hidden population's where they are kept, else 0. */
  potentials: usize;

  /** Whether the bias is H×W×C rather than C. */
  biasMap: bool;

  /** Its projections in file order, each leading to the next. */
  incoming: Projection | null;
  outgoing: Projection | null;

  /** Per channel, padded to the pitch: i32 bias (where it is per channel) + initial potential. */
  base: usize;
  /** Level tables (neurons/bistable.ts), 64 bytes for 8 channels: f32 2^−s of each, i32 mask of all but the lowest s bits. */
  levelTables: usize;
  /** Whether all tables can be used, and leave no channel over. */
  quick: bool;

  /** Rectangle of neurons whose potentials are computed at once in period mode. */
  tileHeight: u32;
  tileWidth: u32;

  // ---- step by step ----
  /**
   * i32 maps H×W×pitch: membrane potential v, and phase-weighted input u·2^(K−1−p). Soft resets are taken off v when
   * somebody looks, by `fired`; u is that of the last period of integrating.
   */
  membrane: usize;
  current: usize;
  /** A synchronous population's levels in period mode, which are another's, and its own; 0 where they are its own always. */
  relay: usize;
  relayed: usize;
  /** Positions of a firing period that spike, three u32 each: y, x, end of its groups in `groups`. */
  positions: usize;
  positionCount: u32;
  /** u32 first channels of the groups of 16 that spike, position after position. */
  groups: usize;
  /** Digits of the levels that have been fired in this period: what they are worth is no longer in v. */
  fired: u32;

  // ---- comparisons ----
  /**
   * Per channel, padded to the pitch: i32 potential at which a neuron spikes, and that a spike takes off it; and i32 levels that a
   * spike of an integrate-and-fire neuron is worth.
   */
  thresholds: usize;
  worth: usize;
  /** H×W×C: u8 digits sent in this period, or whether there is a spike in this step; and u32 spikes of a run. */
  digits: usize;
  spikeCounts: usize;
  /** Of an output, H×W×C: i64 sum of what came in all presentations. */
  sums: usize;

  // ---- early firing ----
  /** Step at which the first presentation begins to arrive, and at which it begins to be fired (an output: has arrived). */
  hears: u32;
  begins: u32;
  /**
   * H×W×pitch: u8 what a neuron has emitted of this presentation; u16 its positive and its negative spikes, a bit for each step of
   * firing. And u8 for 8 of them whether there are any.
   */
  emitted: usize;
  positive: usize;
  negative: usize;
  active: usize;
  /**
   * i32 maps H×W×pitch of potentials, less what has been fired, one register for each presentation under way; `current` is the one that
   * spikes are sent to.
   */
  registers: usize;
}
