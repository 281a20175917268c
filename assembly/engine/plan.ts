/** Plans all memory of period mode, once. */
import { covers, setSegments } from "../projections/convolve";
import { planGeometry, stageBytes } from "../projections/geometry";
import { pack } from "../projections/pack";
import { setPooled } from "../projections/stage";
import { planNeurons } from "../neurons/bistable";
import { Key, at } from "../model/keys";
import { planActivity } from "./activity";
import { reserve, reserveZeroed } from "../network/arena";
import { isGraded, phaseCoded, phases, population, populationCount, projection, projectionCount, setPadding, setSamples } from "../network/network";
import { planOutputs } from "./outputs";
import { Kind, Population } from "../network/population";
import { Kernel, Pool } from "../network/projection";

/** int32 sums computed at once: few enough for the second-level cache, many because each tile reads all weights again. */
const TILE_BYTES: u32 = 1 << 17;
/** And at least so many positions. */
const LEAST_POSITIONS: u32 = 64;

/** Sums of the tile being computed. */
export let sums: usize = 0;

/** Reserves everything a period needs; false leaves a message. */
export function plan(): bool {
  if (!planInput() || !planActivity() || !planOutputs()) return false;
  for (let j: u32 = 0; j < projectionCount; j++) if (!planGeometry(projection(j))) return false;
  for (let i: u32 = 1; i < populationCount; i++) if (!planPopulation(population(i))) return false;
  if (!planScratch()) return false;
  for (let j: u32 = 0; j < projectionCount; j++) {
    const q = projection(j);
    if (q.kernel == Kernel.RELAY) continue;
    const source = population(q.source);
    if (q.inPlace) {
      q.stage = source.levels + (<usize>q.stageTop * source.width + <usize>q.stageLeft) * source.channels + q.sourceFirst;
    }
    if (!pack(q)) return false;
  }
  return true;
}

function planInput(): bool {
  const input = population(0);
  const samples = reserveZeroed(input.neurons, 1);
  const padding = reserve(input.channels, 1);
  if (!samples || !padding) return false;
  input.levels = phaseCoded ? reserveZeroed(input.neurons, 1) : samples;
  if (!input.levels) return false;
  for (let c: u32 = 0; c < input.channels; c++) {
    store<u8>(padding + c, <u8>(at(Key.ZERO_POINT, c) >> (phaseCoded ? 8 - phases : 0)));
  }
  setSamples(samples);
  setPadding(padding);
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
  if (p.kind == Kind.SYNCHRONOUS) {
    // It repeats its source's levels: in period mode it is another name for them. Only samples are cut to levels.
    p.relay = isGraded(p.incoming!) ? 0 : population(p.incoming!.source).levels;
    p.levels = p.relay ? p.relay : reserveZeroed(p.neurons, 1);
    return p.levels != 0;
  }
  order(p);
  if (p.kind == Kind.OUTPUT) p.potentials = reserveZeroed(p.neurons, 4);
  else p.levels = reserveZeroed(p.neurons, 1);
  if (!p.potentials && !p.levels) return false;
  const positions = max(LEAST_POSITIONS, TILE_BYTES / 4 / p.pitch);
  p.tileWidth = min(p.width, positions);
  p.tileHeight = min(p.height, max(1, positions / p.width));
  return planNeurons(p);
}

/** The scratch memory that all populations share, one at a time. */
function planScratch(): bool {
  let sumBytes: u64 = 0;
  let entries: u64 = 0;
  let channels: u64 = 0;
  let staged: u64 = 0;
  for (let i: u32 = 1; i < populationCount; i++) {
    const p = population(i);
    if (p.kind == Kind.SYNCHRONOUS) continue;
    const tile = <u64>p.tileHeight * p.tileWidth;
    entries = max(entries, tile + 3 * p.tileHeight);
    sumBytes = max(sumBytes, tile * p.pitch * 4);
    let own: u64 = 0;
    for (let q = p.incoming; q; q = q!.nextIncoming) {
      own += align(stageBytes(q));
      if (q.pool != Pool.NONE) channels = max(channels, q.sourceCount);
    }
    staged = max(staged, own);
  }
  sums = reserve(sumBytes, 1);
  const segments = reserve(entries, 16);
  const pooled = reserve(channels, 4);
  const stages = reserve(staged, 1);
  if (!sums || !segments || !pooled || !stages) return false;
  setSegments(segments);
  setPooled(pooled);
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
