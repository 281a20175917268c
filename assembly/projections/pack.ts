/** Packs the file's weights [O][KH][KW][I/groups] into the order in which the period kernels read them. */
import { reserve, reserveZeroed } from "../network/arena";
import { Kernel, Projection } from "../network/projection";

/** Values multiplied in one step of a kernel. */
export function valuesPerStep(kernel: u32): u32 {
  return kernel == Kernel.QUAD ? 4 : kernel == Kernel.PAIR ? 2 : 1;
}

/** Output channels of a block. */
export const BLOCK: u32 = 8;

/** Bytes of a packed weight: the plain path for wide values has int32. */
function weightBytes(p: Projection): u32 {
  return p.kernel == Kernel.WIDE ? 4 : p.weightBits >> 3;
}

/** Bytes of a packed block. */
export function blockBytes(p: Projection): u32 {
  const values = valuesPerStep(p.kernel);
  return BLOCK * p.runsH * p.runsW * ((p.runLength + values - 1) / values) * values * weightBytes(p);
}

function load8or16(p: Projection, pointer: usize): i32 {
  return p.weightBits == 8 ? <i32>load<i8>(pointer) : <i32>load<i16>(pointer);
}

/** Reserves and fills a projection's packed weights; false (with a message) where memory ends. */
export function pack(p: Projection): bool {
  if (p.kernel == Kernel.DEPTHWISE) return packDepthwise(p);
  const outputs = p.targetCount / p.groups;
  const blocks = (outputs + BLOCK - 1) / BLOCK;
  const perBlock = blockBytes(p);
  p.packed = reserveZeroed(<u64>blocks * p.groups, perBlock);
  if (!p.packed) return false;
  p.packedGroupBytes = blocks * perBlock;
  const values = valuesPerStep(p.kernel);
  const size = weightBytes(p);
  const stepBytes = BLOCK * values * size;
  let from = p.weight;
  for (let o: u32 = 0; o < p.targetCount; o++) {
    const within = o % outputs;
    // Per run and step, each output has its `values` weights side by side; what is padding stays zero.
    let step = p.packed + (o / outputs) * p.packedGroupBytes + within / BLOCK * perBlock + (within % BLOCK) * values * size;
    for (let r = p.runsH * p.runsW; r > 0; r--) {
      for (let i: u32 = 0; i < p.runLength; step += stepBytes) {
        for (let to = step, end = min(i + values, p.runLength); i < end; i++, to += size, from += p.weightBits >> 3) {
          const weight = load8or16(p, from);
          if (size == 1) store<u8>(to, weight);
          else if (size == 2) store<u16>(to, weight);
          else store<i32>(to, weight);
        }
      }
    }
  }
  return true;
}

/** Blocks of 8 channels; per pair of taps, for each channel its two weights. */
function packDepthwise(p: Projection): bool {
  const taps = p.kernelH * p.kernelW;
  const pairs = (taps + 1) >> 1;
  const blocks = (p.targetCount + 7) >> 3;
  p.tapPairs = pairs;
  p.packed = reserveZeroed(<u64>blocks * pairs * 16, 2);
  p.taps = reserve(<u64>pairs * 2, 4);
  if (!p.packed || !p.taps) return false;
  for (let tap: u32 = 0; tap < pairs * 2; tap++) {
    // An odd last tap is paired with itself, at weight zero.
    const real = min(tap, taps - 1);
    const offset = (real / p.kernelW) * p.runBytesH + (real % p.kernelW) * p.runBytesW;
    store<u32>(p.taps + (<usize>tap << 2), offset);
  }
  for (let c: u32 = 0; c < p.targetCount; c++) {
    const lane = (c >> 3) * pairs * 16 + (c & 7) * 2;
    for (let tap: u32 = 0; tap < taps; tap++) {
      const to = <usize>(lane + (tap >> 1) * 16 + (tap & 1));
      store<i16>(p.packed + (to << 1), load8or16(p, p.weight + (<usize>c * taps + tap) * (p.weightBits >> 3)));
    }
  }
  return true;
}
