import type { RealPopulation, RealProjection } from "./network.ts";

interface Wiring {
  readonly populations: readonly RealPopulation[];
  readonly projections: readonly RealProjection[];
}

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
  for (const [k, { kind }] of populations.entries()) {
    const incoming = projections.filter((p) => p.target === k);
    if (kind !== "bistable" || incoming.some((p) => p.source !== 0)) continue;
    paired.set(k, populations.length + paired.size);
  }
  const touched = projections.filter((p) => paired.has(p.source) || paired.has(p.target));
  if (operations(touched) > ADDED_SHARE * operations(projections)) return wiring;
  const seconds = [...paired.keys()].map((k) => {
    const population = populations[k];
    return { ...population, name: `${population.name}@pair`, stagger: -APART / 2 };
  });
  return {
    populations: [...populations.map((p, k) => (paired.has(k) ? { ...p, stagger: APART / 2 } : p)), ...seconds],
    projections: projections.flatMap((p) => {
      if (paired.has(p.target)) return [p, { ...p, target: paired.get(p.target)! }];
      if (!paired.has(p.source)) return [p];
      const half = { ...p, weight: p.weight.map((w) => w / 2) };
      return [half, { ...half, source: paired.get(p.source)! }];
    }),
  };
}

/** Multiply-accumulates of one inference. */
function operations(projections: readonly RealProjection[]): number {
  return projections.reduce((sum, { region, weight }) => sum + region[2] * region[3] * weight.length, 0);
}
