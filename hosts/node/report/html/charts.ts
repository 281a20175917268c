/** Charts: lines, bars, dots. */

import * as Plot from "@observablehq/plot";
import { drawing } from "./draw.ts";
import type { Cell, Figure, Heading, Key } from "./parts.ts";
import { keyOf, keyOfFill, look, type Shade, shade } from "./series.ts";

/** An axis. */
export interface AxisSpec {
  readonly label: string;
  /** Logarithmic, to this base; values must be above zero. */
  readonly log?: 2 | 10;
  /** Lowest and highest value shown; else those of the data. */
  readonly domain?: readonly [number, number];
  /** Values are shares from 0 to 1, shown as per cent. */
  readonly percent?: boolean;
}

/** Values along x. */
export interface Series {
  readonly name: string;
  /** Pairs x, y; where y is null the line is broken. */
  readonly points: readonly (readonly [x: number, y: number | null])[];
  /** `step`: a value holds until the next x; `points`: dots without a line. Default `line`. */
  readonly style?: "line" | "step" | "points";
}

/** A line across the chart at a value of one axis. */
export interface Rule {
  readonly axis: "x" | "y";
  readonly value: number;
  readonly label: string;
}

/** A stretch of x that is shaded. */
export interface Band {
  readonly from: number;
  readonly to: number;
  readonly shade: Shade;
}

export interface LineChart extends Heading {
  readonly x: AxisSpec;
  readonly y: AxisSpec;
  readonly series: readonly Series[];
  readonly rules?: readonly Rule[];
  readonly bands?: readonly Band[];
  /** Pixels. Default 320. */
  readonly height?: number;
}

/** Symbols on a line, at most. */
const SYMBOLS_ON_A_LINE = 7;

function axis({ label, log, domain, percent }: AxisSpec, ticks: number): Plot.ScaleOptions & { grid: boolean } {
  return {
    label,
    grid: true,
    ticks,
    ...(log && { type: "log" as const, base: log, tickFormat: "~s" }),
    ...(domain && { domain: [...domain] }),
    ...(percent && { tickFormat: (value: number) => `${Number((100 * value).toFixed(6))} %` }),
  };
}

/** Numbers from here on are written with a letter for the thousands, as there is no room for more digits. */
const LONG = 1e5;

/** How numbers of an axis are written where they are long. */
function shortened(values: readonly (number | null)[]): Plot.ScaleOptions {
  const long = values.some((value) => value !== null && Math.abs(value) >= LONG);
  return long ? { tickFormat: "~s" } : {};
}

/** Some points of a line, evenly spread; series begin at different ones, so that symbols do not hide each other. */
function marked<T>(points: readonly T[], index: number): T[] {
  if (points.length <= SYMBOLS_ON_A_LINE) return [...points];
  const stride = points.length / SYMBOLS_ON_A_LINE;
  const first = ((index * 0.37) % 1) * stride;
  return Array.from({ length: SYMBOLS_ON_A_LINE }, (_, k) => points[Math.floor(first + k * stride)]);
}

/** Whether a dot lies within the axes; lines are cut off at their ends instead. */
function within([x, y]: readonly [number, number], axes: { readonly x: AxisSpec; readonly y: AxisSpec }): boolean {
  const [[left, right], [lo, hi]] = [axes.x, axes.y].map(({ domain }) => domain ?? [-Infinity, Infinity]);
  return x >= left && x <= right && y >= lo && y <= hi;
}

function linesOf(
  { points, style = "line" }: Series,
  index: number,
  axes: { readonly x: AxisSpec; readonly y: AxisSpec },
): Plot.Markish[] {
  const { colour, dash, symbol, fill } = look(index);
  const drawn = points.filter(
    (point): point is readonly [number, number] => point[1] !== null && within([point[0], point[1]], axes),
  );
  const dots = Plot.dot(style === "points" ? drawn : marked(drawn, index), {
    symbol,
    r: 3.5,
    stroke: colour,
    fill,
  });
  if (style === "points") return [dots];
  const line = Plot.line(points as [number, number | null][], {
    stroke: colour,
    strokeWidth: 2,
    strokeDasharray: dash,
    curve: style === "step" ? "step-after" : "linear",
    clip: true,
  });
  return style === "step" ? [line] : [line, dots];
}

function ruleOf({ axis, value, label }: Rule): Plot.Markish[] {
  const rule = { stroke: "currentColor", strokeOpacity: 0.6, strokeDasharray: "1 3", strokeWidth: 1.5 };
  const text = { text: [label], fill: "currentColor", stroke: "var(--paper)", strokeWidth: 4 };
  return axis === "y"
    ? [Plot.ruleY([value], rule), Plot.text([value], { ...text, y: (v) => v, frameAnchor: "right", dy: -8 })]
    : [
        Plot.ruleX([value], rule),
        Plot.text([value], { ...text, x: (v) => v, frameAnchor: "top", dx: 5, textAnchor: "start" }),
      ];
}

function bandsOf(bands: readonly Band[]): Plot.Markish[] {
  return bands.map(({ from, to, shade: name }) => Plot.rect([0], { x1: from, x2: to, fill: shade(name) }));
}

function keysOfBands(bands: readonly Band[]): Key[] {
  return [...new Set(bands.map(({ shade }) => shade))].map((name) => keyOfFill(name, shade(name)));
}

/** One row per x, one column per series. */
function byX(series: readonly Series[]): Cell[][] {
  const rows = new Map<number, Cell[]>();
  series.forEach(({ points }, k) => {
    for (const [at, value] of points) {
      const row = rows.get(at) ?? [at, ...series.map(() => null)];
      row[k + 1] = value;
      rows.set(at, row);
    }
  });
  return [...rows.values()].sort((a, b) => Number(a[0]) - Number(b[0]));
}

/** Values along an axis, one line per series. */
export function lineChart(spec: LineChart): Figure {
  const { x, y, series, rules = [], bands = [], height = 320, ...heading } = spec;
  return {
    kind: "figure",
    ...heading,
    drawing: drawing((width) => ({
      height,
      marginLeft: 54,
      marginRight: 14,
      marginTop: 28,
      marginBottom: 40,
      x: axis(x, width / 80),
      y: {
        ...shortened(series.flatMap(({ points }) => points.map((point) => point[1]))),
        ...axis(y, height / 50),
        nice: !y.domain,
      },
      marks: [...bandsOf(bands), ...rules.flatMap(ruleOf), ...series.flatMap((one, i) => linesOf(one, i, { x, y }))],
    })),
    keys: [...series.map(({ name, style }, i) => keyOf(name, i, style ?? "line")), ...keysOfBands(bands)],
    numbers: { columns: [x.label, ...series.map(({ name }) => name)], rows: byX(series) },
  };
}

export interface Bars extends Heading {
  readonly x: AxisSpec;
  /** What the bars stand for. */
  readonly categories: readonly string[];
  /** For each series one value per category; null has no bar. */
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
}

/** A value beside its bar. */
function valueText(value: number, percent: boolean | undefined): string {
  if (percent) return `${Number((100 * value).toPrecision(3))} %`;
  return value >= 1e5 ? value.toExponential(2) : String(Number(value.toPrecision(3)));
}

/** Bars that lie, one for each category and series. */
export function bars(spec: Bars): Figure {
  const { x, categories, series, ...heading } = spec;
  const all = categories.flatMap((category, i) => series.map(({ values }, k) => ({ category, k, value: values[i] })));
  const drawn = all.flatMap(({ value, ...bar }) => (value === null ? [] : [{ ...bar, value }]));
  const bar = 15;
  const label = 17;
  const lane = label + series.length * bar + 7;
  const most = Math.max(...drawn.map(({ value }) => value));
  const least = x.log ? Math.min(...drawn.map(({ value }) => value)) / 2 : 0;
  const y = ({ category, k }: { category: string; k: number }) => categories.indexOf(category) * lane + label + k * bar;
  return {
    kind: "figure",
    ...heading,
    drawing: drawing((width) => ({
      height: categories.length * lane + 40,
      margin: 0,
      marginBottom: 40,
      marginLeft: 10,
      marginRight: 70,
      x: { ...axis({ domain: [least, most], ...x }, width / 90), ...(x.log && { clamp: true }) },
      y: { axis: null, domain: [categories.length * lane, 0] },
      marks: [
        ...series.map((_, index) =>
          Plot.rect(
            drawn.filter(({ k }) => k === index),
            {
              x1: x.domain?.[0] ?? least,
              x2: "value",
              y1: y,
              y2: (d: { category: string; k: number }) => y(d) + bar - 3,
              fill: look(index).colour,
            },
          ),
        ),
        Plot.text(drawn, {
          x: "value",
          y: (d) => y(d) + bar / 2 - 1,
          text: ({ value }) => valueText(value, x.percent),
          textAnchor: "start",
          dx: 4,
        }),
        Plot.text(categories, {
          frameAnchor: "left",
          dx: 1,
          y: (_, i) => i * lane + label / 2,
          text: (name) => name,
          fontWeight: 600,
        }),
      ],
    })),
    keys: series.length > 1 ? series.map(({ name }, i) => keyOfFill(name, look(i).colour)) : [],
    numbers: {
      columns: ["", ...series.map(({ name }) => name)],
      rows: categories.map((category, i) => [category, ...series.map(({ values }) => values[i])]),
    },
  };
}

export interface Scatter extends Heading {
  readonly x: AxisSpec;
  readonly y: AxisSpec;
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
  /** Whether to draw where x and y are equal. */
  readonly diagonal?: boolean;
}

/** Dots that are drawn, at most. */
const MOST_DOTS = 3000;

/** Pairs of values as dots. Of very many some are drawn, evenly taken; the CSV holds all. */
export function scatter(spec: Scatter): Figure {
  const { x, y, series, diagonal, caption, ...heading } = spec;
  const total = series.reduce((sum, { points }) => sum + points.length, 0);
  const stride = Math.max(1, total / MOST_DOTS);
  const some = series.map(({ points }) =>
    Array.from({ length: Math.floor(points.length / stride) }, (_, k) => points[Math.floor(k * stride)]),
  );
  const values = series.flatMap(({ points }) => points.flat());
  const ends = values.reduce(([lo, hi], value) => [Math.min(lo, value), Math.max(hi, value)], [Infinity, -Infinity]);
  const left = stride > 1 ? `Of ${total} dots ${some.flat().length} are drawn.` : "";
  return {
    kind: "figure",
    ...heading,
    caption: [caption, left].filter(Boolean).join(" "),
    drawing: drawing((width) => ({
      height: Math.min(width, 460),
      marginLeft: 54,
      marginTop: 28,
      marginBottom: 40,
      x: axis(x, width / 80),
      y: { ...shortened(values), ...axis(y, 8) },
      marks: [
        ...(diagonal
          ? [
              Plot.line([ends.slice(0, 1).concat(ends[0]), [ends[1], ends[1]]] as [number, number][], {
                stroke: "currentColor",
                strokeOpacity: 0.6,
                strokeDasharray: "4 3",
                clip: true,
              }),
            ]
          : []),
        ...some.map((points, i) => {
          const { colour, symbol } = look(i);
          return Plot.dot(points as [number, number][], {
            symbol,
            r: total > 500 ? 1.5 : 2.5,
            stroke: colour,
            strokeOpacity: 0.6,
            strokeWidth: 1,
            fill: colour,
            fillOpacity: 0.2,
            clip: true,
          });
        }),
      ],
    })),
    keys: series.length > 1 ? series.map(({ name }, i) => keyOf(name, i, "points")) : [],
    numbers: {
      columns: ["series", x.label, y.label],
      rows: series.flatMap(({ name, points }) => points.map(([a, b]) => [name, a, b])),
    },
  };
}
