/** Packs the file's weights [O][KH][KW][I/groups] into the order in which the period kernels read them. */
import { reserve, reserveZeroed } from "../network/arena";
import { Kernel, Projection } from "../network/projection";

/** Values multiplied in one step of a kernel. */
export function valuesPerStep(kernel: u32): u32 {
  return kernel == Kernel.QUAD ? 4 : kernel == Kernel.PAIR ? 2 : 1;
}

/** Output channels of the block that begins `left` channels before the end of a group. */
export function blockSize(kernel: u32, left: u32): u32 {
  return kernel == Kernel.WIDE || left <= 4 ? 4 : 8;
}

/** Bytes of a packed block. */
export function blockBytes(p: Projection, outputs: u32): u32 {
  const values = valuesPerStep(p.kernel);
  return outputs * p.runsH * p.runsW * ((p.runLength + values - 1) / values) * values * (p.weightBits >> 3);
}

/** Reserves and fills a projection's packed weights; false (with a message) where memory ends. */
export function pack(p: Projection): bool {
  if (p.kernel == Kernel.DEPTHWISE) return packDepthwise(p);
  const outputs = p.targetCount / p.groups;
  const values = valuesPerStep(p.kernel);
  const run = <u64>((p.runLength + values - 1) / values) * values;
  const padded = <u64>(outputs & ~7) + ((outputs & 7) == 0 ? 0 : (outputs & 7) <= 4 || p.kernel == Kernel.WIDE ? (outputs + 3 & ~3) - (outputs & ~7) : 8);
  const groupValues = padded * p.runsH * p.runsW * run;
  p.packed = reserveZeroed(groupValues * p.groups, p.weightBits >> 3);
  if (!p.packed) return false;
  p.packedGroupBytes = <u32>(groupValues * (p.weightBits >> 3));
  for (let g: u32 = 0; g < p.groups; g++) {
    let to = p.packed + <usize>g * p.packedGroupBytes;
    for (let o: u32 = 0; o < outputs; ) {
      const block = blockSize(p.kernel, outputs - o);
      const count = min(block, outputs - o);
      if (p.weightBits == 8) packBlock<i8>(p, to, g * outputs + o, count, block, values);
      else packBlock<i16>(p, to, g * outputs + o, count, block, values);
      to += blockBytes(p, block);
      o += block;
    }
  }
  return true;
}

/** One block: per run and step, for each output its `values` weights. What is padding stays zero. */
function packBlock<W>(p: Projection, to: usize, first: u32, count: u32, block: u32, values: u32): void {
  const runs = p.runsH * p.runsW;
  const length = p.runLength;
  const perOutput = <usize>runs * length * sizeof<W>();
  for (let o: u32 = 0; o < count; o++) {
    let from = p.weight + <usize>(first + o) * perOutput;
    let at = to + o * values * sizeof<W>();
    for (let r: u32 = 0; r < runs; r++) {
      for (let i: u32 = 0; i < length; ) {
        const n = min(values, length - i);
        for (let k: u32 = 0; k < n; k++) {
          store<W>(at + k * sizeof<W>(), load<W>(from));
          from += sizeof<W>();
        }
        at += block * values * sizeof<W>();
        i += n;
      }
    }
  }
}

/** Blocks of 8 channels; per pair of taps, for each channel its two weights. */
function packDepthwise(p: Projection): bool {
  const taps = p.kernelH * p.kernelW;
  const pairs = (taps + 1) >> 1;
  const blocks = (p.targetCount + 7) >> 3;
  p.tapPairs = pairs;
  p.packed = reserveZeroed(<u64>blocks * pairs * 16, p.weightBits >> 3);
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
      const from = <usize>c * taps + tap;
      if (p.weightBits == 8) store<i8>(p.packed + to, load<i8>(p.weight + from));
      else store<i16>(p.packed + (to << 1), load<i16>(p.weight + (from << 1)));
    }
  }
  return true;
}
