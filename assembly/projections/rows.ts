/** The step engine's own weights: [KH][I][KW, last first][outputs of a group], so that what one spike adds is contiguous. */
import { reserveZeroed } from "../network/arena";
import { population } from "../network/network";
import { Projection } from "../network/projection";

/** Below so many outputs a row is no vector. */
export const FEW: u32 = 4;

/** Reserves and fills a projection's rows; false (with a message) where memory ends. */
export function planRows(p: Projection): bool {
  if (!p.weight) return true;
  const outputs = p.targetCount / p.groups;
  const inputs = p.sourceCount / p.groups;
  // Few outputs are added one by one and need no padding.
  p.rowLength = outputs < FEW ? outputs : (outputs + 7) & ~7;
  const target = population(p.target);
  p.rowsJoin = p.strideW == 1 && p.dilationW == 1 && p.groups == 1 && outputs >= FEW && p.targetCount == target.pitch;
  const size = p.weightBits >> 3;
  p.rows = reserveZeroed(<u64>p.kernelH * p.kernelW * p.sourceCount * p.rowLength, size);
  if (!p.rows) return false;
  let from = p.weight;
  for (let o: u32 = 0; o < p.targetCount; o++) {
    const firstInput = (o / outputs) * inputs;
    const output = o % outputs;
    for (let ky: u32 = 0; ky < p.kernelH; ky++) {
      for (let kx: u32 = 0; kx < p.kernelW; kx++) {
        for (let i: u32 = 0; i < inputs; i++, from += size) {
          const row = (<usize>ky * p.sourceCount + firstInput + i) * p.kernelW + (p.kernelW - 1 - kx);
          const to = p.rows + (row * p.rowLength + output) * size;
          if (size == 1) store<u8>(to, load<u8>(from));
          else store<u16>(to, load<u16>(from));
        }
      }
    }
  }
  return true;
}
