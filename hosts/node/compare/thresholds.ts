/** Thresholds of integrate-and-fire neurons, from the levels that calibration inputs call for. */
import type { LabNetwork } from "../../../bindings/lab.ts";

/** Thresholds in levels, by population index; null of populations that have none. */
export type Thresholds = readonly (readonly number[] | null)[];

/** Values beyond are taken as this: the highest threshold there is. */
const MOST = 65535;

/** Whether a value is thresholds of a network's populations. */
export function areThresholds(populations: LabNetwork["populations"], value: unknown): value is Thresholds {
  if (!Array.isArray(value) || value.length !== populations.length) return false;
  return populations.every(({ kind, channels }, index) => {
    const own: unknown = value[index];
    if (kind !== "bistable") return own === null;
    const isThreshold = (level: unknown) => Number.isInteger(level) && Number(level) >= 1 && Number(level) <= MOST;
    return Array.isArray(own) && own.length === channels && own.every(isThreshold);
  });
}

/** How often each level was called for, by population index, per channel. */
export class LevelCounts {
  readonly #network: LabNetwork;
  /** Levels counted per channel, the index being the level. */
  readonly #counts: (Uint32Array[] | null)[];

  constructor(network: LabNetwork) {
    this.#network = network;
    this.#counts = network.populations.map(({ kind, channels }) =>
      kind === "bistable" ? Array.from({ length: channels }, () => new Uint32Array(256)) : null,
    );
  }

  /** Adds the last run of the gated network: the levels its potentials call for, above the highest that can be fired too. */
  add(): void {
    const { populations } = this.#network;
    for (const { index, channels } of populations.filter(({ kind }) => kind === "bistable")) {
      const counts = this.#counts[index]!;
      const shifts = this.#shiftsOf(index);
      this.#network.potentials(index).forEach((potential, n) => {
        const c = n % channels;
        const level = Math.min(Math.max(potential >> shifts[c], 0), MOST);
        if (level >= counts[c].length) {
          const longer = new Uint32Array(Math.min(MOST + 1, 2 * level));
          longer.set(counts[c]);
          counts[c] = longer;
        }
        counts[c][level]++;
      });
    }
  }

  #shiftsOf(index: number): number[] {
    const units = this.#network.units(index);
    return Array.from(this.#network.scales(index), (scale, c) => Math.round(Math.log2(scale / units[c])));
  }

  /**
   * The activation that a share of neurons does not exceed: of each channel, or of a layer in the ANN's units, in levels of each channel.
   * @param share 1 for the greatest
   */
  thresholds(share: number, by: "layer" | "channel"): Thresholds {
    return this.#counts.map((counts, index) => {
      if (!counts) return null;
      const scales = this.#network.scales(index);
      if (by === "channel") return counts.map((own) => Math.max(1, quantile(own, share)));
      const values = counts.flatMap((own, c) =>
        Array.from(own, (count, level) => ({ value: level * scales[c], count })).filter(({ count }) => count > 0),
      );
      values.sort((a, b) => a.value - b.value);
      const total = values.reduce((sum, { count }) => sum + count, 0);
      let left = (1 - share) * total;
      let at = values.length - 1;
      while (at > 0 && values[at].count <= left) left -= values[at--].count;
      return Array.from(scales, (scale) => Math.min(Math.max(Math.round(values[at].value / scale), 1), MOST));
    });
  }
}

/** The level that a share of those counted does not exceed. */
function quantile(counts: Uint32Array, share: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  let left = (1 - share) * total;
  let level = counts.length - 1;
  while (level > 0 && (counts[level] === 0 || counts[level] <= left)) left -= counts[level--];
  return level;
}
