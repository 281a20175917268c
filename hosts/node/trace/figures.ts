/** A recording as the sections of a report. */

import { encode } from "fast-png";
import type { Network } from "../../../bindings/types.ts";
import { positionOf } from "../networks/timing.ts";
import {
  type Figure,
  image,
  lineChart,
  type Part,
  panels,
  paragraph,
  raster,
  type Section,
  table,
} from "../report/html/index.ts";
import { count, percent, shapeText, significant } from "../report/terminal.ts";
import type { Course, Lane, OutputCourse, Recording } from "./record.ts";

/** Populations in a picture, rows of a panel, and classes in a chart, at most. */
const MOST_LANES = 36;
const MOST_PANELS = 48;
const MOST_ROWS = 32;
const MOST_CLASSES = 5;

/** Characters above a panel, without the index. */
const SHORT = 12;

/** Some of many, evenly spread, the first and the last among them. */
function spread<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, k) => items[Math.round((k * (items.length - 1)) / (most - 1))]);
}

const spikesOf = ({ times }: Lane): number => times.length;

/** What is left out of a picture of populations; nothing where all are there. */
function leftOut(drawn: number, all: number, where: string): string {
  return drawn === all ? "" : `Of ${all} populations ${drawn} are drawn, evenly spread; ${where} has all.`;
}

function bandsOf({
  timing: { accumulating, firing },
}: Lane): { from: number; to: number; shade: "accumulating" | "firing" }[] {
  return [
    { ...accumulating, shade: "accumulating" as const },
    { ...firing, shade: "firing" as const },
  ].filter(({ from, to }) => to > from);
}

function rasterOf({ lanes, steps }: Recording): Figure {
  const taking = lanes.filter(
    ({ timing: { accumulating, firing } }) => firing.to > firing.from || accumulating.to > accumulating.from,
  );
  const drawn = spread(taking, MOST_LANES);
  return raster({
    name: "spikes",
    title: "Spikes of each population",
    caption: [
      "One lane for each population, one column for each time step, the first neuron above.",
      leftOut(drawn.length, taking.length, "the table of populations"),
    ].join(" "),
    steps,
    lanes: drawn.map((lane) => {
      const { population, neurons, times, indices, signs } = lane;
      const relay = population.kind === "synchronous" ? ", relay" : "";
      return { name: `${population.name}${relay}`, neurons, bands: bandsOf(lane), times, indices, signs };
    }),
  });
}

function spikesPerStep({ lanes, steps, schedule }: Recording): Figure {
  const [all, negative] = [new Array<number>(steps).fill(0), new Array<number>(steps).fill(0)];
  for (const { times, signs } of lanes) {
    for (let i = 0; i < times.length; i++) {
      all[times[i]]++;
      if (signs[i] < 0) negative[times[i]]++;
    }
  }
  const points = (counts: readonly number[]) => [...counts, 0].map((value, t): [number, number] => [t, value]);
  return lineChart({
    name: "spikes-per-step",
    title: "Spikes in each time step",
    x: { label: "time step" },
    y: { label: "spikes" },
    height: 220,
    series: [
      { name: schedule ? "spikes of either sign" : "spikes", style: "step", points: points(all) },
      ...(schedule ? [{ name: "negative spikes", style: "step" as const, points: points(negative) }] : []),
    ],
  });
}

/** A neuron as people name it. */
export function neuronName({ lane: { population }, neuron }: Course): string {
  return `${population.name}, ${positionOf(population, neuron).join(",")}`;
}

function courseOf(course: Course, i: number, { phases }: Recording): Figure {
  const { lane, neuron, potential, threshold, lower, spikes } = course;
  const { accumulating, firing } = lane.timing;
  const [from, to] = [accumulating.from, Math.min(firing.to, potential.length - 1)];
  const within = (values: readonly (number | null)[]): [number, number | null][] =>
    values.map((value, t): [number, number | null] => [t, value]).filter(([t]) => t >= from && t <= to);
  const level = lane.levels[neuron];
  const bits = lower.length === 0 ? `, ${level.toString(2).padStart(phases, "0")} in bits` : "";
  const silent =
    level === 0 && spikes.length === 0
      ? " More than a level had arrived before the rest took it back: a neuron that does not wait could have spiked."
      : "";
  const excited = potential.slice(from, accumulating.to).some((value) => value !== null && value >= 1);
  return lineChart({
    name: `neuron-${i + 1}`,
    title: neuronName(course),
    caption: `It fires level ${level}${bits}.${excited ? silent : ""}`,
    x: { label: "time step" },
    y: { label: "potential, levels" },
    height: 260,
    bands: bandsOf(lane),
    series: [
      { name: "potential", style: "step", points: within(potential) },
      // Each holds until the next step, the last one too.
      { name: "threshold", style: "step", points: [...within(threshold), [to, threshold[to - 1] ?? null]] },
      {
        name: "spike",
        style: "points",
        points: spikes.filter(({ sign }) => sign > 0).map(({ t }) => [t + 0.5, potential[t] ?? 0]),
      },
      ...(lower.length > 0
        ? [
            { name: "lower threshold", style: "step" as const, points: within(lower) },
            {
              name: "negative spike",
              style: "points" as const,
              points: spikes
                .filter(({ sign }) => sign < 0)
                .map(({ t }): [number, number] => [t + 0.5, potential[t] ?? 0]),
            },
          ]
        : []),
    ],
  });
}

/** What tells a population's name from others': its end, without what every exported name has; with its index before it. */
function shortName({ population: { index, name } }: Lane): string {
  const short = name.replace(/^\//, "").replace(/_output_0$/, "");
  return short.length <= SHORT ? `${index} ${short}` : `${index} …${short.slice(1 - SHORT)}`;
}

/** Means over channels that share a row. */
function rowsOf({ build, population: { channels } }: Lane): { readonly perRow: number; readonly values: number[][] } {
  const perRow = Math.ceil(channels / MOST_ROWS);
  const values = Array.from({ length: Math.ceil(channels / perRow) }, (_, row) =>
    build.map((means) => {
      const some = means.subarray(row * perRow, (row + 1) * perRow);
      return some.reduce((sum, mean) => sum + mean, 0) / some.length;
    }),
  );
  return { perRow, values };
}

function levelsOf({ lanes, schedule }: Recording): Figure {
  const bistable = lanes.filter(({ population: { kind } }) => kind === "bistable");
  const drawn = spread(bistable, MOST_PANELS);
  const groups = drawn.map((lane) => {
    const { perRow, values } = rowsOf(lane);
    const rows = values.map((_, row) => (perRow === 1 ? `channel ${row}` : `channels ${row * perRow} …`));
    return { name: shortName(lane), rows, values };
  });
  const together = groups.some((_, i) => drawn[i].population.channels > MOST_ROWS);
  return panels({
    name: "levels",
    title: "Levels building up, phase by phase",
    caption: [
      `A panel for each bistable population: channels from above down, ${schedule ? "steps of firing" : "phases"} from left to right. A cell shows`,
      "what the channel's neurons have fired so far, as a mean over its positions: the first phases bring most of it.",
      together ? `Where there are more than ${MOST_ROWS} channels, neighbours share a row.` : "",
      leftOut(drawn.length, bistable.length, "the NPZ file"),
    ].join(" "),
    x: { label: schedule ? "step of firing" : "phase" },
    value: "mean level",
    most: "each",
    groups,
  });
}

/** The classes that are best at the end, and what their values had been. */
function answerOf({ population, values }: OutputCourse, network: Network, { lanes }: Recording): Figure {
  const last = values.at(-1)!;
  const best = [...last.keys()].sort((a, b) => last[b] - last[a] || a - b).slice(0, MOST_CLASSES);
  const { accumulating } = lanes[population.index].timing;
  return lineChart({
    name: "answer",
    title: network.classifier ? "The best classes, step by step" : `Values of ${population.name}`,
    caption:
      "What has arrived at the output after each step, in the original's units; only the whole sum is the answer.",
    x: { label: "time steps made" },
    y: { label: "value" },
    bands: bandsOf(lanes[population.index]),
    series: best.map((index) => ({
      name: network.labels[index] ?? `class ${index}`,
      points: values.map((row, t): [number, number] => [t + 1, row[index]]).filter(([t]) => t >= accumulating.from),
    })),
  });
}

function spanText({ from, to }: { readonly from: number; readonly to: number }): string {
  return to > from ? `${from}–${to - 1}` : "";
}

function populationsOf({ lanes }: Recording): Part {
  return table({
    name: "populations",
    title: "When each accumulates and fires, in time steps, and what it fired",
    caption: "Spikes per neuron, and the share of its neurons that stayed silent.",
    columns: ["", "population", "kind", "shape", "depth", "accumulates", "fires", "spikes", "per neuron", "silent"],
    rows: lanes.map((lane) => {
      const { population: p, timing, neurons, indices } = lane;
      const fires = timing.firing.to > timing.firing.from;
      const silent = 1 - new Set(indices).size / neurons;
      return [
        p.index,
        p.name,
        p.kind,
        shapeText(p),
        p.depth,
        spanText(timing.accumulating),
        spanText(timing.firing),
        fires ? spikesOf(lane) : null,
        fires ? Number((spikesOf(lane) / neurons).toFixed(3)) : null,
        fires ? percent(silent) : null,
      ];
    }),
  });
}

/** The picture that a model of images was shown; null where it takes none, or more inputs. */
function shown(
  samples: Uint8Array,
  { input: { height, width, channels, range }, inputs }: Network,
  caption: string,
): Part | null {
  if (inputs.length > 1 || range || (channels !== 1 && channels !== 3)) return null;
  return image(encode({ width, height, channels, depth: 8, data: samples }), caption);
}

/** The sections of the report of one input. */
export function sectionsOf(
  network: Network,
  recording: Recording,
  courses: readonly Course[],
  samples: Uint8Array,
  file: string,
): Section[] {
  const picture = shown(samples, network, `${file}, as the network takes it`);
  const [first] = recording.outputCourses;
  const answers =
    first && first.population.height * first.population.width === 1 ? [answerOf(first, network, recording)] : [];
  const waits = recording.schedule
    ? "A population begins to fire while its sources still do; negative spikes take back what was fired too early."
    : "Every population accumulates silently for one period and fires in the next, the most significant phase first, so that nothing fires before all of its input is there.";
  return [
    { title: "Input and answer", parts: [...(picture ? [picture] : []), ...answers] },
    { title: "Spikes", parts: [paragraph(waits), rasterOf(recording), spikesPerStep(recording)] },
    ...(courses.length > 0
      ? [
          {
            title: "Neurons",
            parts: [
              paragraph(
                "Potentials are in levels. While it accumulates, a neuron's potential is what has arrived so far, with its bias; while it fires, each spike takes its threshold off.",
              ),
              ...courses.map((course, i) => courseOf(course, i, recording)),
            ],
          },
        ]
      : []),
    { title: "Levels", parts: [levelsOf(recording)] },
    { title: "Populations", parts: [populationsOf(recording)] },
  ];
}

/** Names and values that stand at the top. */
export function factsOf(network: Network, recording: Recording, delay: string | undefined): [string, string][] {
  const spikes = recording.lanes.reduce((sum, lane) => sum + spikesOf(lane), 0);
  const neurons = recording.lanes.reduce((sum, lane) => sum + lane.neurons, 0);
  const [output] = recording.outputs;
  const best = output.values.reduce((at, value, k) => (value > output.values[at] ? k : at), 0);
  const answer: [string, string][] = network.classifier
    ? [["answer", `${network.labels[best] ?? `class ${best}`} (${significant(output.values[best], 4)})`]]
    : [];
  return [
    ...answer,
    ["network", `${recording.lanes.length} populations, ${count(neurons)} neurons, ${network.phases} phases`],
    ["time steps", `${recording.steps}${delay === undefined ? "" : `, early firing with ${delay} delays`}`],
    ["spikes", count(spikes)],
  ];
}
