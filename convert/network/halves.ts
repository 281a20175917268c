/** Gives channels a second neuron, where a network of depthwise convolutions loses most by its levels. */

import type { UnquantizedProjection, Wiring } from "../wiring.ts";

/** Multiply-accumulates that second neurons may add, as a share of the network's. */
const ADDED_SHARE = 1 / 2;

/** Whether a projection is a depthwise convolution of the ANN: each of its channels reads one of its own. */
export function isDepthwise({ structural, groups, sourceChannels, targetChannels }: UnquantizedProjection): boolean {
  return !structural && groups > 1 && groups === sourceChannels[1] && groups === targetChannels[1];
}

/**
 * Gives every channel of the first populations of a network with depthwise convolutions a second neuron, which goes on where the first
 * ends: it receives the same, and begins to fire where the first fires its highest level. Both together have twice as many levels, and
 * whatever follows adds them up, or takes the largest of each. Few values meet in a depthwise neuron, so that the rounding of its
 * sources does not average out, and what is lost first passes through most of them: populations are chosen from the input on, while what
 * their synapses add stays within half of the network's multiply-accumulates.
 * @returns the same wiring where there is no depthwise convolution or no neuron was added
 */
export function splitFirst(wiring: Wiring): Wiring {
  const { populations, projections } = wiring;
  if (!projections.some(isDepthwise)) return wiring;
  const touching = populations.map((): UnquantizedProjection[] => []);
  for (const projection of projections) {
    for (const k of new Set([projection.source, projection.target])) touching[k].push(projection);
  }
  const chosen = new Set<number>();
  let left = ADDED_SHARE * operations(projections, chosen);
  const order = populations.map((_, k) => k).sort((a, b) => populations[a].depth - populations[b].depth || a - b);
  for (const k of order) {
    const { kind, stagger } = populations[k];
    if (kind !== "bistable" || stagger) continue;
    const before = operations(touching[k], chosen);
    chosen.add(k);
    const added = operations(touching[k], chosen) - before;
    if (added > left) chosen.delete(k);
    else left -= added;
  }
  return split(wiring, chosen);
}

/** Multiply-accumulates of projections in one inference, if some populations were split. */
function operations(projections: readonly UnquantizedProjection[], chosen: ReadonlySet<number>): number {
  const copies = (k: number) => (chosen.has(k) ? 2 : 1);
  return projections.reduce((sum, { region, weight, source, target }) => {
    return sum + region[2] * region[3] * weight.length * copies(source) * copies(target);
  }, 0);
}

/** Adds second neurons to the channels of the chosen populations. */
function split({ populations, projections }: Wiring, chosen: ReadonlySet<number>): Wiring {
  const upper = new Map([...chosen].map((k, place) => [k, populations.length + place]));
  const both = (k: number) => (upper.has(k) ? [k, upper.get(k)!] : [k]);
  const seconds = [...chosen].map((k) => {
    const { name } = populations[k];
    return { ...populations[k], name: `${name}@above`, above: name, view: null };
  });
  return {
    populations: [...populations, ...seconds],
    projections: projections.flatMap((q) =>
      both(q.target).flatMap((target) => both(q.source).map((source) => ({ ...q, source, target }))),
    ),
  };
}
