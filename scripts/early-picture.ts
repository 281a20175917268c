/** Draws docs/early.svg: one neuron of the digits model in the gated network above, and firing early below. */

import { writeFile } from "node:fs/promises";
import { load, type Schedule } from "../bindings/lab.ts";
import { drawDigits } from "../models/drawn/digits.ts";

/** The end of the first residual block, and a neuron of it that takes much back. */
const POPULATION = 4;
const NEURON = 527;
const DELAY = 2;
const CORRECTIONS = 1;

// Lengths in pixels. Colours are of middle lightness, to be read on white and on black.
const STEP = 29;
const LEFT = 150;
const BAR = 12;
const PLOT = 150;
const BARS = 84;
const BOX = 24;
const GREY = "#7a828c";
const POTENTIAL = "#4c8df6";
const EMITTED = "#e8590c";
const NEGATIVE = "#a45ee5";
const HEARS = `fill="${POTENTIAL}" fill-opacity=".45"`;
const FIRES = `fill="#f08c00" fill-opacity=".5"`;

const network = await load(new URL("../models/digits.bsnn.gguf", import.meta.url));
const { phases, populations, projections } = network;
const { depth, height, width, channels, name } = populations[POPULATION];
const deepest = populations.at(-1)!.depth - 1;
const schedule: Schedule = {
  delays: Array<number>(deepest).fill(DELAY),
  shares: Array<number>(deepest).fill(8),
  corrections: CORRECTIONS,
};
const [{ pixels }] = drawDigits(8, 2).slice(-1);

/** One neuron over time; potentials in levels. */
interface Course {
  readonly title: string;
  /** Steps in which it hears its sources, and in which it fires: first, and where they end. */
  readonly hears: readonly [number, number];
  readonly fires: readonly [number, number];
  /** What had arrived before each step, and what has been emitted after it. */
  readonly arrived: readonly number[];
  readonly emitted: readonly number[];
  /** Of each step of firing, what the spike is worth, its sign or 0, and what is compared with a spike's worth, and with which share of it. */
  readonly spikes: readonly { worth: number; sign: number; rest: number }[];
  readonly share: number;
}

const worthOf = (step: number): number => 2 ** Math.max(phases - 1 - step, 0);

/** Potential that makes one level, 2^s. */
function levelSize(): number {
  const channel = NEURON % channels;
  return network.scales(POPULATION)[channel] / network.units(POPULATION)[channel];
}

function gated(): Course {
  const spikes: { worth: number; sign: number; rest: number }[] = [];
  const inputs: number[] = [];
  const potentials: number[] = [];
  const signs: number[] = [];
  for (const step of network.steps(pixels)) {
    inputs.push(step.input(POPULATION)[NEURON] * 2 ** (phases - 1 - step.phase));
    potentials.push(step.potentials(POPULATION)[NEURON]);
    signs.push(step.spikes(POPULATION).includes(NEURON) ? 1 : 0);
  }
  const begins = (depth - 1) * phases + 1;
  const whole = potentials[begins - 1];
  const start = whole - inputs[begins - 1];
  const arrived: number[] = [];
  const emitted: number[] = [];
  for (let t = 0; t < begins + phases; t++) {
    const hearing = t > begins - phases && t < begins;
    arrived.push((t >= begins ? whole : hearing ? start + inputs[t - 1] : start) / size);
    if (t < begins) continue;
    const worth = worthOf(t - begins);
    spikes.push({ worth, sign: signs[t], rest: arrived[t] - (emitted[t - 1] ?? 0) });
    emitted[t] = (emitted[t - 1] ?? 0) + signs[t] * worth;
  }
  return {
    title: `gated: a spike is final · the network answers after ${network.latency} steps`,
    hears: [begins - phases, begins],
    fires: [begins, begins + phases],
    arrived,
    emitted,
    spikes,
    share: 1,
  };
}

function early(): Course {
  const potentials: number[] = [];
  const signs: number[] = [];
  for (const step of network.steps(pixels, { delay: schedule })) {
    const at = step.spikes(POPULATION).indexOf(NEURON);
    signs.push(at < 0 ? 0 : step.signs(POPULATION)[at]);
    potentials.push(step.potentials(POPULATION)[NEURON]);
  }
  const firing = phases + CORRECTIONS;
  // Graded current is there at once, so that the first depth fires from step 1 on.
  const begins = 1 + DELAY * (depth - 1);
  const arrived: number[] = [potentials[0] / size];
  const emitted: number[] = [];
  const spikes: { worth: number; sign: number; rest: number }[] = [];
  for (let t = 0; t < begins + firing; t++) {
    if (t >= begins) {
      const worth = worthOf(t - begins);
      // Half a level less, for rounding to nearest.
      spikes.push({ worth, sign: signs[t], rest: arrived[t] - (emitted[t - 1] ?? 0) - 0.5 });
      emitted[t] = (emitted[t - 1] ?? 0) + signs[t] * worth;
    }
    arrived.push(potentials[t] / size + (emitted[t] ?? 0));
  }
  const { steps } = network.run(pixels, { delay: schedule });
  if (network.settling().some(({ unsettled }) => unsettled > 0)) throw new Error("a neuron is unsettled");
  return {
    title: `early, δ = ${DELAY}: spikes take others back · the same answer after ${steps} steps`,
    hears: [1 + (depth > 2 ? DELAY * (firstSource() - 1) : 0), begins - DELAY + firing],
    fires: [begins, begins + firing],
    arrived: arrived.slice(0, -1),
    emitted,
    spikes,
    share: 0.5,
  };
}

/** Depth of the first population that is heard, past synchronous ones. */
function firstSource(): number {
  const depths = projections.filter(({ target }) => target === POPULATION).map(({ source }) => origin(source).depth);
  return Math.min(...depths);
}

function origin(index: number): (typeof populations)[number] {
  if (populations[index].kind !== "synchronous") return populations[index];
  return origin(projections.find(({ target }) => target === index)!.source);
}

network.run(pixels);
const level = network.levels(POPULATION)[NEURON];
const size = levelSize();
const courses = [gated(), early()];
for (const { emitted, title } of courses) {
  if (emitted.at(-1) !== level) throw new Error(`${title}: ${emitted.at(-1)} emitted for the level ${level}`);
}
if (!courses[1].spikes.some(({ sign }) => sign < 0)) throw new Error("the neuron takes nothing back");

const last = Math.max(...courses.map(({ fires: [, end] }) => end));
const values = courses.flatMap(({ arrived, emitted }) => [
  ...arrived,
  ...emitted.filter((value) => value !== undefined),
]);
const highest = Math.max(...values);
const lowest = Math.min(0, ...values);
const x = (t: number): number => LEFT + STEP * t;
const right = x(last);
const n = (value: number): string => String(Math.round(value * 10) / 10);

const text = (at: number, line: number, content: string, more = ""): string =>
  `<text x="${n(at)}" y="${n(line)}" ${more}>${content}</text>`;
const line = (from: number, at: number, to: number, more: string): string =>
  `<path d="M${n(from)} ${n(at)}H${n(to)}" ${more}/>`;
const rule = `stroke="${GREY}" stroke-opacity=".45"`;
const dashed = `stroke="${GREY}" stroke-dasharray="4 3"`;

/** A line that holds each value for one step. */
function staircase(points: readonly number[], y: (value: number) => number): string {
  let path = "";
  points.forEach((value, t) => {
    if (value === undefined) return;
    path += path === "" ? `M${x(t)} ${n(y(value))}` : `V${n(y(value))}`;
    path += `H${x(t + 1)}`;
  });
  return path;
}

function panel(course: Course, top: number): string {
  const { hears, fires, arrived, emitted, spikes, share } = course;
  const parts: string[] = [text(x(0), top, course.title, 'class="title"')];
  const bar = (row: number, [from, to]: readonly [number, number], look: string): string =>
    `<rect x="${x(from) + 1}" y="${top + 13 + row * (BAR + 6)}" width="${STEP * (to - from) - 2}" height="${BAR}" rx="4" ${look}/>`;
  parts.push(bar(0, hears, HEARS), text(LEFT - 12, top + 24, "hears its sources", 'class="left"'));
  parts.push(bar(1, fires, FIRES), text(LEFT - 12, top + 42, "fires", 'class="left"'));

  // Potential and what has been emitted.
  const plot = top + 64;
  const y = (value: number): number => plot + ((highest - value) / (highest - lowest)) * PLOT;
  for (const value of [0, 32, 64].filter((tick) => tick <= highest)) {
    parts.push(line(x(0), y(value), right, rule), text(LEFT - 12, y(value) + 4, String(value), 'class="left"'));
  }
  parts.push(line(x(0), y(level), right, dashed), text(right + 6, y(level) + 4, `level ${level}`));
  parts.push(`<path d="${staircase(arrived, y)}" stroke="${POTENTIAL}" class="curve"/>`);
  parts.push(`<path d="${staircase(emitted, y)}" stroke="${EMITTED}" class="curve"/>`);

  // What a step decides by, counted in the worth of its spike.
  const under = plot + PLOT + 20 + BARS;
  const [least, most] = share === 1 ? [0, 2] : [-1.25, 1.25];
  const scale = BARS / (most - least);
  const middle = under + scale * least;
  const r = (value: number): number => middle - scale * Math.max(least, Math.min(most, value));
  parts.push(line(x(fires[0]), middle, x(fires[1]), rule));
  for (const at of share === 1 ? [1] : [share, -share]) {
    parts.push(line(x(fires[0]), r(at), x(fires[1]), dashed));
    parts.push(text(x(fires[1]) + 6, r(at) + 4, at === share ? (share === 1 ? "1" : "½") : "−½"));
  }
  spikes.forEach(({ worth, sign, rest }, i) => {
    const centre = x(fires[0] + i) + STEP / 2;
    const colour = sign > 0 ? EMITTED : sign < 0 ? NEGATIVE : GREY;
    parts.push(
      `<path d="M${n(centre)} ${n(middle)}V${n(r(rest / worth))}" stroke="${colour}" stroke-width="4"/>` +
        `<circle cx="${n(centre)}" cy="${n(r(rest / worth))}" r="4.5" fill="${colour}"/>`,
    );
  });
  parts.push(text(LEFT - 12, under - BARS / 2, "residual", 'class="left"'));
  parts.push(text(LEFT - 12, under - BARS / 2 + 17, "÷ spike’s worth", 'class="left"'));

  // Digits, and what each is worth.
  const row = under + 14;
  spikes.forEach(({ worth, sign }, i) => {
    const left = x(fires[0] + i);
    const colour = sign > 0 ? EMITTED : sign < 0 ? NEGATIVE : "none";
    const look = sign === 0 ? `fill="none" ${rule}` : `fill="${colour}"`;
    parts.push(`<rect x="${left + 2.5}" y="${n(row)}" width="${STEP - 5}" height="${BOX}" rx="4" ${look}/>`);
    const digit = sign > 0 ? "+1" : sign < 0 ? "−1" : "0";
    parts.push(
      text(
        left + STEP / 2,
        row + 17,
        digit,
        sign === 0 ? 'class="middle"' : 'class="middle" fill="#fff" font-weight="600"',
      ),
      text(left + STEP / 2, row + BOX + 16, String(worth), 'class="middle"'),
    );
  });
  parts.push(
    text(LEFT - 12, row + 17, "digits", 'class="left"'),
    text(LEFT - 12, row + BOX + 16, "worth", 'class="left"'),
  );
  const sum = spikes
    .filter(({ sign }) => sign !== 0)
    .map(({ worth, sign }, i) => (sign < 0 ? `− ${worth}` : i ? `+ ${worth}` : `${worth}`))
    .join(" ");
  const beside = x(fires[1]) + 8;
  parts.push(
    beside + 190 < right + 60
      ? text(beside, row + 17, `= ${sum} = ${level}`)
      : text(x(fires[0]) - 8, row + 17, `${level} = ${sum} =`, 'class="left"'),
  );
  return parts.join("\n");
}

const PANEL = 64 + PLOT + 20 + BARS + 14 + BOX + 52;
const TOP = 52;
const bottom = TOP + 2 * PANEL - 28;

function axis(): string {
  const ticks = Array.from({ length: last + 1 }, (_, t) => {
    const label = t % 2 === 0 ? text(x(t), TOP - 26, String(t), 'class="middle"') : "";
    return `${label}<path d="M${x(t)} ${TOP - 20}V${bottom}" stroke="${GREY}" stroke-opacity=".16"/>`;
  });
  return ticks.join("") + text(LEFT - 12, TOP - 26, "time step", 'class="left"');
}

function legend(): string {
  const at = bottom + 26;
  const sample = (from: number, colour: string, what: string): string =>
    line(from, at - 4, from + 22, `stroke="${colour}" class="curve"`) + text(from + 30, at, what);
  return [
    sample(LEFT, POTENTIAL, "potential: what has arrived"),
    sample(LEFT + 235, EMITTED, "emitted so far"),
    text(LEFT + 395, at, `in levels; a neuron of depth ${depth} (${height}×${width}×${channels})`),
  ].join("");
}

const what = `One neuron of ${name}: gated it fires when all of its input is there, early it begins before and takes back what was too much`;
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${right + 70} ${bottom + 42}" font-family="system-ui, sans-serif" font-size="14" fill="${GREY}">
<title>${what}</title>
<style>.title{font-size:15px;font-weight:600}.left{text-anchor:end}.middle{text-anchor:middle}.curve{fill:none;stroke-width:2.5;stroke-linejoin:round}</style>
${axis()}
${courses.map((course, row) => panel(course, TOP + row * PANEL)).join("\n")}
${legend()}
</svg>
`;
await writeFile(new URL("../docs/early.svg", import.meta.url), svg);
network.dispose();
