/** One neuron, opened: its potential against thresholds over time, its weights, and the formula with its numbers. */

import type { Trace } from "../engine/record.ts";
import { biasOf, type Model, neuronsOf, placeOf, shortName } from "../model/model.ts";
import { broughtBy, kernelOf, reaching, synapsesOf } from "../model/synapses.ts";
import type { Recording } from "../playback/recording.ts";
import { byId, make, sized } from "./dom.ts";
import type { Neuron } from "./network.ts";
import type { Palette } from "./palette.ts";

/** Kernels shown of one projection. */
const MOST_KERNELS = 48;

/** Title of a neuron. */
export function titleOf(model: Model, { population, neuron }: Neuron): string {
  const info = model.populations[population];
  const { y, x, c } = placeOf(info, neuron);
  return `${shortName(info.name)}, channel ${c}, row ${y}, column ${x}`;
}

/** Draws potential, thresholds and spikes over time. */
export function drawTrace(
  canvas: HTMLCanvasElement,
  trace: Trace,
  recording: Recording,
  population: number,
  t: number,
  palette: Palette,
): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = sized(canvas, width, height);
  const { potentials, thresholds, spikes } = trace;
  const { hears, heard, begins, ends } = recording.windows[population];
  // What comes long before and after is left out.
  const first = Math.max(0, hears - 3);
  const steps = Math.min(potentials.length, Math.max(ends, heard) + 4);
  const shown = [...potentials.slice(first, steps), ...[...thresholds].filter(Number.isFinite), 0];
  const most = Math.max(...shown);
  const least = Math.min(...shown);
  const [left, right, top, bottom] = [8, width - 8, 36, height - 18];
  const x = (step: number) => left + ((right - left) * (Math.max(first, step) - first)) / (steps - first);
  const y = (v: number) => bottom - ((bottom - top) * (v - least)) / Math.max(1, most - least);
  const shade = (from: number, to: number, colour: string, word: string) => {
    const [a, b] = [x(Math.min(from, steps)), x(Math.min(to, steps))];
    if (b <= a) return;
    context.globalAlpha = 0.16;
    context.fillStyle = colour;
    context.fillRect(a, top - 4, b - a, bottom - top + 8);
    context.globalAlpha = 1;
    context.fillStyle = colour;
    context.font = "600 11px system-ui, sans-serif";
    if (b - a > 50) context.fillText(word, a + 3, top - 9);
  };
  context.textBaseline = "alphabetic";
  shade(hears, Math.min(heard, begins), palette.css.accumulate, "takes in");
  shade(begins, ends, palette.css.fire, begins < heard ? "fires while it takes in" : "fires");
  context.strokeStyle = palette.css.line;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(left, y(0));
  context.lineTo(right, y(0));
  context.stroke();
  context.strokeStyle = palette.css.muted;
  context.setLineDash([4, 3]);
  context.lineWidth = 1.5;
  context.beginPath();
  for (let s = first; s < steps; s++) {
    if (!Number.isFinite(thresholds[s])) continue;
    if (s === first || !Number.isFinite(thresholds[s - 1])) context.moveTo(x(s), y(thresholds[s]));
    context.lineTo(x(s), y(thresholds[s]));
    context.lineTo(x(s + 1), y(thresholds[s]));
  }
  context.stroke();
  context.setLineDash([]);
  context.strokeStyle = palette.css.text;
  context.lineWidth = 2;
  context.beginPath();
  for (let s = first; s < steps; s++) {
    context.lineTo(x(s), y(potentials[s]));
    context.lineTo(x(s + 1), y(potentials[s]));
  }
  context.stroke();
  for (let s = first; s < steps; s++) {
    if (!spikes[s]) continue;
    context.fillStyle = spikes[s] > 0 ? palette.css.fire : palette.css.negative;
    const middle = x(s + 0.5);
    context.beginPath();
    const up = spikes[s] > 0 ? -1 : 1;
    context.moveTo(middle, bottom + 9 + 5 * up);
    context.lineTo(middle - 4.5, bottom + 9 - 4 * up);
    context.lineTo(middle + 4.5, bottom + 9 - 4 * up);
    context.fill();
  }
  context.fillStyle = palette.css.text;
  context.globalAlpha = 0.5;
  if (t >= first && t < steps) context.fillRect(x(t + 0.5) - 0.5, top - 4, 1, bottom - top + 8);
  context.globalAlpha = 1;
  context.fillStyle = palette.css.muted;
  context.font = "10.5px system-ui, sans-serif";
  context.fillText(`t = ${first}`, left, 11);
  context.textAlign = "right";
  context.fillText(`t = ${steps - 1}`, right, 11);
  context.textAlign = "left";
  canvas.setAttribute(
    "aria-label",
    `Potential from ${least} to ${most} over ${potentials.length} steps; ${spikes.filter((spike) => spike !== 0).length} spikes`,
  );
}

/** Shows the weights of a neuron's channel, one picture per source channel. */
export function showKernels(model: Model, { population, neuron }: Neuron, palette: Palette): void {
  const place = placeOf(model.populations[population], neuron);
  const parts = reaching(model, population, place).map((q) => {
    const source = shortName(model.populations[q.source].name);
    const weights = kernelOf(q, place.c);
    if (!weights) return make("p", { textContent: `Repeats ${source}, spike for spike.` });
    const [high, wide] = q.kernel;
    const inputs = q.sourceChannels[1] / q.groups;
    const pooled = q.pool ? ` after ${q.pool.kind} pooling` : "";
    const text = `${inputs} × ${high}×${wide} weights on ${source}${pooled}`;
    const shown = Math.min(inputs, MOST_KERNELS);
    const columns = Math.min(shown, Math.max(1, Math.floor(160 / (wide * (wide > 3 ? 8 : 7) + 3))));
    const rows = Math.ceil(shown / columns);
    const canvas = make("canvas", { width: columns * (wide + 1) - 1, height: rows * (high + 1) - 1 });
    const scale = Math.max(2, Math.min(26, Math.floor(170 / canvas.width)));
    canvas.style.width = `${canvas.width * scale}px`;
    canvas.style.height = `${canvas.height * scale}px`;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${text}, positive ones amber, negative ones blue`);
    const context = canvas.getContext("2d")!;
    context.fillStyle = palette.css.panel;
    context.fillRect(0, 0, canvas.width, canvas.height);
    const most = Math.max(1, ...Array.from(weights, Math.abs));
    for (let i = 0; i < shown; i++) {
      const [left, top] = [(i % columns) * (wide + 1), Math.floor(i / columns) * (high + 1)];
      for (let ky = 0; ky < high; ky++) {
        for (let kx = 0; kx < wide; kx++) {
          const weight = weights[(ky * wide + kx) * inputs + i];
          context.fillStyle = palette.css.ground;
          context.fillRect(left + kx, top + ky, 1, 1);
          context.globalAlpha = Math.abs(weight) / most;
          context.fillStyle = weight > 0 ? palette.css.fire : palette.css.accumulate;
          context.fillRect(left + kx, top + ky, 1, 1);
          context.globalAlpha = 1;
        }
      }
    }
    return make("div", {}, text, canvas);
  });
  byId("kernels").replaceChildren(...parts);
}

/** Writes the neuron's formula with its numbers. */
export function showFormula(model: Model, { population, neuron }: Neuron, recording: Recording): void {
  const info = model.populations[population];
  const levels = recording.trains.map((train) => train.levels);
  const channel = neuron % info.channels;
  const line = (...parts: (Node | string)[]) => make("p", {}, ...parts);
  const bold = (text: string) => make("b", { textContent: text });
  if (info.kind === "synchronous") {
    byId("formula").replaceChildren(
      line(
        `A synchronous neuron: it takes a level in and fires the same one a period later, so that both ways around arrive together.`,
      ),
      line(`It repeats `, bold(String(levels[population][neuron])), `.`),
    );
    return;
  }
  if (info.kind === "input") {
    byId("formula").replaceChildren(line(`An input: the sample `, bold(String(levels[0][neuron])), ` of 255.`));
    return;
  }
  const synapses = synapsesOf(model, population, neuron);
  const sums = new Map<number, number>();
  let active = 0;
  for (const synapse of synapses) {
    const brought = broughtBy(model, synapse, levels);
    if (brought !== 0) active++;
    sums.set(synapse.projection, (sums.get(synapse.projection) ?? 0) + brought);
  }
  const initial = info.kind === "bistable" ? info.initial[channel] : 0;
  const bias = biasOf(info, neuron);
  const total = [...sums.values()].reduce((sum, part) => sum + part, 0);
  const v = initial + bias + total;
  const signed = (value: number) =>
    value < 0 ? `− ${(-value).toLocaleString("en")}` : `+ ${value.toLocaleString("en")}`;
  const parts = [...sums].map(
    ([projection, sum]) =>
      `${signed(sum)} from ${shortName(model.populations[model.projections[projection].source].name)}`,
  );
  const lines = [
    line(bold(`v = v₀ + b + Σ w·q`)),
    line(`= ${initial.toLocaleString("en")} ${signed(bias)} ${parts.join(" ")}`),
    line(`= `, bold(v.toLocaleString("en")), `, over ${synapses.length} synapses, ${active} of them active`),
  ];
  if (info.kind === "output") {
    lines.push(
      line(
        `× ${info.unit[channel].toPrecision(4)} = `,
        bold((v * info.unit[channel]).toFixed(3)),
        ` in the original network's units`,
      ),
    );
  } else {
    const shift = info.shift[channel];
    const most = 2 ** model.phases - 1;
    const level = Math.max(0, Math.min(most, Math.floor(v / 2 ** shift)));
    const scale = info.unit[channel] * 2 ** shift;
    const binary = level.toString(2).padStart(model.phases, "0");
    const value = `× ${scale.toPrecision(3)} = ${(level * scale).toPrecision(3)} in the original network's units`;
    const fired = levels[population][neuron];
    lines.push(
      line(
        `q = ⌊v / 2^${shift}⌋, held in 0…${most}, = `,
        bold(String(level)),
        ` = ${binary}₂: its spikes, first phase first`,
      ),
    );
    lines.push(line(value));
    if (recording.way !== "gated" && recording.way !== "early") {
      lines.push(line("This is what the intact network computes; above is what the neuron does as switched."));
    }
    if (recording.way === "early") {
      lines.push(
        line(
          fired === level
            ? `It has emitted ${fired}: it has settled.`
            : `It has emitted ${fired}: not what its whole input calls for.`,
        ),
      );
    }
  }
  byId("formula").replaceChildren(...lines);
}

/** The neuron of a population that fires most. */
export function strongest(recording: Recording, population: number): number {
  const { levels } = recording.trains[population];
  return levels.length === 0 ? 0 : levels.indexOf(levels.reduce((most, level) => Math.max(most, level), 0));
}

/** A neighbour of a neuron, within its population. */
export function neighbour(model: Model, { population, neuron }: Neuron, dx: number, dy: number, dc: number): Neuron {
  const info = model.populations[population];
  const { y, x, c } = placeOf(info, neuron);
  const wrap = (value: number, size: number) => ((value % size) + size) % size;
  const row = wrap(y + dy, info.height);
  const column = wrap(x + dx, info.width);
  const next = (row * info.width + column) * info.channels + wrap(c + dc, info.channels);
  return { population, neuron: Math.min(next, neuronsOf(info) - 1) };
}
