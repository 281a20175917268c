/** The step engine's own weights: [KH][I][KW, last first][outputs of a group], so that what one spike adds is contiguous. */
import { reserveZeroed } from "../network/arena";
import { population } from "../network/network";
import { Projection } from "../network/projection";

/** Below so many outputs a row is no vector. */
export const FEW: u32 = 4;

/** Reserves and fills a projection's rows; false (with a message) where memory ends. */
export function planRows(q: Projection): bool {
  if (!q.weight) return true;
  const outputs = q.targetCount / q.groups;
  const inputs = q.sourceCount / q.groups;
  // Few outputs are added one by one and need no padding.
  q.rowLength = outputs < FEW ? outputs : (outputs + 7) & ~7;
  const target = population(q.target);
  q.rowsJoin = q.strideW == 1 && q.dilationW == 1 && q.groups == 1 && outputs >= FEW && q.targetCount == target.pitch;
  const size = q.weightBits >> 3;
  q.rows = reserveZeroed(<u64>q.kernelH * q.kernelW * q.sourceCount * q.rowLength, size);
  if (!q.rows) return false;
  let from = q.weight;
  for (let o: u32 = 0; o < q.targetCount; o++) {
    const firstInput = (o / outputs) * inputs;
    const output = o % outputs;
    for (let ky: u32 = 0; ky < q.kernelH; ky++) {
      for (let kx: u32 = 0; kx < q.kernelW; kx++) {
        for (let i: u32 = 0; i < inputs; i++, from += size) {
          const row = (<usize>ky * q.sourceCount + firstInput + i) * q.kernelW + (q.kernelW - 1 - kx);
          const to = q.rows + (row * q.rowLength + output) * size;
          if (size == 1) store<u8>(to, load<u8>(from));
          else store<u16>(to, load<u16>(from));
        }
      }
    }
  }
  return true;
}
