/** Tries schedules on calibration inputs and adds up what comes of it. */

import type { DepthFigures, GatedAnswer, Schedule, Simulator } from "../simulator.ts";

/** Where only answers are compared, figures are those of one input of so many, as counting costs about what a gated run does. */
const COUNTED = 4;

/** A schedule's figures over some inputs. */
export interface Trial {
  readonly steps: number;
  /** ‖early − gated‖ / ‖gated‖ over all outputs of all inputs. */
  readonly error: number;
  /** Whether all inputs ran. */
  readonly complete: boolean;
  /** Spikes for each of the gated network's; 0 where none were counted. */
  readonly spikes: number;
  /** Sums of depths 1…L, over the inputs of which figures were asked for. */
  readonly depths: readonly DepthFigures[];
}

/** What the inputs that have run come to so far. */
export interface Sums {
  readonly depths: readonly DepthFigures[];
  /** ‖early − gated‖² over all outputs. */
  readonly difference: number;
}

/** Inputs, with the gated network's answers to them. */
export class Trials {
  readonly #simulator: Simulator;
  readonly #images: readonly Uint8Array[];
  readonly #gated: GatedAnswer[] = [];
  /** The order in which they run: those first that have ended a trial. */
  #order: number[];

  /** ‖gated‖² over all inputs, once somebody has asked for it. */
  #reference: number | null = null;
  readonly #between: () => Promise<void>;

  /**
   * @param images at least one
   * @param between waited for before each input; where it throws, a trial ends with that
   */
  constructor(simulator: Simulator, images: readonly Uint8Array[], between: () => Promise<void>) {
    this.#simulator = simulator;
    this.#images = images;
    this.#between = between;
    this.#order = [...images.keys()];
  }

  /** Spikes of the gated network, over all inputs. */
  async gatedSpikes(): Promise<number> {
    return (await this.#answers()).reduce((sum, { spikes }) => sum + spikes, 0);
  }

  /** Runs inputs for as long as the error may yet be within a limit; beyond it, it is infinite. Figures are those of some. */
  async within(schedule: Schedule, limit: number): Promise<Trial> {
    this.#reference ??= (await this.#answers()).reduce((sum, { values }) => sum + squares(values), 0);
    const most = limit ** 2 * this.#reference;
    const some = (k: number) => k % COUNTED === 0;
    const trial = await this.try(schedule, ({ difference }) => difference > most, some);
    return trial.complete ? trial : { ...trial, error: Number.POSITIVE_INFINITY };
  }

  /**
   * Runs all inputs.
   * @param enough told the sums so far after each input: true ends the trial
   * @param counted of which inputs, by number, figures are wanted
   */
  async try(
    schedule: Schedule,
    enough: (sums: Sums) => boolean = () => false,
    counted: (k: number) => boolean = () => true,
  ): Promise<Trial> {
    const depths = schedule.delays.map(() => ({
      unsettled: 0,
      atLimit: 0,
      squaredError: 0,
      squaredLevels: 0,
      spikes: 0,
    }));
    let [difference, reference, gatedSpikes, steps, left] = [0, 0, 0, 0, this.#order.length];
    for (const k of this.#order) {
      await this.#between();
      const { values, spikes } = this.#answer(k);
      const figures = counted(k);
      const answer = this.#simulator.early(this.#images[k], schedule, figures);
      steps = answer.steps;
      if (figures) gatedSpikes += spikes;
      for (let i = 0; i < values.length; i++) difference += (answer.values[i] - values[i]) ** 2;
      reference += squares(values);
      if (figures) {
        for (const [d, sums] of depths.entries()) {
          for (const name of Object.keys(sums) as (keyof DepthFigures)[]) sums[name] += answer.depths[d][name];
        }
      }
      left--;
      if (enough({ depths, difference })) {
        this.#order = [k, ...this.#order.filter((other) => other !== k)];
        break;
      }
    }
    const spikes = depths.reduce((sum, depth) => sum + depth.spikes, 0);
    return {
      steps,
      error: difference === 0 ? 0 : Math.sqrt(difference / reference),
      complete: left === 0,
      spikes: spikes === 0 ? 0 : spikes / gatedSpikes,
      depths,
    };
  }

  async #answers(): Promise<readonly GatedAnswer[]> {
    for (const k of this.#images.keys()) {
      await this.#between();
      this.#answer(k);
    }
    return this.#gated;
  }

  #answer(k: number): GatedAnswer {
    this.#gated[k] ??= this.#simulator.gated(this.#images[k]);
    return this.#gated[k];
  }
}

function squares(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] ** 2;
  return sum;
}
