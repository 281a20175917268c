/** Spikes as NIRData, the event files of the Neuromorphic Intermediate Representation. */

import { type Group, hdf5 } from "../report/hdf5.ts";
import type { Lane, Recording } from "./record.ts";

/** Names of nodes: `/` would part groups, and equal ones would be one. */
function nodeNames(lanes: readonly Lane[]): string[] {
  const taken = new Set<string>();
  return lanes.map(({ population: { index, name } }) => {
    const plain = name.replace(/^\/+/, "").replaceAll("/", ".").replaceAll("\0", "") || `population ${index}`;
    const unique = taken.has(plain) || plain === "." || plain === ".." ? `${plain} ${index}` : plain;
    taken.add(unique);
    return unique;
  });
}

/** Events of one sample. Signs, where spikes have them, are their values. */
function eventsOf({ indices, times, signs, neurons }: Lane, steps: number, signed: boolean): Group {
  const shape = [1, indices.length];
  return {
    attributes: {
      __type__: signed ? "ValuedEventData" : "EventData",
      n_neurons: { int: neurons },
      t_max: { real: steps },
    },
    members: {
      idx: { shape, data: indices },
      time: { shape, data: Float64Array.from(times) },
      ...(signed && { value: { shape, data: Float64Array.from(signs) } }),
    },
  };
}

/**
 * The content of a file that `nir.read_data` reads: for each population that can spike a node with the observable `spikes`. Times are
 * time steps, neurons flat indices, channels last.
 */
export function nirData({ lanes, steps, schedule }: Recording): Uint8Array {
  const spiking = lanes.filter(({ timing: { firing } }) => firing.to > firing.from);
  const names = nodeNames(spiking);
  const nodes = spiking.map((lane, i): [string, Group] => [
    names[i],
    {
      attributes: { __type__: "NIRNodeData" },
      members: { observables: { members: { spikes: eventsOf(lane, steps, schedule !== null) } } },
    },
  ]);
  return hdf5({
    attributes: { __type__: "NIRGraphData" },
    members: { nodes: { members: Object.fromEntries(nodes) } },
  });
}
