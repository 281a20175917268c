/** Rows for integrate-and-fire neurons: the step engine's, times what a spike of each source channel is worth. */
import { aboutPopulation } from "../network/about";
import { reserve } from "../network/arena";
import { largestValue, population, populationCount, sendsCurrent } from "../network/network";
import { Population } from "../network/population";
import { Pool, Projection } from "../network/projection";
import { fail, sayNumber } from "../message/message";
import { worthOf } from "../neurons/comparison";
import { isRelay, originOf } from "../neurons/neurons";
import { largestBias } from "../model/tensors";

const LIMIT: u64 = 1 << 31;

/** Per channel of a target, u64: how far one step can take its potential. */
let sums: usize = 0;

/** Reserves the rows and what proves that they are not too large; false leaves a message. */
export function planWide(): bool {
  let pitch: u64 = 0;
  for (let i: u32 = 1; i < populationCount; i++) {
    const p = population(i);
    pitch = max(pitch, p.pitch);
    for (let q = p.incoming; q && !isRelay(p); q = q!.nextIncoming) {
      q.wideRows = reserve(<u64>q.kernelH * q.kernelW * q.sourceCount * q.rowLength, 4);
      if (!q.wideRows) return false;
    }
  }
  sums = reserve(pitch, 8);
  return sums != 0;
}

/** Fills the rows; false (with a message) where a step could take a potential beyond 32 bits. */
export function widen(): bool {
  for (let i: u32 = 1; i < populationCount; i++) if (!isRelay(population(i)) && !widenInto(population(i))) return false;
  return true;
}

function widenInto(p: Population): bool {
  for (let c: u32 = 0; c < p.channels; c++) store<u64>(sums + ((<usize>c) << 3), largestBias(p, c));
  for (let q = p.incoming; q; q = q!.nextIncoming) widenRows(q);
  for (let c: u32 = 0; c < p.channels; c++) {
    if (load<u64>(sums + ((<usize>c) << 3)) < LIMIT) continue;
    aboutPopulation(p, "could overflow: with these thresholds Σ|weight|·worth + |bias| in channel ");
    sayNumber(c);
    return fail(" must stay below 2147483648");
  }
  return true;
}

function widenRows(q: Projection): void {
  const origin = originOf(population(q.source));
  const outputs = q.targetCount / q.groups;
  const inputs = q.sourceCount / q.groups;
  // An input sends its levels at every step.
  const times: u64 =
    origin.index == 0
      ? sendsCurrent(0)
        ? 255
        : largestValue(q)
      : q.pool == Pool.SUM
        ? q.poolKernelH * q.poolKernelW
        : 1;
  let at: usize = 0;
  for (let ky: u32 = 0; ky < q.kernelH; ky++) {
    for (let i: u32 = 0; i < q.sourceCount; i++) {
      const worth = worthOf(origin, q.sourceFirst + i);
      const first = q.targetFirst + (i / inputs) * outputs;
      for (let kx: u32 = 0; kx < q.kernelW; kx++) {
        for (let o: u32 = 0; o < q.rowLength; o++, at++) {
          const weight = q.weightBits == 8 ? <i32>load<i8>(q.rows + at) : <i32>load<i16>(q.rows + (at << 1));
          store<i32>(q.wideRows + (at << 2), weight * worth);
          if (o >= outputs) continue;
          const sum = sums + ((<usize>(first + o)) << 3);
          store<u64>(sum, min(load<u64>(sum) + <u64>abs(weight * worth) * times, LIMIT));
        }
      }
    }
  }
}
