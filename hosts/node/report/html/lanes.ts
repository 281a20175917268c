/** Cells along x, in lanes one below the other. */

import * as Plot from "@observablehq/plot";
import { CHARACTER, type Filled, fitted, paths } from "./cells.ts";
import type { Band } from "./charts.ts";
import { custom, drawing, type Make } from "./draw.ts";
import type { Drawing, Key } from "./parts.ts";
import { keyOfFill, type Shade, shade } from "./series.ts";

export interface Lane {
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

/** Left of lanes without names of rows: half of the axis's first number. */
const LEFT = 6;

/** Pixels of a line of text. */
const LINE = 17;

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
  return [...name, ...bands, ...paths(lane.cells, begin, lane.height, x, make), frame, ...labels];
}

interface LanesSpec {
  readonly lanes: readonly Lane[];
  readonly x: { readonly label: string; readonly from: number; readonly to: number };
  /** Names of the columns where they are no numbers. */
  readonly columns?: readonly string[] | undefined;
}

export function drawLanes({ lanes, x, columns }: LanesSpec): Drawing {
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

const NAMES: Readonly<Record<Shade, string>> = { accumulating: "accumulating", firing: "firing" };

/** Keys of what is shaded behind some lanes. */
export function keysOfShades(lanes: readonly Lane[]): Key[] {
  const shades = new Set(lanes.flatMap(({ bands }) => bands.map((band) => band.shade)));
  return [...shades].map((name) => keyOfFill(NAMES[name], shade(name)));
}
