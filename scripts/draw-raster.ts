/** Draws docs/raster.svg, the README's picture: the digits model sees one drawn digit three times, and some neurons of every population spike. */

import { writeFile } from "node:fs/promises";
import { load } from "../bindings/node.ts";
import type { PopulationInfo } from "../bindings/types.ts";
import { drawDigits, SIZE } from "../models/drawn/digits.ts";

const PRESENTATIONS = 3;
/** Neurons shown of each population, evenly taken from those that spike. */
const SHOWN = 20;

// Lengths in pixels. Colours are of middle lightness, to be read on white and on black.
const STEP = 8;
const ROW = 44;
const GAP = 5;
const LEFT = 190;
const TOP = 28;
const GREY = "#7a828c";
const SPIKE = "#e8590c";
const FIRING = `fill="#f08c00" fill-opacity=".2"`;
const SHOWING = `fill="${GREY}" fill-opacity=".16"`;
const ACCUMULATING = `fill="#4c8df6" fill-opacity=".22"`;

const network = await load(new URL("../models/digits.bsnn.gguf", import.meta.url));
const { phases, populations } = network;
const [{ digit, pixels }] = drawDigits(8, 2).slice(-1);

/** Times and neurons of all spikes, by population. */
const spikes = populations.map((): { t: number; neuron: number }[] => []);
let steps = 0;
/** What lies in period 0 before the presentation. */
let missing = 0;
for (const step of network.steps(pixels, { presentations: PRESENTATIONS })) {
  steps = step.t + 1;
  if (step.t === 0) missing = step.phase;
  for (const { index } of populations) {
    for (const neuron of step.spikes(index)) spikes[index].push({ t: step.t, neuron });
  }
}
const [best] = network.classify(pixels, { presentations: PRESENTATIONS });
if (best.label !== String(digit)) throw new Error(`a drawn ${digit} is taken for ${best.label}`);

const x = (t: number): number => LEFT + STEP * t;
const begins = (period: number): number => Math.max(0, phases * period - missing);
const y = (row: number): number => TOP + (ROW + GAP) * row;
const right = x(steps);
const bottom = y(populations.length);

const text = (at: number, line: number, content: string, more = ""): string =>
  `<text x="${at}" y="${line}" ${more}>${content}</text>`;
const span = (from: number, to: number, row: number, look: string): string =>
  `<rect x="${x(from) + 1}" y="${y(row)}" width="${STEP * (to - from) - 2}" height="${ROW}" rx="4" ${look}/>`;

/** The first part of a name, which comes from a path of ONNX nodes. */
const blockOf = (name: string): string => name.split("/").find((part) => part !== "") ?? name;

function label({ kind, name, depth, height, width, channels }: PopulationInfo, row: number): string {
  const title = kind === "synchronous" ? `${blockOf(name)}, relay` : blockOf(name);
  const small = `depth ${depth} · ${height}×${width}×${channels}`;
  return text(LEFT - 12, y(row) + 19, title, 'class="name"') + text(LEFT - 12, y(row) + 35, small, 'class="small"');
}

/** The periods in which a population accumulates and fires, one of each per presentation, and its spikes. */
function raster({ kind, depth, index }: PopulationInfo, row: number): string {
  let svg = "";
  for (let n = 0; n < PRESENTATIONS; n++) {
    const fires = depth + 2 * n;
    const [before, at, after] = [fires - 1, fires, fires + 1].map(begins);
    if (kind === "input") svg += span(after - 1, after, row, SHOWING);
    else svg += span(before, at, row, ACCUMULATING);
    if (kind !== "output" && kind !== "input") svg += span(at, after, row, FIRING);
  }
  const neurons = [...new Set(spikes[index].map(({ neuron }) => neuron))].sort((a, b) => a - b);
  const shown = Array.from({ length: SHOWN }, (_, i) => neurons[Math.floor(((i + 0.5) * neurons.length) / SHOWN)]);
  const pitch = (ROW - 4) / SHOWN;
  const dashes = spikes[index].flatMap(({ t, neuron }) => {
    const period = Math.floor((t + missing) / phases);
    if (period < depth || (period - depth) % 2 === 1) throw new Error(`population ${index} spikes at ${t}`);
    const line = shown.indexOf(neuron);
    return line < 0 ? [] : [`M${x(t) + 1} ${(y(row) + 2 + pitch * (line + 0.5)).toFixed(0)}h${STEP - 2}`];
  });
  return `${svg}<path d="${dashes.join("")}" stroke="${SPIKE}" stroke-width="1.6"/>`;
}

/** The digit, beside each step in which it is presented. */
function samples(row: number): string {
  const side = ROW - 8;
  const runs: string[] = [];
  pixels.forEach((sample, i) => {
    if (sample >= 96) runs.push(`M${i % SIZE} ${Math.floor(i / SIZE) + 0.5}h1`);
  });
  const scale = side / SIZE;
  return Array.from({ length: PRESENTATIONS }, (_, n) => {
    const left = x(begins(2 * n + 1)) + 6;
    return `<path transform="translate(${left} ${y(row) + 4}) scale(${scale.toFixed(3)})" d="${runs.join("")}" stroke="${SPIKE}"/>`;
  }).join("");
}

/** What the output says at the end of each presentation. */
function answers({ depth }: PopulationInfo, row: number): string {
  return Array.from({ length: PRESENTATIONS }, (_, n) =>
    text(x(begins(depth + 2 * n)) + 8, y(row) + 28, best.label, 'class="answer"'),
  ).join("");
}

function axis(): string {
  const ticks = Array.from({ length: (steps + missing) / phases }, (_, period) => {
    const t = begins(period + 1);
    return `<path d="M${x(t)} ${TOP - 4}V${bottom}" stroke="${GREY}" stroke-opacity=".35"/>${text(x(t), TOP - 10, String(t), 'text-anchor="middle"')}`;
  });
  return ticks.join("") + text(LEFT - 12, TOP - 10, "time step", 'class="small"');
}

function legend(): string {
  const line = bottom + 24;
  const box = (at: number, look: string): string =>
    `<rect x="${at}" y="${line - 12}" width="16" height="16" rx="4" ${look}/>`;
  return [
    box(LEFT, ACCUMULATING),
    text(LEFT + 23, line, "accumulating, silent"),
    box(LEFT + 190, FIRING),
    text(LEFT + 213, line, "firing, most significant spikes first"),
    `<path d="M${LEFT + 480} ${line - 4}h7" stroke="${SPIKE}" stroke-width="1.6"/>`,
    text(LEFT + 495, line, `a spike (of ${SHOWN} neurons each)`),
  ].join("");
}

const input = populations.findIndex(({ kind }) => kind === "input");
const output = populations.findIndex(({ kind }) => kind === "output");
const title = `Spikes of the digits model: each population accumulates for a period of ${phases} steps and fires for the next`;
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${right + 30} ${bottom + 36}" font-family="system-ui, sans-serif" font-size="14" fill="${GREY}">
<title>${title}</title>
<style>.name{font-size:16px;font-weight:600;text-anchor:end}.small{font-size:13px;text-anchor:end}.answer{font-size:24px;font-weight:700;fill:${SPIKE}}</style>
${axis()}
${populations.map((population, row) => label(population, row) + raster(population, row)).join("\n")}
${samples(input)}
${answers(populations[output], output)}
${legend()}
</svg>
`;
await writeFile(new URL("../docs/raster.svg", import.meta.url), svg);
network.dispose();
