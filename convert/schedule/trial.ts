/** Tries schedules on calibration inputs and adds up what comes of it. */

import type { DepthFigures, GatedAnswer, Schedule, Simulator } from "../simulator.ts";

/** A schedule's figures over some inputs. */
export interface Trial {
  readonly steps: number;
  /** ‖early − gated‖ / ‖gated‖ over all outputs of all inputs. */
  readonly error: number;
  /** Spikes for each of the gated network's. */
  readonly spikes: number;
  /** Sums of depths 1…L. */
  readonly depths: readonly DepthFigures[];
}

/** Inputs, with the gated network's answers to them. */
export class Trials {
  readonly #simulator: Simulator;
  readonly #images: readonly Uint8Array[];
  readonly #gated: GatedAnswer[] = [];
  /** The order in which they run: those first that have ended a trial. */
  #order: number[];

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
    let sum = 0;
    for (const k of this.#images.keys()) {
      await this.#between();
      sum += this.#answer(k).spikes;
    }
    return sum;
  }

  /**
   * Runs all inputs.
   * @param enough told the sums so far after each input: true ends the trial
   */
  async try(schedule: Schedule, enough: (depths: readonly DepthFigures[]) => boolean = () => false): Promise<Trial> {
    const depths = schedule.delays.map(() => ({
      unsettled: 0,
      atLimit: 0,
      squaredError: 0,
      squaredLevels: 0,
      spikes: 0,
    }));
    let [difference, reference, gatedSpikes, steps] = [0, 0, 0, 0];
    for (const k of this.#order) {
      await this.#between();
      const { values, spikes } = this.#answer(k);
      const answer = this.#simulator.early(this.#images[k], schedule);
      steps = answer.steps;
      gatedSpikes += spikes;
      for (let i = 0; i < values.length; i++) {
        difference += (answer.values[i] - values[i]) ** 2;
        reference += values[i] ** 2;
      }
      answer.depths.forEach((figures, d) => {
        for (const name of Object.keys(figures) as (keyof DepthFigures)[]) depths[d][name] += figures[name];
      });
      if (enough(depths)) {
        this.#order = [k, ...this.#order.filter((other) => other !== k)];
        break;
      }
    }
    const spikes = depths.reduce((sum, depth) => sum + depth.spikes, 0);
    return {
      steps,
      error: difference === 0 ? 0 : Math.sqrt(difference / reference),
      spikes: spikes === 0 ? 0 : spikes / gatedSpikes,
      depths,
    };
  }

  #answer(k: number): GatedAnswer {
    this.#gated[k] ??= this.#simulator.gated(this.#images[k]);
    return this.#gated[k];
  }
}
