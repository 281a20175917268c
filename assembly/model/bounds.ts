/** Proves that no sum of a run can leave 32 bits. */
import { aboutPopulation, aboutProjection } from "../network/about";
import { mark, release, reserve } from "../network/arena";
import { largestValue, population, populationCount, projection, projectionCount } from "../network/network";
import { Population } from "../network/population";
import { Pool, Projection } from "../network/projection";
import { hasThresholds, isWeighted } from "../neurons/neurons";
import { fail, sayNumber } from "../message/message";
import { largestBias } from "./tensors";

const LIMIT: u64 = 1 << 31;
const POOLED_LIMIT: u64 = 1 << 24;

/** Checks that no potential and no pooled sum can overflow (docs/format.md, *Rules*); false leaves a message. */
export function checkBounds(): bool {
  for (let j: u32 = 0; j < projectionCount; j++) {
    const q = projection(j);
    if (q.pool != Pool.SUM || largestValue(q) < POOLED_LIMIT) continue;
    aboutProjection(q, "sum-pools values that can reach ");
    sayNumber(largestValue(q));
    return fail("; they must stay below 16777216");
  }
  const before = mark();
  for (let i: u32 = 0; i < populationCount; i++) {
    const p = population(i);
    if (isWeighted(p) && !checkPopulation(p)) return false;
    release(before);
  }
  return true;
}

/** Per channel, u64: how far one period can take a potential, |bias| + Σ|weight|·value, cut at 2^31. */
let bounds: usize = 0;

function checkPopulation(p: Population): bool {
  if (!computeBounds(p)) return false;
  for (let c: u32 = 0; c < p.channels; c++) {
    let most = load<u64>(bounds + ((<usize>c) << 3));
    if (hasThresholds(p)) {
      most += max(<u64>load<i32>(p.initial + ((<usize>c) << 2)), ((<u64>1) << load<u8>(p.shift + c)) - 1);
    }
    if (most < LIMIT) continue;
    aboutPopulation(p, "could overflow: |bias| + initial + Σ|weight|·value in channel ");
    sayNumber(c);
    return fail(" must stay below 2147483648");
  }
  return true;
}

/** Fills in the bounds of a population; false (with a message) where memory ends. */
function computeBounds(p: Population): bool {
  bounds = reserve(p.channels, 8);
  if (!bounds) return false;
  for (let c: u32 = 0; c < p.channels; c++) store<u64>(bounds + ((<usize>c) << 3), largestBias(p, c));
  for (let q = p.incoming; q; q = q!.nextIncoming) {
    for (let o: u32 = 0; o < q.targetCount; o++) {
      const total = bounds + ((<usize>(q.targetFirst + o)) << 3);
      // Both factors and the running sum are cut at the limit, so that nothing wraps.
      const more = min(sumOfWeights(q, o), LIMIT) * largestValue(q);
      store<u64>(total, min(load<u64>(total) + more, LIMIT));
    }
  }
  return true;
}

/** Σ|weight| of one target channel. */
function sumOfWeights(q: Projection, channel: u32): u64 {
  const count = (q.sourceCount / q.groups) * q.kernelH * q.kernelW;
  return q.weightBits == 8
    ? sumBytes(q.weight + <usize>channel * count, count)
    : sumWords(q.weight + <usize>channel * count * 2, count);
}

function sumBytes(pointer: usize, count: u32): u64 {
  let total: u64 = 0;
  let i: u32 = 0;
  while (i + 16 <= count) {
    let lanes = i32x4.splat(0);
    // |−128| is 128 as an unsigned byte, so the sums are exact.
    const end = min(count - 15, i + 0x8000);
    for (; i < end; i += 16) {
      const pairs = i16x8.extadd_pairwise_i8x16_u(i8x16.abs(v128.load(pointer + i)));
      lanes = i32x4.add(lanes, i32x4.extadd_pairwise_i16x8_u(pairs));
    }
    total +=
      <u64>i32x4.extract_lane(lanes, 0) +
      i32x4.extract_lane(lanes, 1) +
      i32x4.extract_lane(lanes, 2) +
      i32x4.extract_lane(lanes, 3);
  }
  for (; i < count; i++) total += <u64>abs(<i32>load<i8>(pointer + i));
  return total;
}

function sumWords(pointer: usize, count: u32): u64 {
  let total: u64 = 0;
  for (let i: u32 = 0; i < count; i++) total += <u64>abs(<i32>load<i16>(pointer + ((<usize>i) << 1)));
  return total;
}
