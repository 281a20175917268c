/** Cells of a raster or heat map, and the text beside them. */

import type { Make } from "./draw.ts";
import { opacity } from "./series.ts";

/** One cell, from x to x + 1. */
export interface Filled {
  readonly row: number;
  readonly x: number;
  /** How full its colour is, above 0 to 1. */
  readonly share: number;
  readonly colour: string;
}

/** Degrees of fullness that are told apart. */
const DEGREES = 16;

export const SPIKES = "var(--spikes)";
export const NEGATIVE = "var(--negative)";

/** Pixels that a character takes at most. */
export const CHARACTER = 6.6;

/** The end of a text that does not fit: names of layers begin alike. */
export function fitted(text: string, pixels: number): string {
  const most = Math.floor(pixels / CHARACTER);
  return text.length <= most ? text : `…${text.slice(text.length - most + 1)}`;
}

/**
 * Draws cells; those of one colour and degree are one path.
 * @param top of the first row, pixels
 * @param height of a row
 */
export function paths(
  cells: readonly Filled[],
  top: number,
  height: number,
  x: (value: number) => number,
  make: Make,
): SVGElement[] {
  const found = new Map<string, { colour: string; degree: number; path: string[] }>();
  const column = new Map<number, string>();
  for (const { row, x: at, share, colour } of cells) {
    const degree = Math.max(1, Math.ceil(share * DEGREES));
    const key = `${colour} ${degree}`;
    const group = found.get(key) ?? { colour, degree, path: [] };
    found.set(key, group);
    const span = column.get(at) ?? `${x(at).toFixed(1)} ${(x(at + 1) - x(at)).toFixed(1)}`;
    column.set(at, span);
    const [left, width] = span.split(" ");
    group.path.push(`M${left} ${top + row * height}h${width}v${height}h-${width}z`);
  }
  return [...found.values()].map(({ colour, degree, path }) =>
    make("path", {
      d: path.join(""),
      fill: colour,
      "fill-opacity": opacity(degree / DEGREES).toFixed(2),
      stroke: "none",
    }),
  );
}
