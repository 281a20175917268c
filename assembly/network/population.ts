/** A population, as it lies in the arena. */

export namespace Kind {
  export const INPUT: u32 = 0;
  export const BISTABLE: u32 = 1;
  export const SYNCHRONOUS: u32 = 2;
  export const OUTPUT: u32 = 3;
}

@unmanaged
export class Population {
  index: u32;
  kind: u32;
  height: u32;
  width: u32;
  channels: u32;
  depth: u32;
  neurons: u32;
  /** Channels rounded up to a multiple of 4: the row length of int32 maps. */
  pitch: u32;
  name: usize;
  nameSize: u32;

  // Tensors, in the file's bytes.
  bias: usize;
  /** Whether the bias is H×W×C rather than C. */
  biasMap: bool;
  initial: usize;
  shift: usize;
  unit: usize;

  /** Its projections: `firstIncoming` and `incoming` index `incomingList` of network.ts, likewise outgoing. */
  firstIncoming: u32;
  incoming: u32;
  firstOutgoing: u32;
  outgoing: u32;

  /** u8 levels H×W×C of the last period fired; samples for a current-coded input; 0 for outputs. */
  levels: usize;
  /** i32 H×W×C potentials: an output's, summed over presentations; a hidden population's where they are kept, else 0. */
  potentials: usize;

  // Per channel, padded to the pitch: bias + initial potential (where the bias is per channel), largest potential that
  // still counts, and 2^(31 − shift), by which twice a potential is multiplied to have its level in the upper 32 bits.
  base: usize;
  ceiling: usize;
  factor: usize;

  /** Rectangle of neurons whose potentials are computed at once in period mode. */
  tileHeight: u32;
  tileWidth: u32;

  // The fixed-step engine's. i32 maps H×W×pitch: membrane potential v, and phase-weighted input u·2^(K−1−p).
  membrane: usize;
  current: usize;
  /** Active neurons of a firing period: positions (see step.ts) and their channels. */
  positions: usize;
  positionCount: u32;
  activeChannels: usize;
  activeCount: u32;
  /** u8 digits fired so far in this period by a comparison neuron. */
  digits: usize;
  /** u32 spike counts of a comparison run. */
  spikeCounts: usize;
}
