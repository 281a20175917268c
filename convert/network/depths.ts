/** Arranges populations by depth, so that every projection joins one depth to the next. */

import { unsupported } from "../refusal.ts";
import type { UnquantizedProjection, Wiring } from "../wiring.ts";
import { splitFirst } from "./halves.ts";
import { pairFirst } from "./pairs.ts";

/** Which channels may get a second neuron. */
export interface SecondNeurons {
  /** Those of the first layer of any network, half a level apart: `pairs.ts`. */
  readonly paired?: boolean;
  /** Those of the first layers of one with depthwise convolutions, one above the other: `halves.ts`. */
  readonly split?: boolean;
}

/**
 * Drops what reaches no output, makes every projection join depth n to n + 1, and sorts populations by depth; outputs come
 * last, in the graph's order.
 * @param seconds which channels may get a second neuron
 * @param most populations that there may be, and as many projections
 * @throws ConversionError (`unsupported`) where that takes more than a file may have: shortcuts past many depths take relays for each
 */
export function arrange(
  wiring: Wiring,
  { paired = false, split = false }: SecondNeurons = {},
  most = Number.POSITIVE_INFINITY,
): Wiring {
  const read = dropUnread(wiring);
  const pairs = paired ? pairFirst(read) : read;
  return sortByDepth(insertSynchronous(split ? splitFirst(pairs) : pairs, most));
}

function dropUnread({ populations, projections }: Wiring): Wiring {
  const read = new Set(populations.flatMap((p, k) => (p.kind === "output" ? [k] : [])));
  // Targets come after their sources, so one pass from the end finds every reader first.
  for (const q of projections.toSorted((a, b) => b.target - a.target)) if (read.has(q.target)) read.add(q.source);
  read.add(0);
  const kept = populations.map((_, k) => k).filter((k) => read.has(k));
  return renumber({ populations, projections: projections.filter((q) => read.has(q.target)) }, kept);
}

/** Synchronous populations on every projection that spans more than one depth: one chain per source, shared. */
function insertSynchronous({ populations, projections }: Wiring, most: number): Wiring {
  const allPopulations = [...populations];
  const allProjections: UnquantizedProjection[] = [];
  const chains = new Map<number, number[]>();
  /** The population that carries the source's levels at the given depth. */
  const at = (source: number, depth: number): number => {
    const chain = chains.get(source) ?? [source];
    chains.set(source, chain);
    const { name, height, width, channels, depth: first } = populations[source];
    for (let k = chain.length; first + k <= depth; k++) {
      const index = allPopulations.length;
      if (index >= most) throw tooMany(most, "populations, relays on shortcuts among them");
      allPopulations.push({
        name: `${name}@+${k}`,
        kind: "synchronous",
        height,
        width,
        channels,
        depth: first + k,
        view: null,
        signed: populations[source].signed,
        ceiling: populations[source].ceiling,
        bias: new Float64Array(0),
      });
      allProjections.push({
        source: chain[k - 1],
        target: index,
        sourceChannels: [0, channels],
        targetChannels: [0, channels],
        region: [0, 0, height, width],
        pool: null,
        kernel: [1, 1],
        stride: [1, 1],
        dilation: [1, 1],
        offset: [0, 0],
        groups: 1,
        weight: new Float32Array(0),
        structural: true,
      });
      chain.push(index);
    }
    return chain[depth - first];
  };
  for (const projection of projections) {
    const source = at(projection.source, populations[projection.target].depth - 1);
    allProjections.push({ ...projection, source });
  }
  if (allProjections.length > most) throw tooMany(most, "projections, those of relays among them");
  return { populations: allPopulations, projections: allProjections };
}

const tooMany = (most: number, what: string) =>
  unsupported([{ node: "the graph", op: "", reason: `takes more than ${most} ${what}` }]);

function sortByDepth(wiring: Wiring): Wiring {
  const { populations } = wiring;
  const place = (k: number) => (populations[k].kind === "output" ? Number.MAX_SAFE_INTEGER : populations[k].depth);
  const order = populations.map((_, k) => k).sort((a, b) => place(a) - place(b) || a - b);
  return renumber(wiring, order);
}

/** The populations `order` in that order, and the projections between them, by target. */
function renumber({ populations, projections }: Wiring, order: readonly number[]): Wiring {
  const place = new Map(order.map((k, position) => [k, position]));
  const moved = projections.map((q) => ({ ...q, source: place.get(q.source)!, target: place.get(q.target)! }));
  return {
    populations: order.map((k) => populations[k]),
    projections: moved.sort((a, b) => a.target - b.target),
  };
}
