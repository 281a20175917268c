/** What choosing a schedule of early firing needs of a host: somebody who runs the converted network. */

/** When and how the neurons of each depth fire (docs/early.md). */
export interface Schedule {
  /** Steps a depth begins to fire after its sources, 1…K; of depths 1…L in order. */
  readonly delays: readonly number[];
  /** Share of a spike's worth that makes a neuron of each depth spike, in sixteenths, 8…16. */
  readonly shares: readonly number[];
  /** Steps of firing beyond K: 0 or 1. */
  readonly corrections: 0 | 1;
}

/** The three that a file holds: without a wrong level, nearly so, and for the fewest steps. */
export interface Schedules {
  readonly exact: Schedule;
  readonly close: Schedule;
  readonly fast: Schedule;
}

/** What the bistable neurons of one depth did in a run. */
export interface DepthFigures {
  /** Neurons that did not emit the level that their whole input calls for. */
  readonly unsettled: number;
  /** Settled ones that could not have mended one level more. */
  readonly atLimit: number;
  /** Σ(emitted − level)² and Σlevel². */
  readonly squaredError: number;
  readonly squaredLevels: number;
  readonly spikes: number;
}

/** The gated network's answer to one input. */
export interface GatedAnswer {
  /** Values of all outputs, in the ANN's units. */
  readonly values: ArrayLike<number>;
  /** Spikes of its bistable neurons. */
  readonly spikes: number;
}

/** An answer by early firing. */
export interface EarlyAnswer {
  readonly values: ArrayLike<number>;
  readonly steps: number;
  /** Of depths 1…L; empty where figures were not asked for. */
  readonly depths: readonly DepthFigures[];
}

/** A converted network that can be run; `bsnn/lab` makes one (hosts/node/networks/simulator.ts). */
export interface Simulator {
  /** K. */
  readonly phases: number;
  /** L. */
  readonly deepest: number;
  /** Neurons of the network: bounds how many inputs are run. */
  readonly neurons: number;
  gated(samples: Uint8Array): GatedAnswer;
  /** @param figures whether figures of depths are wanted: counting them runs the gated network once more */
  early(samples: Uint8Array, schedule: Schedule, figures: boolean): EarlyAnswer;
  dispose(): void;
}
