/** Pictures of cells along x, in lanes one below the other: rasters of spikes, and heat maps. */

import * as Plot from "@observablehq/plot";
import type { Band } from "./charts.ts";
import { custom, drawing, type Make } from "./draw.ts";
import type { Cell, Drawing, Figure, Heading, Key } from "./parts.ts";
import { keyOfFill, keyOfRamp, opacity, type Shade, shade } from "./series.ts";

/** One cell, from x to x + 1. */
interface Filled {
  readonly row: number;
  readonly x: number;
  /** How full its colour is, above 0 to 1. */
  readonly share: number;
  readonly colour: string;
}

interface Lane {
  /** Stands above it; none where it is empty. */
  readonly name: string;
  /** Names of the rows, left of them; none where there are too many to read. */
  readonly labels: readonly string[];
  readonly rows: number;
  /** Of a row, pixels. */
  readonly height: number;
  readonly cells: readonly Filled[];
  readonly bands: readonly Band[];
}

/** Degrees of fullness that are told apart. */
const DEGREES = 16;

/** Left of lanes without names of rows: half of the axis's first number. */
const LEFT = 6;

/** Pixels of a line of text, and its characters' at most. */
const LINE = 17;
const CHARACTER = 6.6;

export const SPIKES = "var(--spikes)";
export const NEGATIVE = "var(--negative)";

/** The end of a text that does not fit: names of layers begin alike. */
function fitted(text: string, pixels: number): string {
  const most = Math.floor(pixels / CHARACTER);
  return text.length <= most ? text : `…${text.slice(text.length - most + 1)}`;
}

/** Cells of one colour and degree are one path. */
function paths(lane: Lane, top: number, x: (value: number) => number, make: Make): SVGElement[] {
  const found = new Map<string, { colour: string; degree: number; path: string[] }>();
  const column = new Map<number, string>();
  for (const { row, x: at, share, colour } of lane.cells) {
    const degree = Math.max(1, Math.ceil(share * DEGREES));
    const key = `${colour} ${degree}`;
    const group = found.get(key) ?? { colour, degree, path: [] };
    found.set(key, group);
    const span = column.get(at) ?? `${x(at).toFixed(1)} ${(x(at + 1) - x(at)).toFixed(1)}`;
    column.set(at, span);
    const [left, width] = span.split(" ");
    group.path.push(`M${left} ${top + row * lane.height}h${width}v${lane.height}h-${width}z`);
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

function drawLane(
  lane: Lane,
  top: number,
  left: number,
  width: number,
  x: (value: number) => number,
  make: Make,
): SVGElement[] {
  const begin = top + (lane.name === "" ? 0 : LINE);
  const high = lane.rows * lane.height;
  const name =
    lane.name === ""
      ? []
      : [make("text", { x: LEFT, y: top + 12, "text-anchor": "start" }, fitted(lane.name, width - 6))];
  const bands = lane.bands.map(({ from, to, shade: kind }) =>
    make("rect", { x: x(from), y: begin, width: x(to) - x(from), height: high, fill: shade(kind), stroke: "none" }),
  );
  const frame = make("rect", {
    x: left,
    y: begin,
    width: width - left - 10,
    height: high,
    fill: "none",
    stroke: "currentColor",
    "stroke-opacity": 0.25,
  });
  const labels = lane.labels.map((label, row) =>
    make(
      "text",
      { x: left - 5, y: begin + (row + 0.5) * lane.height, dy: "0.35em", "text-anchor": "end" },
      fitted(label, left - 8),
    ),
  );
  return [...name, ...bands, ...paths(lane, begin, x, make), frame, ...labels];
}

interface LanesSpec {
  readonly lanes: readonly Lane[];
  readonly x: { readonly label: string; readonly from: number; readonly to: number };
  /** Names of the columns where they are no numbers. */
  readonly columns?: readonly string[] | undefined;
}

function drawLanes({ lanes, x, columns }: LanesSpec): Drawing {
  const gap = 7;
  const heights = lanes.map(({ name, rows, height }) => (name === "" ? 0 : LINE) + rows * height + gap);
  const total = heights.reduce((sum, height) => sum + height, 0);
  const longest = Math.max(0, ...lanes.flatMap(({ labels }) => labels.map(({ length }) => length)));
  return drawing((width) => {
    const left = longest === 0 ? LEFT : Math.min(longest * CHARACTER + 10, width * 0.36);
    const axis = columns
      ? Plot.axisX(
          columns.map((_, i) => x.from + i + 0.5),
          { label: x.label, tickFormat: (value) => columns[Math.floor(value - x.from)] ?? "", tickSize: 3 },
        )
      : Plot.axisX({ label: x.label, ticks: width / 70, tickFormat: (value) => String(value) });
    return {
      height: total + 42,
      marginTop: 2,
      marginBottom: 40,
      marginLeft: left,
      marginRight: 10,
      x: { domain: [x.from, x.to] },
      y: { axis: null, domain: [total, 0], range: [total + 2, 2] },
      marks: [
        custom(({ x: scale }, make) => {
          let top = 2;
          return lanes.flatMap((lane, i) => {
            const drawn = drawLane(lane, top, left, width, scale as (value: number) => number, make);
            top += heights[i];
            return drawn;
          });
        }),
        axis,
      ],
    };
  });
}

/** One population of a raster. */
export interface RasterLane {
  readonly name: string;
  readonly neurons: number;
  readonly bands: readonly Band[];
  /** Spikes: time steps, neurons and signs (1 or −1), in the same order. */
  readonly times: ArrayLike<number>;
  readonly indices: ArrayLike<number>;
  readonly signs?: ArrayLike<number>;
}

export interface Raster extends Heading {
  readonly lanes: readonly RasterLane[];
  /** Time steps, from 0. */
  readonly steps: number;
}

/** Rows of a population, at most: of a larger one several neurons share a row. */
const MOST_ROWS = 32;

/** Spikes of some neurons in one step. */
interface Bin {
  readonly row: number;
  readonly t: number;
  positive: number;
  negative: number;
}

function binsOf({ times, indices, signs }: RasterLane, perRow: number): Bin[] {
  const bins = new Map<number, Bin>();
  for (let i = 0; i < times.length; i++) {
    const row = Math.floor(indices[i] / perRow);
    const key = times[i] * 2 ** 20 + row;
    const bin = bins.get(key) ?? { row, t: times[i], positive: 0, negative: 0 };
    bins.set(key, bin);
    if (signs && signs[i] < 0) bin.negative++;
    else bin.positive++;
  }
  return [...bins.values()].sort((a, b) => a.t - b.t || a.row - b.row);
}

/** Spikes of each population along time: a cell is as full as the share of its neurons that spiked. */
export function raster(spec: Raster): Figure {
  const { lanes, steps, caption, ...heading } = spec;
  const binned = lanes.map((lane) => {
    const perRow = Math.ceil(lane.neurons / MOST_ROWS);
    const rows = Math.ceil(lane.neurons / perRow);
    return { lane, perRow, rows, bins: binsOf(lane, perRow) };
  });
  const signed = binned.some(({ bins }) => bins.some(({ negative }) => negative > 0));
  const together = binned.some(({ perRow }) => perRow > 1);
  const drawn = binned.map(
    ({ lane, perRow, rows, bins }): Lane => ({
      name: `${lane.name} (${lane.neurons} neurons${perRow > 1 ? `, ${perRow} a row` : ""})`,
      labels: [],
      rows,
      height: rows <= 2 ? 8 : rows <= 12 ? 4 : 2,
      bands: lane.bands,
      cells: bins.map(({ row, t, positive, negative }) => {
        const sharing = Math.min(perRow, lane.neurons - row * perRow);
        return {
          row,
          x: t,
          share: Math.min(1, (positive + negative) / sharing),
          colour: negative > positive ? NEGATIVE : SPIKES,
        };
      }),
    }),
  );
  const aggregated = together
    ? "Where several neurons share a row, a cell is as full as the share of them that spiked."
    : "";
  return {
    kind: "figure",
    ...heading,
    caption: [caption, aggregated].filter(Boolean).join(" "),
    drawing: drawLanes({ lanes: drawn, x: { label: "time step", from: 0, to: steps } }),
    keys: [
      together ? keyOfRamp("spikes: few … all neurons of a row", SPIKES) : keyOfFill("spike", SPIKES),
      ...(signed ? [keyOfFill("mostly negative spikes", NEGATIVE)] : []),
      ...keysOfShades(drawn),
    ],
    numbers: perStep(binned, signed),
    csv: perCell(binned, signed),
  };
}

const NAMES: Readonly<Record<Shade, string>> = { accumulating: "accumulating", firing: "firing" };

function keysOfShades(lanes: readonly Lane[]): Key[] {
  const shades = new Set(lanes.flatMap(({ bands }) => bands.map((band) => band.shade)));
  return [...shades].map((name) => keyOfFill(NAMES[name], shade(name)));
}

type Binned = { readonly lane: RasterLane; readonly perRow: number; readonly bins: readonly Bin[] };

function perStep(binned: readonly Binned[], signed: boolean): Figure["numbers"] {
  const rows = binned.flatMap(({ lane, bins }) => {
    const sums = new Map<number, [number, number]>();
    for (const { t, positive, negative } of bins) {
      const sum = sums.get(t) ?? [0, 0];
      sums.set(t, [sum[0] + positive, sum[1] + negative]);
    }
    return [...sums].map(([t, [positive, negative]]): Cell[] => [
      lane.name,
      t,
      positive + negative,
      ...(signed ? [negative] : []),
    ]);
  });
  return { columns: ["population", "time step", "spikes", ...(signed ? ["negative"] : [])], rows };
}

function perCell(binned: readonly Binned[], signed: boolean): Figure["numbers"] {
  const rows = binned.flatMap(({ lane, perRow, bins }) =>
    bins.map(({ row, t, positive, negative }): Cell[] => [
      lane.name,
      t,
      row * perRow,
      Math.min((row + 1) * perRow, lane.neurons) - 1,
      positive + negative,
      ...(signed ? [negative] : []),
    ]),
  );
  const columns = ["population", "time step", "first neuron", "last neuron", "spikes"];
  return { columns: [...columns, ...(signed ? ["negative"] : [])], rows };
}

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
  const largest = (some: readonly HeatGroup[]): number =>
    some.reduce((a, { values }) => values.flat().reduce<number>((b, v) => Math.max(b, Math.abs(v ?? 0)), a), 0);
  const all = typeof most === "number" ? most : largest(groups);
  const width = Math.max(...groups.map(({ values }) => Math.max(...values.map(({ length }) => length))));
  const from = x.from ?? 0;
  const named = groups.every(({ rows }) => rows.length <= MOST_NAMED && rows.some((name) => name !== ""));
  const lanes = groups.map((group): Lane => {
    const full = most === "each" ? largest([group]) : all;
    const cells = group.values.flatMap((row, r) =>
      row.flatMap((v, k) =>
        v === null || v === 0
          ? []
          : [{ row: r, x: from + k, share: Math.min(1, Math.abs(v) / full), colour: v < 0 ? NEGATIVE : SPIKES }],
      ),
    );
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
  const negative = groups.some(({ values }) => values.some((row) => row.some((v) => v !== null && v < 0)));
  const end = most === "each" ? "the largest of each group" : Number(all.toPrecision(3));
  return {
    kind: "figure",
    ...heading,
    drawing: drawLanes({ lanes, x: { label: x.label, from, to: from + width }, columns }),
    keys: [
      keyOfRamp(`${value}: 0 … ${end}`, SPIKES),
      ...(negative ? [keyOfRamp("below zero", NEGATIVE)] : []),
      ...keysOfShades(lanes),
    ],
    numbers: {
      columns: ["", "", ...Array.from({ length: width }, (_, k) => columns?.[k] ?? `${x.label} ${from + k}`)],
      rows: groups.flatMap(({ name, rows, values }) =>
        values.map((row, r): Cell[] => [
          name,
          rows[r] ?? String(r),
          ...Array.from({ length: width }, (_, k) => row[k] ?? null),
        ]),
      ),
    },
  };
}
