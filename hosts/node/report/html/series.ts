/** How series are told apart: by colour, and without it by dashes and symbols. */

import * as Plot from "@observablehq/plot";
import { sample } from "./draw.ts";
import type { Key } from "./parts.ts";

/** Colours of the page's style: Okabe and Ito's, which are told apart with any colour vision. */
const COLOURS = 7;
const DASHES = ["none", "7 3", "2 3", "9 3 2 3", "4 2", "12 4", "1 4"] as const;
const SYMBOLS = ["circle", "square", "triangle", "diamond", "cross", "star", "wye"] as const;

export interface Look {
  readonly colour: string;
  readonly dash: string;
  readonly symbol: (typeof SYMBOLS)[number];
  /** Symbols are filled, or rings where the colours begin again. */
  readonly fill: string;
}

/** The look of the series of an index. */
export function look(index: number): Look {
  const turn = Math.floor(index / COLOURS);
  const colour = `var(--series-${index % COLOURS})`;
  return {
    colour,
    dash: DASHES[(index + turn) % DASHES.length],
    symbol: SYMBOLS[(index + turn) % SYMBOLS.length],
    fill: turn % 2 === 0 ? colour : "var(--paper)",
  };
}

/** The colour of a shade, `firing` or `accumulating`. */
export const shade = (name: Shade): string => `var(--${name})`;

/** What stands behind a drawing where neurons fire or accumulate. */
export type Shade = "firing" | "accumulating";

/** The key of a series. */
export function keyOf(name: string, index: number, style: "line" | "step" | "points"): Key {
  const { colour, dash, symbol, fill } = look(index);
  const dot = Plot.dot([[0.5, 0.5]], { symbol, r: 3.5, stroke: colour, fill });
  const line = Plot.line(
    [
      [0, 0.5],
      [1, 0.5],
    ],
    { stroke: colour, strokeWidth: 2, strokeDasharray: dash },
  );
  const marks = { line: [line, dot], step: [line], points: [dot] };
  return { name, sample: sample(marks[style]) };
}

/** The key of a shade or of cells of full colour. */
export function keyOfFill(name: string, fill: string): Key {
  return { name, sample: sample([Plot.rect([0], { x1: 0, x2: 1, y1: 0, y2: 1, fill })], 20) };
}

/** How much of its colour a cell has that is so full (0…1): the least can be told from none. */
export const opacity = (share: number): number => 0.15 + 0.85 * share;

/** The key of cells from none to the most. */
export function keyOfRamp(name: string, fill: string): Key {
  const steps = [0.1, 0.25, 0.4, 0.55, 0.7, 0.85, 1];
  const marks = steps.map((fillOpacity, i) =>
    Plot.rect([0], {
      x1: i / steps.length,
      x2: (i + 1) / steps.length,
      y1: 0,
      y2: 1,
      fill,
      fillOpacity: opacity(fillOpacity),
    }),
  );
  return { name, sample: sample(marks, 56) };
}
