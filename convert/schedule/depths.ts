/** What single depths do at a delay: their figures where all depths have it, and what one of them alone does to the answers. */

import type { DepthFigures, Schedule } from "../simulator.ts";
import type { Trials } from "./trial.ts";

/** Delays that are tried, if K allows; from the last on noise is as good as none. */
export const DELAYS = [1, 2, 3, 4, 5];
/** A spike's usual share of its worth, in sixteenths. */
export const SHARE = 9;

/** Measures when it is asked for the first time. */
export class Depths {
  readonly #trials: Trials;
  readonly #phases: number;
  readonly #deepest: number;
  /** By delay, share and corrections. */
  readonly #figures = new Map<string, readonly DepthFigures[]>();
  /** By depth, delay and corrections. */
  readonly #effects = new Map<string, number>();

  constructor(trials: Trials, phases: number, deepest: number) {
    this.#trials = trials;
    this.#phases = phases;
    this.#deepest = deepest;
  }

  /** Figures of depths 1…L where all have the same delay and share. */
  async at(delay: number, share: number, corrections: 0 | 1): Promise<readonly DepthFigures[]> {
    const tried = Math.min(delay, DELAYS.at(-1)!, this.#phases);
    const key = `${tried} ${share} ${corrections}`;
    let figures = this.#figures.get(key);
    if (!figures) {
      const all = (value: number) => Array<number>(this.#deepest).fill(value);
      figures = (await this.#trials.try({ delays: all(tried), shares: all(share), corrections })).depths;
      this.#figures.set(key, figures);
    }
    return figures;
  }

  /** Noise that a depth adds: the squared error of its levels, relative to them. */
  async noise(d: number, delay: number, share: number, corrections: 0 | 1): Promise<number> {
    const { squaredError, squaredLevels } = (await this.at(delay, share, corrections))[d];
    return squaredLevels === 0 ? 0 : squaredError / squaredLevels;
  }

  /** Squared error of the answers where one depth has a shorter delay than a schedule that is as good as exact. */
  async effect(d: number, delay: number, start: Schedule): Promise<number> {
    const same = delay >= start.delays[d];
    const key = `${same ? "" : `${d} ${delay}`} ${start.corrections}`;
    let effect = this.#effects.get(key);
    if (effect === undefined) {
      const { delays, shares, corrections } = start;
      const one = same ? start : { delays: delays.with(d, delay), shares: shares.with(d, SHARE), corrections };
      effect = (await this.#trials.within(one, Number.POSITIVE_INFINITY)).error ** 2;
      this.#effects.set(key, effect);
    }
    return effect;
  }

  /** As `effect`, of another share: what as much noise would do, between the delays that have been measured. */
  async effectOf(d: number, delay: number, share: number, start: Schedule): Promise<number> {
    const noise = await this.noise(d, delay, share, start.corrections);
    let [below, belowEffect] = [0, await this.effect(d, start.delays[d], start)];
    for (let faster = Math.min(delay, start.delays[d] - 1); faster > 0; faster--) {
      const above = await this.noise(d, faster, SHARE, start.corrections);
      const aboveEffect = await this.effect(d, faster, start);
      if (above >= noise && above > below) {
        return belowEffect + ((aboveEffect - belowEffect) * (noise - below)) / (above - below);
      }
      [below, belowEffect] = [above, aboveEffect];
    }
    return below === 0 ? belowEffect : (belowEffect * noise) / below;
  }
}
