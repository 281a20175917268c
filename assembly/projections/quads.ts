/**
 * Packs int8 weights for the quad kernel. Per block of 8 output channels, 16-aligned:
 *
 *   u32 groups of four, u32 groups of two; for each, fours first, a u32 offset of its values from where a window begins;
 *   then, 16-aligned, int8 weights [quads][8 outputs][4 values] in the same order.
 *
 * A group is of 4 or 2 neighbouring quads whose sums of products cannot leave 16 bits, whatever the levels: they are added
 * up before they are widened. A quad that fits no group goes with one of zeros.
 */
import { BLOCK } from "../kernels/block";
import { reserveZeroed } from "../network/arena";
import { largestValue } from "../network/network";
import { Projection } from "../network/projection";

/** Bytes of the weights of a quad. */
const QUAD_BYTES: u32 = BLOCK * 4;

/** Reserves and fills a projection's packed weights; false (with a message) where memory ends. */
export function packQuads(p: Projection): bool {
  p.packed = reserveZeroed(layBlocks(p, 0), 1);
  if (!p.packed) return false;
  layBlocks(p, p.packed);
  return true;
}

/** Lays all blocks at `to`, or with 0 only counts their bytes; returns where they end. */
function layBlocks(p: Projection, to: usize): usize {
  const outputs = p.targetCount / p.groups;
  const writing = to != 0;
  for (let g: u32 = 0; g < p.groups; g++) {
    for (let o: u32 = 0; o < outputs; o += BLOCK) to = layBlock(p, g * outputs + o, min(BLOCK, outputs - o), to, writing);
  }
  return to;
}

/** Counts of groups of both sizes; while writing, where the next one's offset and weights belong. */
let fours: usize = 0;
let twos: usize = 0;
let fourWeights: usize = 0;
let twoWeights: usize = 0;

function layBlock(p: Projection, first: u32, outputs: u32, block: usize, writing: bool): usize {
  fours = 0;
  twos = 0;
  layGroups(p, first, outputs, false);
  const endFours = block + 8 + (fours << 2);
  const weights = (endFours + (twos << 2) + 15) & ~15;
  const end = weights + (fours * 4 + twos * 2) * QUAD_BYTES;
  if (!writing) return end;
  store<u32>(block, <u32>fours);
  store<u32>(block, <u32>twos, 4);
  fourWeights = weights;
  twoWeights = weights + fours * 4 * QUAD_BYTES;
  fours = block + 8;
  twos = endFours;
  layGroups(p, first, outputs, true);
  return end;
}

/** Divides the runs of a block into groups, and counts or writes them. */
function layGroups(p: Projection, first: u32, outputs: u32, writing: bool): void {
  const perOutput = p.runsH * p.runsW * p.runLength;
  let run = p.weight + <usize>first * perOutput;
  for (let y: u32 = 0; y < p.runsH; y++) {
    for (let x: u32 = 0; x < p.runsW; x++, run += p.runLength) {
      for (let i: u32 = 0; i < p.runLength; ) {
        // What is left of a run after the last four is few.
        const four = i + 12 < p.runLength && fits(p, run, perOutput, outputs, i, 4);
        const quads: u32 = four || fits(p, run, perOutput, outputs, i, 2) ? (four ? 4 : 2) : 1;
        if (writing) {
          store<u32>(four ? fours : twos, y * p.runBytesH + x * p.runBytesW + i);
          if (four) fourWeights = write(p, run, perOutput, outputs, i, 4, fourWeights);
          else twoWeights = write(p, run, perOutput, outputs, i, quads, twoWeights) + (2 - quads) * QUAD_BYTES;
        }
        const step: usize = writing ? 4 : 1;
        if (four) fours += step;
        else twos += step;
        i += quads << 2;
      }
    }
  }
}

/** Writes the weights of some quads, those of the values from `i` on, and returns where they end. */
function write(p: Projection, run: usize, perOutput: u32, outputs: u32, i: u32, quads: u32, to: usize): usize {
  for (const end = i + (quads << 2); i < end; i += 4, to += QUAD_BYTES) {
    for (let o: u32 = 0; o < outputs; o++) {
      for (let j: u32 = 0; j < 4; j++) store<u8>(to + (o << 2) + j, weightAt(p, run + o * perOutput, i + j));
    }
  }
  return to;
}

/** What is past a run's end is zero. */
function weightAt(p: Projection, run: usize, i: u32): i32 {
  return i < p.runLength ? <i32>load<i8>(run + i) : 0;
}

/** Whether sums over quads stay in 16 bits: each is over every other pair of values, which are at most 2^K − 1. */
function fits(p: Projection, run: usize, perOutput: u32, outputs: u32, i: u32, quads: u32): bool {
  const limit = 32767 / <i32>largestValue(p);
  for (let o: u32 = 0; o < outputs; o++, run += perOutput) {
    for (let pair: u32 = 0; pair < 4; pair += 2) {
      let least = 0;
      let most = 0;
      for (let at = i + pair, end = i + (quads << 2); at < end; at += 4) {
        for (let j: u32 = 0; j < 2; j++) {
          const weight = weightAt(p, run, at + j);
          least += min(weight, 0);
          most += max(weight, 0);
        }
      }
      if (max(most, -least) > limit) return false;
    }
  }
  return true;
}
