/** Maxima over windows of values of either sign, two values at a time: max(a, b) = a + relu(b − a). */

import { Refusal } from "../../refusal.ts";
import type { Builder } from "../builder.ts";
import { take } from "../take.ts";
import { larger } from "./activation.ts";
import type { PaddedWindows } from "./windows.ts";

/** Values of one window along an axis; each but the first is a comparison of maps. */
const MOST_TAPS = 64;

/**
 * The largest (sign 1) or smallest (−1) value of every window, as a tensor with the operand's axes. Padding is ignored.
 * @param perAxis one per axis
 * @returns the name of a tensor that holds it
 * @throws Refusal for long windows, or windows of nothing but padding
 */
export function tournament(
  builder: Builder,
  sign: 1 | -1,
  operand: string,
  axes: readonly number[],
  perAxis: readonly PaddedWindows[],
): string {
  if (perAxis.some(({ kernel }) => kernel > 1)) builder.identity(operand);
  return axes.reduce((tensor, axis, k) => along(builder, sign, tensor, axis, perAxis[k]), operand);
}

function along(builder: Builder, sign: 1 | -1, operand: string, axis: number, windows: PaddedWindows): string {
  const size = builder.value(operand).layout.dims[axis];
  const lists = taps(windows, size);
  const isWhole = (list: readonly number[]) => list.length === size && list.every((index, k) => index === k);
  let players = lists.map((list) => (isWhole(list) ? operand : taken(builder, operand, axis, list)));
  while (players.length > 1) {
    const winners: string[] = [];
    for (let k = 0; k < players.length; k += 2) {
      const [a, b] = players.slice(k, k + 2);
      if (b === undefined) {
        winners.push(a);
        continue;
      }
      const winner = builder.graph.derive(sign > 0 ? "Max" : "Min", [a, b]);
      larger(builder, sign, a, b, winner);
      winners.push(winner);
    }
    players = winners;
  }
  return players[0];
}

/** Per tap the index that each window reads; a tap in the padding reads another of its window, no two lists are alike. */
function taps({ kernel, stride, dilation, begin, size: count }: PaddedWindows, size: number): number[][] {
  const windows = Array.from({ length: count }, (_, position) => {
    const inside = Array.from({ length: kernel }, (_, k) => position * stride + k * dilation - begin).filter(
      (index) => index >= 0 && index < size,
    );
    if (inside.length === 0) throw new Refusal("takes the maximum of padding alone; windows over values are supported");
    return inside;
  });
  const most = windows.reduce((longest, window) => Math.max(longest, window.length), 0);
  if (most > MOST_TAPS) {
    throw new Refusal(
      `takes the maximum of ${most} values along an axis, of either sign; up to ${MOST_TAPS} are supported`,
    );
  }
  const lists = Array.from({ length: kernel }, (_, k) =>
    windows.map((inside, position) => {
      const index = position * stride + k * dilation - begin;
      return Math.min(Math.max(index, inside[0]), inside.at(-1)!);
    }),
  );
  const seen = new Set<string>();
  return lists.filter((list) => {
    const key = list.join();
    return !seen.has(key) && seen.add(key);
  });
}

function taken(builder: Builder, operand: string, axis: number, list: readonly number[]): string {
  const name = builder.graph.derive("Gather", [operand, { dims: [list.length], data: Float64Array.from(list) }], {
    axis,
  });
  const { form, layout } = take(builder.value(operand), axis, list);
  builder.set(name, builder.held(name, form, layout));
  return name;
}
