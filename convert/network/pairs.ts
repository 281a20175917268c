/** Gives the first layer two neurons per channel, where few phases make that pay. */

import type { UnquantizedProjection, Wiring } from "../wiring.ts";

/** Multiply-accumulates that pairing may add, as a share of the network's. */
const ADDED_SHARE = 1 / 4;

/** How far apart the thresholds of a pair lie, in levels: between them each step of a level is halved. */
const APART = 1 / 2;

/**
 * Gives every channel of the populations that the input alone projects to a second neuron, its thresholds half a level from the
 * first one's: the mean of the two has twice as many steps. Rounding is noise that every later population receives, and a
 * first layer, with few synapses in, is where one more bit costs least. All is left as it is where it would cost more.
 * @returns the same wiring where nothing was paired
 */
export function pairFirst(wiring: Wiring): Wiring {
  const { populations, projections } = wiring;
  const paired = new Map<number, number>();
  const deeper = new Set(projections.flatMap(({ source, target }) => (source === 0 ? [] : [target])));
  for (const [k, { kind }] of populations.entries()) {
    if (kind !== "bistable" || deeper.has(k)) continue;
    paired.set(k, populations.length + paired.size);
  }
  const touched = projections.filter((q) => paired.has(q.source) || paired.has(q.target));
  if (operations(touched) > ADDED_SHARE * operations(projections)) return wiring;
  const seconds = [...paired.keys()].map((k) => {
    const population = populations[k];
    return { ...population, name: `${population.name}@pair`, stagger: -APART / 2 };
  });
  return {
    populations: [...populations.map((p, k) => (paired.has(k) ? { ...p, stagger: APART / 2 } : p)), ...seconds],
    projections: projections.flatMap((q) => {
      if (paired.has(q.target)) return [q, { ...q, target: paired.get(q.target)! }];
      if (!paired.has(q.source)) return [q];
      const half = { ...q, weight: q.weight.map((w) => w / 2) };
      return [half, { ...half, source: paired.get(q.source)! }];
    }),
  };
}

/** Multiply-accumulates of one inference. */
function operations(projections: readonly UnquantizedProjection[]): number {
  return projections.reduce((sum, { region, weight }) => sum + region[2] * region[3] * weight.length, 0);
}
