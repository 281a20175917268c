/** The raster: all populations over time, shaded by what they do, with a playhead. */

import { type Model, shortName } from "../model/model.ts";
import type { Recording } from "../playback/recording.ts";
import { type Band, bandsOf, binsOf } from "./bins.ts";
import type { Palette } from "./palette.ts";

export const GUTTER = 84;
const FOOT = 22;
const TOP = 6;

/**
 * How dark a mark is: by the share of its neurons that spike, and by what a spike is worth.
 */
function inkOf(share: number, worth: number): number {
  return Math.min(1, 0.15 + 0.85 * Math.min(1, share) ** 0.8) * (0.5 + 0.5 * Math.sqrt(worth));
}

export class RasterView {
  readonly canvas: HTMLCanvasElement;
  /** Lie over the canvas, so that it need not be drawn again while time passes. */
  readonly #step: HTMLElement;
  readonly #head: HTMLElement;
  #width = 0;
  #height = 0;
  #ratio = 1;
  #steps = 1;
  /** Steps that the width is for: rasters that are compared have the same. */
  #scale = 1;
  #gutter = GUTTER;
  bands: readonly Band[] = [];

  /** @param canvas which has the marks of the step and of the playhead beside it */
  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
    this.#step = canvas.parentElement!.querySelector<HTMLElement>(".step")!;
    this.#head = canvas.parentElement!.querySelector<HTMLElement>(".playhead")!;
  }

  /** Draws a recording; the playhead comes with `move`. */
  prepare(
    recording: Recording,
    model: Model,
    intact: readonly Uint8Array[] | null,
    size: { width: number; height: number },
    palette: Palette,
    caption: string,
    scale = recording.steps,
  ): void {
    this.#width = size.width;
    this.#height = size.height;
    this.#steps = recording.steps;
    this.#scale = Math.max(scale, recording.steps);
    const unit = size.width > 1400 ? 1.25 : 1;
    this.#gutter = size.width < 560 ? 52 : GUTTER * unit;
    this.#ratio = Math.min(2, devicePixelRatio || 1);
    this.canvas.width = Math.max(1, Math.round(size.width * this.#ratio));
    this.canvas.height = Math.max(1, Math.round(size.height * this.#ratio));
    const context = this.canvas.getContext("2d")!;
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    this.bands = bandsOf(model, size.height - FOOT - TOP, 3);
    const cell = this.#cell;
    for (const band of this.bands) {
      const { hears, heard, begins, ends, cycle } = recording.windows[band.population];
      const y = TOP + band.top;
      context.fillStyle = palette.css.ground;
      context.fillRect(this.#gutter, y, cell * this.#scale, band.height);
      this.#shade(context, palette.css.accumulate, hears, Math.min(heard, begins), y, band.height);
      if (cycle === undefined) this.#shade(context, palette.css.fire, begins, ends, y, band.height);
      else {
        for (let t = begins; t < ends; t += cycle) {
          this.#shade(context, palette.css.fire, t, Math.min(ends, t + cycle / 2), y, band.height);
          this.#shade(context, palette.css.accumulate, t + cycle / 2, Math.min(ends, t + cycle), y, band.height);
        }
      }
      this.#drawSpikes(context, recording, model, band, intact?.[band.population] ?? null, palette);
      if (band.height < 7) continue;
      context.fillStyle = palette.css.muted;
      context.font = `${Math.min(11 * unit, Math.max(8, band.height - 1))}px system-ui, sans-serif`;
      context.textAlign = "right";
      context.textBaseline = "middle";
      const name = shortName(model.populations[band.population].name);
      context.fillText(
        name.length > 7 && this.#gutter < GUTTER ? `${name.slice(0, 6)}…` : name.slice(0, 14),
        this.#gutter - 6,
        y + band.height / 2,
      );
    }
    this.#drawAxis(context, recording, model, palette);
    if (caption) {
      context.font = "600 11px system-ui, sans-serif";
      context.textAlign = "right";
      context.textBaseline = "top";
      const { width } = context.measureText(caption);
      const right = this.#gutter + cell * this.#scale - 6;
      context.fillStyle = palette.css.panel;
      context.fillRect(right - width - 5, TOP + 2, width + 10, 16);
      context.fillStyle = palette.css.text;
      context.fillText(caption, right, TOP + 5);
    }
  }

  get #cell(): number {
    return (this.#width - this.#gutter - 8) / this.#scale;
  }

  #shade(context: CanvasRenderingContext2D, colour: string, from: number, to: number, y: number, height: number): void {
    const end = Math.min(to, this.#steps);
    if (end <= from) return;
    context.globalAlpha = 0.16;
    context.fillStyle = colour;
    context.fillRect(this.#gutter + from * this.#cell, y, (end - from) * this.#cell, height);
    context.globalAlpha = 1;
  }

  #drawSpikes(
    context: CanvasRenderingContext2D,
    recording: Recording,
    model: Model,
    band: Band,
    intact: Uint8Array | null,
    palette: Palette,
  ): void {
    const { population, top, height } = band;
    const bins = binsOf(recording, model, population, Math.max(1, Math.floor(height * this.#ratio)), intact);
    const row = height / bins.rows;
    const cell = this.#cell;
    const gap = Math.min(2, cell * 0.15);
    const { steps } = recording;
    const draw = (
      counts: Uint16Array,
      colour: string,
      part: (x: number, y: number) => [number, number, number, number],
    ) => {
      const densest = Math.max(1, bins.neurons * 0.25, counts.reduce((most, count) => Math.max(most, count), 0) * 0.8);
      context.fillStyle = colour;
      for (let r = 0; r < bins.rows; r++) {
        for (let t = 0; t < steps; t++) {
          const at = r * steps + t;
          if (counts[at] === 0) continue;
          context.globalAlpha = inkOf(counts[at] / densest, bins.strongest[at]);
          context.fillRect(...part(this.#gutter + t * cell + gap / 2, TOP + top + r * row));
        }
      }
    };
    // Told apart without colour too: negative spikes are short and to the right, wrong ones thick.
    draw(bins.positive, palette.css.fire, (x, y) => [x, y, cell - gap, Math.max(0.6, row * 0.9)]);
    draw(bins.negative, palette.css.negative, (x, y) => [
      x + (cell - gap) / 2,
      y,
      (cell - gap) / 2,
      Math.max(0.8, row),
    ]);
    draw(bins.wrong, palette.css.warn, (x, y) => [x, y - row * 0.25, cell - gap, Math.max(1.2, row * 1.5)]);
    context.globalAlpha = 1;
  }

  #drawAxis(context: CanvasRenderingContext2D, recording: Recording, model: Model, palette: Palette): void {
    const { phases, steps } = recording;
    const y = this.#height - FOOT + 4;
    context.fillStyle = palette.css.muted;
    context.strokeStyle = palette.css.line;
    context.font = `${this.#width > 1400 ? 13 : 10.5}px system-ui, sans-serif`;
    context.textBaseline = "top";
    context.textAlign = "center";
    context.lineWidth = 1;
    const first = model.coding === "current" && recording.way !== "phase" ? 1 : 0;
    let free = Number.NEGATIVE_INFINITY;
    for (let t = first; t < steps; t += phases) {
      const x = Math.round(this.#gutter + t * this.#cell) + 0.5;
      context.beginPath();
      context.moveTo(x, TOP);
      context.lineTo(x, this.#height - FOOT + 2);
      context.stroke();
      if (x < free) continue;
      context.fillText(String(t), x, y);
      free = x + 30;
    }
    context.textAlign = "right";
    context.fillText(this.#gutter < GUTTER ? "t" : "time step", this.#gutter - 6, y);
  }

  /** Moves the playhead. */
  move(t: number, within: number): void {
    const x = this.#gutter + t * this.#cell;
    this.#step.style.width = `${this.#cell}px`;
    this.#step.style.transform = `translateX(${x}px)`;
    this.#head.style.transform = `translateX(${x + this.#cell * within - 0.75}px)`;
  }

  /** The step at a place of the canvas, CSS pixels. */
  stepAt(x: number): number {
    return Math.max(0, Math.min(this.#steps - 1, Math.floor((x - this.#gutter) / this.#cell)));
  }
}
