/** Plans all memory of period mode, once. */
import { covers, planSegments } from "../projections/convolve";
import { planGeometry, stageBytes } from "../projections/geometry";
import { pack } from "../projections/pack";
import { planPooled } from "../projections/stage";
import { isWeighted, planNeurons } from "../neurons/neurons";
import { planActivity } from "./activity";
import { reserve } from "../network/arena";
import { population, populationCount, projection, projectionCount } from "../network/network";
import { planOutputs } from "./outputs";
import { planSums } from "./period";
import { Population } from "../network/population";
import { Kernel, Pool } from "../network/projection";

/** int32 sums computed at once: few enough for the second-level cache, many because each tile reads all weights again. */
const TILE_BYTES: u32 = 1 << 17;
/** And at least so many positions. */
const LEAST_POSITIONS: u32 = 64;

/** Reserves everything a period needs; false leaves a message. */
export function plan(): bool {
  if (!planActivity() || !planOutputs()) return false;
  for (let j: u32 = 0; j < projectionCount; j++) if (!planGeometry(projection(j))) return false;
  for (let i: u32 = 0; i < populationCount; i++) if (!planPopulation(population(i))) return false;
  if (!planScratch()) return false;
  for (let j: u32 = 0; j < projectionCount; j++) {
    const q = projection(j);
    if (q.kernel == Kernel.RELAY) continue;
    const source = population(q.source);
    if (q.inPlace) {
      q.stage =
        source.levels + (<usize>q.stageTop * source.width + <usize>q.stageLeft) * source.channels + q.sourceFirst;
    }
    if (!pack(q)) return false;
  }
  return true;
}

/**
 * Puts a depthwise projection that writes all sums (a shortcut) before the others: what comes last can go on to fire from
 * registers, where the most work should be.
 */
function order(p: Population): void {
  for (let q = p.incoming!; q.nextIncoming; q = q.nextIncoming!) {
    const next = q.nextIncoming!;
    if (next.kernel != Kernel.DEPTHWISE || !covers(next, p)) continue;
    q.nextIncoming = next.nextIncoming;
    next.nextIncoming = p.incoming;
    p.incoming = next;
    return;
  }
}

function planPopulation(p: Population): bool {
  if (isWeighted(p)) {
    order(p);
    const positions = max(LEAST_POSITIONS, TILE_BYTES / 4 / p.pitch);
    p.tileWidth = min(p.width, positions);
    p.tileHeight = min(p.height, max(1, positions / p.width));
  }
  return planNeurons(p);
}

/** The scratch memory that all populations share, one at a time: whoever uses some reserves it for the largest. */
function planScratch(): bool {
  let sumBytes: u64 = 0;
  let positions: u64 = 0;
  let rows: u64 = 0;
  let channels: u64 = 0;
  let staged: u64 = 0;
  for (let i: u32 = 1; i < populationCount; i++) {
    const p = population(i);
    if (!isWeighted(p)) continue;
    const tile = <u64>p.tileHeight * p.tileWidth;
    positions = max(positions, tile);
    rows = max(rows, p.tileHeight);
    sumBytes = max(sumBytes, tile * p.pitch * 4);
    let own: u64 = 0;
    for (let q = p.incoming; q; q = q!.nextIncoming) {
      own += align(stageBytes(q));
      if (q.pool != Pool.NONE) channels = max(channels, q.sourceCount);
    }
    staged = max(staged, own);
  }
  return planSums(sumBytes) && planSegments(positions, rows) && planPooled(channels) && planStages(staged);
}

/** Reserves room for the staged maps of one population's projections; false leaves a message. */
function planStages(bytes: u64): bool {
  const stages = reserve(bytes, 1);
  if (!stages) return false;
  for (let i: u32 = 1; i < populationCount; i++) {
    let at = stages;
    for (let q = population(i).incoming; q; q = q!.nextIncoming) {
      q.stage = at;
      at += <usize>align(stageBytes(q));
    }
  }
  return true;
}

/** Room for a staged map, with what a kernel may read past its end. */
function align(bytes: u64): u64 {
  return bytes ? (bytes + 63) & ~31 : 0;
}
