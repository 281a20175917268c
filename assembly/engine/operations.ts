/** Synaptic operations of spikes that have been counted neuron by neuron: research counts what was sent, not levels. */
import { reserveZeroed } from "../network/arena";
import { population, populationCount, projection, projectionCount } from "../network/network";
import { Population } from "../network/population";
import { Kernel, Pool, Projection, across } from "../network/projection";
import { isOutput } from "../neurons/neurons";
import { add, reach } from "./activity";

let planned: bool = false;

/** Reserves, once, the counts of neurons and of max poolings; false leaves a message. */
export function planSpikeCounts(): bool {
  if (planned) return true;
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    if (isOutput(p)) continue;
    p.spikeCounts = reserveZeroed(p.neurons, 4);
    if (!p.spikeCounts) return false;
  }
  for (let j: u32 = 0; j < projectionCount; j++) {
    const q = projection(j);
    if (q.pool != Pool.MAX) continue;
    q.poolSpikes = reserveZeroed(windowsOf(q), 4);
    if (!q.poolSpikes) return false;
  }
  planned = true;
  return true;
}

/** Windows of a pooling, channel by channel. */
export function windowsOf(q: Projection): u64 {
  return <u64>q.poolHeight * q.poolWidth * q.sourceCount;
}

/** Adds what the spikes of `source`, in its `spikeCounts`, reach but through max poolings, past synchronous populations too. */
export function countOperations(source: Population, p: Population): void {
  for (let q = p.outgoing; q; q = q!.nextOutgoing) {
    if (q.kernel == Kernel.RELAY) countOperations(source, population(q.target));
    else if (q.pool != Pool.MAX) {
      const from = source.spikeCounts + ((<usize>q.sourceFirst) << 2);
      add(0, operations(q, q.pool, from, source.channels, source.height, source.width));
    }
  }
}

/** Operations of the spikes of a max pooling, in its `poolSpikes`. */
export function pooledOperations(q: Projection): u64 {
  return operations(q, Pool.NONE, q.poolSpikes, q.sourceCount, q.poolHeight, q.poolWidth);
}

/** Of u32 counts in a map whose positions are `channels` apart, of which the first q.sourceCount are the projection's. */
function operations(q: Projection, pool: u32, counts: usize, channels: u32, height: u32, width: u32): u64 {
  let total: u64 = 0;
  for (let y: u32 = 0; y < height; y++) {
    const down = reach(q, y, pool);
    for (let x: u32 = 0; x < width; x++, counts += (<usize>channels) << 2) {
      const right = down ? reach(across(q), x, pool) : 0;
      if (!right) continue;
      let spikes: u64 = 0;
      for (let c: u32 = 0; c < q.sourceCount; c++) spikes += load<u32>(counts + ((<usize>c) << 2));
      total += down * right * spikes;
    }
  }
  return total * (q.targetCount / q.groups);
}
