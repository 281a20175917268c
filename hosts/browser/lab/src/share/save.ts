/** Files of what is shown: pictures, and the spikes as tables. */

import type { Model } from "../model/model.ts";
import { type Recording, spikesAt, worthAt } from "../playback/recording.ts";
import { bandsOf, binsOf } from "../view/bins.ts";
import type { Palette } from "../view/palette.ts";
import { npz } from "./npz.ts";

/** Offers bytes as a download. */
export function download(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

/** A canvas as PNG, on the ground of the page. */
export async function canvasPng(canvas: HTMLCanvasElement, ground: string): Promise<Blob> {
  const copy = document.createElement("canvas");
  copy.width = canvas.width;
  copy.height = canvas.height;
  const context = copy.getContext("2d")!;
  context.fillStyle = ground;
  context.fillRect(0, 0, copy.width, copy.height);
  context.drawImage(canvas, 0, 0);
  return new Promise((resolve, reject) =>
    copy.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture could not be made"))), "image/png"),
  );
}

/** Every spike as a line: step, population, neuron, place, sign, worth in levels. */
export function spikesCsv(recording: Recording, model: Model): string {
  const lines = ["t,population,name,neuron,y,x,channel,sign,worth"];
  for (let t = 0; t < recording.steps; t++) {
    for (const { index, name, width, channels } of model.populations) {
      const { neurons, signs } = spikesAt(recording.trains[index], t);
      const quoted = /[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
      neurons.forEach((n, k) => {
        const position = Math.floor(n / channels);
        const place = `${Math.floor(position / width)},${position % width},${n % channels}`;
        lines.push(`${t},${index},${quoted},${n},${place},${signs ? signs[k] : 1},${worthAt(recording, index, t)}`);
      });
    }
  }
  return `${lines.join("\n")}\n`;
}

/** The same as arrays for NumPy: t, population, neuron, sign. */
export function spikesNpz(recording: Recording): Uint8Array {
  const count = recording.trains.reduce((sum, { neurons }) => sum + neurons.length, 0);
  const t = new Uint32Array(count);
  const population = new Uint32Array(count);
  const neuron = new Uint32Array(count);
  const sign = new Int8Array(count);
  let at = 0;
  for (let step = 0; step < recording.steps; step++) {
    recording.trains.forEach((train, index) => {
      const found = spikesAt(train, step);
      found.neurons.forEach((n, k) => {
        t[at] = step;
        population[at] = index;
        neuron[at] = n;
        sign[at++] = found.signs ? found.signs[k] : 1;
      });
    });
  }
  return npz({ t, population, neuron, sign });
}

/** The raster as a drawing of lines, as large as there is need. */
export function rasterSvg(recording: Recording, model: Model, palette: Palette): string {
  const [width, height, gutter] = [1200, 560, 110];
  const cell = (width - gutter - 10) / recording.steps;
  const escaped = (text: string) => text.replace(/[<>&"]/g, (c) => `&#${c.charCodeAt(0)};`);
  const parts: string[] = [];
  const names = new Map(model.populations.map(({ index, name }) => [index, name]));
  for (const band of bandsOf(model, height - 30, 4)) {
    const { hears, heard, begins, ends } = recording.windows[band.population];
    const rect = (from: number, to: number, colour: string) => {
      const end = Math.min(to, recording.steps);
      if (end <= from) return;
      parts.push(
        `<rect x="${fixed(gutter + from * cell)}" y="${fixed(band.top)}" width="${fixed((end - from) * cell)}" height="${fixed(band.height)}" fill="${colour}" opacity=".16"/>`,
      );
    };
    rect(hears, Math.min(heard, begins), palette.css.accumulate);
    rect(begins, ends, palette.css.fire);
    const bins = binsOf(recording, model, band.population, Math.max(1, Math.floor(band.height)), null);
    const row = band.height / bins.rows;
    for (const [counts, colour, share] of [
      [bins.positive, palette.css.fire, 1],
      [bins.negative, palette.css.negative, 0.5],
    ] as const) {
      let path = "";
      for (let r = 0; r < bins.rows; r++) {
        for (let step = 0; step < recording.steps; step++) {
          if (counts[r * recording.steps + step] === 0) continue;
          const x = gutter + (step + 1 - share * 0.95) * cell;
          path += `M${fixed(x)} ${fixed(band.top + (r + 0.5) * row)}h${fixed(cell * share * 0.9)}`;
        }
      }
      if (path) parts.push(`<path d="${path}" stroke="${colour}" stroke-width="${fixed(row * 0.8)}"/>`);
    }
    const name = escaped(names.get(band.population) ?? "");
    parts.push(
      `<text x="${gutter - 6}" y="${fixed(band.top + band.height / 2 + 4)}" text-anchor="end"><title>${name}</title>${escaped(shortOf(names.get(band.population) ?? ""))}</text>`,
    );
  }
  parts.push(`<text x="${gutter}" y="${height - 8}">t = 0</text>`);
  parts.push(`<text x="${width - 10}" y="${height - 8}" text-anchor="end">t = ${recording.steps - 1}</text>`);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="${palette.css.text}"><rect width="${width}" height="${height}" fill="${palette.css.ground}"/>${parts.join("")}</svg>\n`;
}

function shortOf(name: string): string {
  return name.length > 16 ? `…${name.replace(/_output_\d+/, "").slice(-15)}` : name;
}

function fixed(value: number): string {
  return String(Math.round(value * 100) / 100);
}
