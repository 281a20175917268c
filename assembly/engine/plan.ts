/** Plans all memory of period mode, once. */
import { covers, planSegments } from "../projections/convolve";
import { planGeometry, stageBytes } from "../projections/geometry";
import { pack } from "../projections/pack";
import { planPooled, setStages } from "../projections/stage";
import { isWeighted, planNeurons } from "../neurons/neurons";
import { planActivity } from "./activity";
import { continueAt, mark, reserve } from "../network/arena";
import {
  HANDED,
  handOver,
  population,
  populationCount,
  projection,
  projectionCount,
  takeOver,
} from "../network/network";
import { THREADS, setThread, thread } from "../network/part";
import { planOutputs } from "./outputs";
import { planSums } from "./period";
import { planShares, threads } from "./shares";
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
  if (THREADS ? !planCrew() : !planScratch()) return false;
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

/** What an instance that joins takes over: the network, where the leader's stages lie, and rooms for the scratch of others, each of a size. */
const handed: usize = THREADS ? memory.data(HANDED + 12) : 0;

/** Plans the parts of populations, and scratch memory for each thread; false leaves a message. */
function planCrew(): bool {
  if (!planShares()) return false;
  const before = mark();
  if (!planScratch()) return false;
  // Threads' memories lie lines of the cache apart.
  const bytes = (mark() - before + 127) & ~63;
  const rooms = threads > 1 ? reserve(threads - 1, bytes) : 0;
  handOver(handed);
  store<usize>(handed, stages, HANDED);
  store<usize>(handed, rooms, HANDED + 4);
  store<u32>(handed, <u32>bytes, HANDED + 8);
  return threads == 1 || rooms != 0;
}

/** Makes an instance in the memory of another, which has loaded a model, a thread that helps. */
export function joinCrew(thread: u32): void {
  setThread(thread);
  takeOver(handed);
  continueAt(<u64>load<usize>(handed, HANDED + 4) + <u64>(thread - 1) * load<u32>(handed, HANDED + 8));
  planScratch();
  setStages(stages - load<usize>(handed, HANDED));
}

let stages: usize = 0;

/** Reserves room for the staged maps of one population's projections; false leaves a message. */
function planStages(bytes: u64): bool {
  const at = reserve(bytes, 1);
  if (!at) return false;
  if (THREADS) {
    stages = at;
    // Records are those of all threads.
    if (thread) return true;
  }
  for (let i: u32 = 1; i < populationCount; i++) {
    let to = at;
    for (let q = population(i).incoming; q; q = q!.nextIncoming) {
      q.stage = to;
      to += <usize>align(stageBytes(q));
    }
  }
  return true;
}

/** Room for a staged map, with what a kernel may read past its end. */
function align(bytes: u64): u64 {
  return bytes ? (bytes + 63) & ~31 : 0;
}
