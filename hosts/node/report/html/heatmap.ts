/** Heat maps. */

import { type Filled, NEGATIVE, SPIKES } from "./cells.ts";
import type { Band } from "./charts.ts";
import { drawLanes, keysOfShades, type Lane } from "./lanes.ts";
import type { Cell, Figure, Heading, Key, Numbers } from "./parts.ts";
import { keyOfRamp } from "./series.ts";

/** Rows of a heat map that belong together. */
export interface HeatGroup {
  /** Stands above it; none where it is empty. */
  readonly name: string;
  /** Names of the rows. */
  readonly rows: readonly string[];
  /** For each row one value per column; null is left empty. */
  readonly values: readonly (readonly (number | null)[])[];
  readonly bands?: readonly Band[];
}

export interface Heatmap extends Heading {
  readonly groups: readonly HeatGroup[];
  readonly x: { readonly label: string; readonly from?: number };
  /** Names of the columns where they are not numbered. */
  readonly columns?: readonly string[];
  /** What values are, with the unit. */
  readonly value: string;
  /** What stands for a full cell; else the largest value, of each group by itself with `each`. */
  readonly most?: number | "each";
}

/** Rows of a group up to which each has its name. */
const MOST_NAMED = 40;

/** Values from none (as the paper) to the most (full colour). Values below zero are drawn in the other colour. */
export function heatmap(spec: Heatmap): Figure {
  const { groups, x, columns, value, most, ...heading } = spec;
  const all = typeof most === "number" ? most : largest(groups);
  const width = Math.max(...groups.map(({ values }) => Math.max(...values.map(({ length }) => length))));
  const from = x.from ?? 0;
  const named = groups.every(({ rows }) => rows.length <= MOST_NAMED && rows.some((name) => name !== ""));
  const lanes = groups.map((group): Lane => {
    const full = most === "each" ? largest([group]) : all;
    const cells = cellsOf(group, full, from);
    const rows = group.values.length;
    return {
      name: group.name,
      labels: named ? group.rows : [],
      rows,
      height: named ? 16 : rows <= 4 ? 8 : rows <= 20 ? 4 : rows <= 64 ? 2 : 1,
      cells,
      bands: group.bands ?? [],
    };
  });
  return {
    kind: "figure",
    ...heading,
    drawing: drawLanes({ lanes, x: { label: x.label, from, to: from + width }, columns }),
    keys: [...keysOfValues(spec), ...keysOfShades(lanes)],
    numbers: numbersOf(spec),
  };
}

/** The largest value, whatever its sign. */
export function largest(groups: readonly HeatGroup[]): number {
  return groups.reduce((a, { values }) => values.flat().reduce<number>((b, v) => Math.max(b, Math.abs(v ?? 0)), a), 0);
}

/** The cells of a group; `full` is the value of a full one, `from` the x of the first column. */
export function cellsOf({ values }: HeatGroup, full: number, from: number): Filled[] {
  return values.flatMap((row, r) =>
    row.flatMap((v, k) =>
      v === null || v === 0
        ? []
        : [{ row: r, x: from + k, share: Math.min(1, Math.abs(v) / full), colour: v < 0 ? NEGATIVE : SPIKES }],
    ),
  );
}

type Values = Pick<Heatmap, "groups" | "x" | "columns" | "value" | "most">;

/** Keys of the colours. */
export function keysOfValues({ groups, value, most }: Values): Key[] {
  const negative = groups.some(({ values }) => values.some((row) => row.some((v) => v !== null && v < 0)));
  const end = most === "each" ? "the largest of each" : Number((most ?? largest(groups)).toPrecision(3));
  return [keyOfRamp(`${value}: 0 … ${end}`, SPIKES), ...(negative ? [keyOfRamp("below zero", NEGATIVE)] : [])];
}

/** One row for each row of each group. */
export function numbersOf({ groups, x, columns }: Values): Numbers {
  const width = Math.max(...groups.flatMap(({ values }) => values.map(({ length }) => length)));
  const names = Array.from({ length: width }, (_, k) => columns?.[k] ?? `${x.label} ${(x.from ?? 0) + k}`);
  return {
    columns: ["", "", ...names],
    rows: groups.flatMap(({ name, rows, values }) =>
      values.map((row, r): Cell[] => [name, rows[r] ?? String(r), ...names.map((_, k) => row[k] ?? null)]),
    ),
  };
}
