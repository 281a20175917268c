/** Packs the file's weights [O][KH][KW][I/groups] into the order in which the period kernels read them. */
import { BLOCK } from "../kernels/block";
import { QUADS } from "../kernels/quad";
import { reserve, reserveZeroed } from "../network/arena";
import { Kernel, Projection } from "../network/projection";
import { packQuads } from "./quads";

function load8or16(q: Projection, pointer: usize): i32 {
  return q.weightBits == 8 ? <i32>load<i8>(pointer) : <i32>load<i16>(pointer);
}

/** Reserves and fills a projection's packed weights; false (with a message) where memory ends. */
export function pack(q: Projection): bool {
  if (QUADS && q.kernel == Kernel.QUAD) return packQuads(q);
  if (!listOffsets(q)) return false;
  // Each channel of a depthwise kernel has its own source: all together are one group, whose only strip are the taps.
  const depthwise = q.kernel == Kernel.DEPTHWISE;
  const strips: u32 = depthwise ? 1 : q.stripsH * q.stripsW;
  const length = depthwise ? q.kernelH * q.kernelW : q.stripLength;
  const outputs = depthwise ? q.targetCount : q.targetCount / q.groups;
  const values: u32 = q.kernel == Kernel.WIDE ? 1 : 2;
  // The plain path for wide values has int32 weights; but for the kernel of int8 ones all others are widened.
  const bytes = !QUADS && q.kernel == Kernel.BYTES;
  const size: u32 = q.kernel == Kernel.WIDE ? 4 : bytes ? 1 : 2;
  const turnBytes = BLOCK * values * size;
  const turns = (length + values - 1) / values;
  // int8 weights are taken by two pairs: where a strip has an odd number of them, the last one is of zeros.
  const odd = bytes && (turns & 1) != 0;
  const blocks = (outputs + BLOCK - 1) / BLOCK;
  const blockBytes = <u64>strips * (odd ? turns + 1 : turns) * turnBytes;
  q.packed = reserveZeroed(<u64>blocks * (q.targetCount / outputs), blockBytes);
  if (!q.packed) return false;
  // What has been reserved is below 2^32.
  const perBlock = <u32>blockBytes;
  q.blockBytes = perBlock;
  let from = q.weight;
  for (let o: u32 = 0; o < q.targetCount; o++) {
    const within = o % outputs;
    // Per strip and turn, each output has its `values` weights side by side; what is padding stays zero.
    let turn = q.packed + ((o / outputs) * blocks + within / BLOCK) * perBlock + (within % BLOCK) * values * size;
    for (let r = strips; r > 0; r--) {
      for (let i: u32 = 0; i < length; turn += turnBytes) {
        for (let to = turn, end = min(i + values, length); i < end; i++, to += size, from += q.weightBits >> 3) {
          const weight = load8or16(q, from);
          if (size == 1) store<u8>(to, weight);
          else if (size == 2) store<u16>(to, weight);
          else store<i32>(to, weight);
        }
      }
      if (odd) turn += turnBytes;
    }
  }
  return true;
}

/** Lists where in a window the values of each turn lie; false (with a message) where memory ends. */
function listOffsets(q: Projection): bool {
  const values: u32 = q.kernel == Kernel.WORDS ? 2 : !QUADS && q.kernel == Kernel.BYTES ? 4 : 1;
  const perStrip = (q.stripLength + values - 1) / values;
  const count = q.stripsH * q.stripsW * perStrip;
  q.offsets = reserve(<u64>count + 1, 4);
  if (!q.offsets) return false;
  let to = q.offsets;
  for (let y: u32 = 0; y < q.stripsH; y++) {
    for (let x: u32 = 0; x < q.stripsW; x++) {
      let offset = y * q.stripBytesH + x * q.stripBytesW;
      for (let s = perStrip; s > 0; s--, to += 4, offset += values * q.valueSize) store<u32>(to, offset);
    }
  }
  // A depthwise turn takes two taps: an odd last one goes with itself, at weight zero.
  if (q.kernel == Kernel.DEPTHWISE && count & 1) {
    store<u32>(to, load<u32>(to - 4));
    to += 4;
  }
  q.endOffsets = to;
  return true;
}
