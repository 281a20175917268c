/** Where the network's maps lie on the canvas: a column per depth on wide screens, a row per depth on narrow ones. */

import { type Model, neuronsOf, type Population } from "../model/model.ts";

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** A population's place: its box, and its channels in rows and columns of maps. */
export interface Block {
  readonly population: number;
  /** With its heading. */
  readonly box: Box;
  /** Of the first map. */
  readonly x: number;
  readonly y: number;
  /** A map's width and height, and from one to the next. */
  readonly mapWidth: number;
  readonly mapHeight: number;
  readonly stepX: number;
  readonly stepY: number;
  readonly columns: number;
  /** Channels that are drawn; of wide populations not all. */
  readonly shown: number;
}

export interface Arrangement {
  readonly width: number;
  readonly height: number;
  /** What the size of text is multiplied with. */
  readonly unit: number;
  readonly blocks: readonly Block[];
}

/** Space for a population's name and state. */
const HEADING = 32;
const GAP = 3;
const SMALLEST_MAP = 9;
const LEAST_COLUMN = 50;
const LEAST_OUTPUT = 48;
const BETWEEN = 22;

/** Arranges depths from left to right within a height; the width may be larger than given, to be scrolled. */
export function inColumns(model: Model, width: number, height: number, unit: number): Arrangement {
  const depths = byDepth(model);
  const widths = columnWidths(depths, width - BETWEEN * (depths.length - 1), unit);
  const blocks: Block[] = [];
  let x = 0;
  depths.forEach((populations, d) => {
    const heights = shares(populations, height - 10 * (populations.length - 1));
    let y = 0;
    populations.forEach((population, i) => {
      blocks.push(fit(population, { x, y, width: widths[d], height: heights[i] }, unit));
      y += heights[i] + 10;
    });
    x += widths[d] + BETWEEN;
  });
  return { width: Math.max(width, x - BETWEEN), height, unit, blocks };
}

/** Widths of the columns: as each asks for, none too narrow, together what there is unless that is too little. */
function columnWidths(depths: readonly (readonly Population[])[], room: number, unit: number): number[] {
  const weights = depths.map((populations) => Math.max(...populations.map(weightOf)));
  const least = depths.map(([{ kind }]) => unit * (kind === "output" ? LEAST_OUTPUT : LEAST_COLUMN));
  const spare = Math.max(0, room - least.reduce((sum, width) => sum + width, 0));
  const extra = weights.map((weight, d) => (depths[d][0].kind === "output" ? weight / 6 : weight));
  const total = extra.reduce((sum, weight) => sum + weight, 0);
  return least.map((width, d) => width + (spare * extra[d]) / total);
}

/** Arranges depths from top to bottom within a width. */
export function inRows(model: Model, width: number, unit: number): Arrangement {
  const blocks: Block[] = [];
  let y = 0;
  for (const populations of byDepth(model)) {
    const each = (width - 10 * (populations.length - 1)) / populations.length;
    const heights = populations.map((population) => rowHeight(population, each, unit));
    const height = Math.max(...heights);
    populations.forEach((population, i) => {
      blocks.push(fit(population, { x: i * (each + 10), y, width: each, height }, unit));
    });
    y += height + 14;
  }
  return { width, height: y, unit, blocks };
}

function byDepth({ populations }: Model): Population[][] {
  const depths: Population[][] = [];
  for (const population of populations) {
    depths[population.depth] ??= [];
    depths[population.depth].push(population);
  }
  return depths.filter(Boolean);
}

/** How much width a population asks for. */
function weightOf(population: Population): number {
  if (population.kind === "output" || population.kind === "input") return 0.75;
  return Math.max(0.8, Math.min(1.6, neuronsOf(population) ** 0.16 / 3.2));
}

function shares(populations: readonly Population[], height: number): number[] {
  const weights = populations.map(({ kind }) => (kind === "synchronous" ? 0.75 : 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (height * weight) / total);
}

function rowHeight({ kind, height, width, channels }: Population, room: number, unit: number): number {
  if (kind === "output")
    return HEADING * unit + 30 * Math.ceil(Math.min(channels, 40) / Math.max(1, Math.floor(room / 32)));
  const map = Math.max(14, Math.min(48, Math.max(height, width) * 1.6));
  const perRow = Math.max(1, Math.floor(room / (map + GAP)));
  return HEADING * unit + Math.min(4, Math.ceil(channels / perRow)) * (map + GAP);
}

/** The largest maps of all channels that fit into a box; where they would be too small, fewer channels. */
function fit(population: Population, box: Box, unit: number): Block {
  const heading = HEADING * unit;
  const { index, kind, height, width, channels } = population;
  const [roomX, roomY] = [box.width, Math.max(10, box.height - heading)];
  const aspect = kind === "output" && height * width === 1 ? 1 : Math.max(0.25, Math.min(4, width / height));
  const most = (height * width === 1 ? 30 : 150) * unit;
  let best = { size: 0, columns: 1, rows: 1 };
  for (let columns = 1; columns <= Math.min(channels, 64); columns++) {
    const rows = Math.ceil(channels / columns);
    const size = Math.min(most, roomX / columns - GAP, (roomY / rows - GAP) * aspect);
    // A little smaller is fine where it makes a population less of a string.
    if (size > best.size * (rows >= 2 * columns && kind !== "output" ? 0.82 : 1)) best = { size, columns, rows };
  }
  let shown = channels;
  if (best.size < SMALLEST_MAP) {
    const columns = Math.max(1, Math.floor(roomX / (SMALLEST_MAP + GAP)));
    const rows = Math.max(1, Math.floor(roomY / (SMALLEST_MAP / aspect + GAP)));
    best = { size: SMALLEST_MAP, columns, rows };
    shown = Math.min(channels, columns * rows);
  }
  const mapWidth = best.size;
  const mapHeight = best.size / aspect;
  const used = { width: best.columns * (mapWidth + GAP) - GAP, height: best.rows * (mapHeight + GAP) - GAP };
  return {
    population: index,
    box: { ...box, height: Math.min(box.height, heading + used.height) },
    x: box.x,
    y: box.y + heading,
    mapWidth,
    mapHeight,
    stepX: mapWidth + GAP,
    stepY: mapHeight + GAP,
    columns: best.columns,
    shown,
  };
}

/** Left upper corner of a channel's map. */
export function cornerOf({ x, y, columns, stepX, stepY }: Block, channel: number): { x: number; y: number } {
  return { x: x + (channel % columns) * stepX, y: y + Math.floor(channel / columns) * stepY };
}

/** The neuron at a point, or null. */
export function neuronAt(
  model: Model,
  { blocks }: Arrangement,
  x: number,
  y: number,
): { population: number; neuron: number } | null {
  for (const block of blocks) {
    const column = Math.floor((x - block.x) / block.stepX);
    const row = Math.floor((y - block.y) / block.stepY);
    const channel = row * block.columns + column;
    if (column < 0 || row < 0 || column >= block.columns || channel >= block.shown) continue;
    const corner = cornerOf(block, channel);
    const { height, width, channels } = model.populations[block.population];
    const mapX = Math.floor(((x - corner.x) / block.mapWidth) * width);
    const mapY = Math.floor(((y - corner.y) / block.mapHeight) * height);
    if (mapX < 0 || mapX >= width || mapY < 0 || mapY >= height) continue;
    return { population: block.population, neuron: (mapY * width + mapX) * channels + channel };
  }
  return null;
}
