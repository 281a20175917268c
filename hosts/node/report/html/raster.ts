/** Rasters of spikes. */

import { NEGATIVE, SPIKES } from "./cells.ts";
import type { Band } from "./charts.ts";
import { drawLanes, keysOfShades, type Lane } from "./lanes.ts";
import type { Cell, Figure, Heading } from "./parts.ts";
import { keyOfFill, keyOfRamp } from "./series.ts";

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

/** Rows of a population, at most, of few populations and of many: of a larger one several neurons share a row. */
const MOST_ROWS = [32, 16] as const;
const FEW_LANES = 12;

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
  const few = lanes.length <= FEW_LANES;
  const most = MOST_ROWS[few ? 0 : 1];
  const binned = lanes.map((lane) => {
    const perRow = Math.ceil(lane.neurons / most);
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
      height: (rows <= 2 ? 8 : rows <= 12 ? 4 : 2) * (few ? 1 : 0.625),
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
