/** Many small heat maps side by side. */

import { fitted, paths } from "./cells.ts";
import { custom, drawing } from "./draw.ts";
import { cellsOf, type HeatGroup, type Heatmap, keysOfValues, largest, numbersOf } from "./heatmap.ts";
import type { Figure } from "./parts.ts";

/** Pixels: cells of a panel are so high together, and panels so wide at least. */
const HIGH = 80;
const LEAST_WIDE = 104;
const GAP = 12;
const TITLE = 17;

/** One small heat map for each group, with its name above; rows and columns have no names but in the numbers. */
export function panels(spec: Omit<Heatmap, "columns">): Figure {
  const { groups, x, value, most, ...heading } = spec;
  const all = typeof most === "number" ? most : largest(groups);
  const fullOf = (group: HeatGroup): number => (most === "each" ? largest([group]) : all);
  return {
    kind: "figure",
    ...heading,
    drawing: drawing((width) => {
      const across = Math.floor((width + GAP) / (LEAST_WIDE + GAP));
      const wide = (width + GAP) / across - GAP;
      return {
        height: Math.ceil(groups.length / across) * (TITLE + HIGH + GAP),
        margin: 0,
        marks: [
          custom((_, make) =>
            groups.flatMap((group, i) => {
              const left = (i % across) * (wide + GAP);
              const top = Math.floor(i / across) * (TITLE + HIGH + GAP) + TITLE;
              const columns = Math.max(1, ...group.values.map(({ length }) => length));
              const place = (column: number): number => left + (column * wide) / columns;
              const frame = { x: left, y: top, width: wide, height: HIGH };
              return [
                make("text", { x: left, y: top - 5, "text-anchor": "start" }, fitted(group.name, wide)),
                ...paths(cellsOf(group, fullOf(group), 0), top, HIGH / group.values.length, place, make),
                make("rect", { ...frame, fill: "none", stroke: "currentColor", "stroke-opacity": 0.25 }),
              ];
            }),
          ),
        ],
      };
    }),
    keys: keysOfValues(spec),
    numbers: numbersOf(spec),
  };
}
