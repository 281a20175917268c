/** The network as it is at one step: every population's channels as small maps, with what forms, what is fired and what goes wrong. */

import { type Model, neuronsOf, placeOf, shortName } from "../model/model.ts";
import { type Field, fieldsOf } from "../model/synapses.ts";
import { type Picture, pictureAt, type Recording } from "../playback/recording.ts";
import { type State, stateAt } from "../playback/timing.ts";
import { type Arrangement, type Block, cornerOf, inColumns, inRows, neuronAt } from "./layout.ts";
import { mix, type Palette, towards } from "./palette.ts";

export interface Neuron {
  readonly population: number;
  readonly neuron: number;
}

/** What is to be seen. */
export interface Scene {
  readonly recording: Recording;
  /** Levels of the intact gated network, to tell neurons that should be silent; null where the run is that one. */
  readonly intact: readonly Uint8Array[] | null;
  readonly t: number;
  /** How far the step has gone, 0…1: spikes fade. */
  readonly within: number;
  readonly labels: readonly string[];
}

const WORDS: Readonly<Record<State, string>> = {
  waits: "waits",
  accumulates: "▾ takes in",
  fires: "▴ fires",
  both: "▴▾ both at once",
  done: "has fired",
};

/** Narrower than this, depths are rows. */
const NARROW = 560;

/** A population's maps as pixels, and what they were last painted of. */
interface Atlas {
  readonly canvas: HTMLCanvasElement;
  readonly image: ImageData;
  picture: Picture | null;
  painted: { readonly recording: Recording; readonly palette: Palette; readonly t: number } | null;
}

export class NetworkView {
  readonly canvas: HTMLCanvasElement;
  #context: CanvasRenderingContext2D;
  #model: Model | null = null;
  #arrangement: Arrangement = { width: 0, height: 0, unit: 1, blocks: [] };
  #atlases: Atlas[] = [];
  #ratio = 1;
  #hover: Neuron | null = null;
  #selected: Neuron | null = null;
  #fields: Field[] = [];
  #whole = true;
  #drawn: { readonly recording: Recording; readonly t: number; readonly palette: Palette } | null = null;
  /** Part of the canvas that can be seen: of a deep network the rest is not drawn. */
  visible: () => { left: number; right: number; top: number; bottom: number } = () => ({
    left: 0,
    right: Number.POSITIVE_INFINITY,
    top: 0,
    bottom: Number.POSITIVE_INFINITY,
  });

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
    this.#context = canvas.getContext("2d")!;
  }

  /** Lays a network out. @param unit what the size of text is multiplied with @returns the canvas's size, CSS pixels */
  arrange(model: Model, width: number, height: number, unit: number): { width: number; height: number } {
    this.#model = model;
    this.#whole = true;
    this.#arrangement = width < NARROW ? inRows(model, width, unit) : inColumns(model, width, height, unit);
    this.#ratio = Math.min(2, devicePixelRatio || 1);
    const { width: w, height: h } = this.#arrangement;
    // Canvases beyond these sizes are refused by browsers.
    this.#ratio = Math.min(this.#ratio, 16384 / Math.max(w, h, 1));
    this.canvas.width = Math.max(1, Math.round(w * this.#ratio));
    this.canvas.height = Math.max(1, Math.round(h * this.#ratio));
    this.canvas.style.width = `${w}px`;
    this.canvas.style.height = `${h}px`;
    this.#atlases = this.#arrangement.blocks.map(({ population, shown }) => {
      const { height: rows, width: columns } = model.populations[population];
      const canvas = document.createElement("canvas");
      canvas.width = columns;
      canvas.height = rows * shown;
      return { canvas, image: new ImageData(columns, rows * shown), picture: null, painted: null };
    });
    return { width: w, height: h };
  }

  /** The neuron at a point of the canvas, CSS pixels. */
  at(x: number, y: number): Neuron | null {
    return this.#model && neuronAt(this.#model, this.#arrangement, x, y);
  }

  /** Lights up a neuron and its windows in its sources. */
  light(hover: Neuron | null, selected: Neuron | null): void {
    this.#hover = hover;
    this.#selected = selected;
    this.#whole = true;
    const shown = hover ?? selected;
    this.#fields = shown && this.#model ? fieldsOf(this.#model, shown.population, shown.neuron) : [];
  }

  /** Where a neuron is drawn, CSS pixels; null where it is not. */
  placeOf({ population, neuron }: Neuron): { x: number; y: number; width: number; height: number } | null {
    const block = this.#arrangement.blocks.find((candidate) => candidate.population === population);
    const info = this.#model?.populations[population];
    if (!block || !info) return null;
    const { y, x, c } = placeOf(info, neuron);
    if (c >= block.shown) return null;
    const corner = cornerOf(block, c);
    const [width, height] = [block.mapWidth / info.width, block.mapHeight / info.height];
    return { x: corner.x + x * width, y: corner.y + y * height, width, height };
  }

  /** Where a population lies, CSS pixels. */
  boxOf(population: number): { x: number; width: number } | null {
    return this.#arrangement.blocks.find((block) => block.population === population)?.box ?? null;
  }

  get width(): number {
    return this.#arrangement.width;
  }

  /** Channels that are not drawn for want of room. */
  get hidden(): number {
    return this.#arrangement.blocks.reduce(
      (sum, { population, shown }) => sum + (this.#model?.populations[population].channels ?? 0) - shown,
      0,
    );
  }

  /** Lets the next frame be drawn as a whole, whatever has changed. */
  touch(): void {
    this.#whole = true;
  }

  /** Draws a step. Within one only spikes fade: what does not fire is left as it stands. */
  draw(scene: Scene, palette: Palette): void {
    const model = this.#model;
    if (!model) return;
    const { recording, t } = scene;
    const last = this.#drawn;
    const whole =
      this.#whole ||
      this.#fields.length > 0 ||
      last?.recording !== recording ||
      last.t !== t ||
      last.palette !== palette;
    this.#drawn = { recording, t, palette };
    this.#whole = false;
    const context = this.#context;
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    context.imageSmoothingEnabled = false;
    const seen = this.visible();
    if (whole) {
      context.clearRect(0, 0, this.#arrangement.width, this.#arrangement.height);
      this.#drawConnections(scene, palette);
    }
    this.#arrangement.blocks.forEach((block, i) => {
      const { box } = block;
      if (box.x > seen.right || box.x + box.width < seen.left) return;
      if (box.y > seen.bottom || box.y + box.height < seen.top) return;
      if (whole) this.#drawBlock(block, i, scene, palette);
      else if (this.#fades(block, scene)) this.#drawMaps(block, i, scene, palette);
    });
    if (whole) this.#drawFields(palette);
  }

  #fades({ population }: Block, { recording, t }: Scene): boolean {
    if (this.#model!.populations[population].kind === "output") return false;
    const state = stateAt(recording.windows[population], t);
    return state === "fires" || state === "both";
  }

  #drawBlock(block: Block, i: number, scene: Scene, palette: Palette): void {
    const model = this.#model!;
    const population = model.populations[block.population];
    if (population.kind === "output") {
      this.#drawHeading(
        block,
        scene,
        scene.recording.windows[block.population] ? this.#stateOf(block, scene) : "waits",
        palette,
      );
      this.#drawOutput(block, scene, palette);
      return;
    }
    const picture = this.#drawMaps(block, i, scene, palette);
    if (picture) this.#drawHeading(block, scene, picture.state, palette);
  }

  /** Draws a population's maps with their edges. */
  #drawMaps(block: Block, i: number, scene: Scene, palette: Palette): Picture | null {
    const population = this.#model!.populations[block.population];
    const train = scene.recording.trains[block.population];
    if (!train || train.levels.length !== neuronsOf(population)) return null;
    const atlas = this.#atlases[i];
    const picture = this.#refresh(atlas, block, scene, palette);
    const context = this.#context;
    const { height, width } = population;
    for (let c = 0; c < block.shown; c++) {
      const { x, y } = cornerOf(block, c);
      context.drawImage(atlas.canvas, 0, c * height, width, height, x, y, block.mapWidth, block.mapHeight);
    }
    context.lineWidth = 1;
    context.strokeStyle = this.#edge(picture.state, palette);
    context.globalAlpha = picture.state === "waits" || picture.state === "done" ? 0.5 : 1;
    context.beginPath();
    for (let c = 0; c < block.shown; c++) {
      const { x, y } = cornerOf(block, c);
      context.rect(x - 0.5, y - 0.5, block.mapWidth + 1, block.mapHeight + 1);
    }
    context.stroke();
    context.globalAlpha = 1;
    return picture;
  }

  /** Paints a population's maps anew where they have changed: while spikes fade, at every frame. */
  #refresh(atlas: Atlas, block: Block, scene: Scene, palette: Palette): Picture {
    const { recording, t } = scene;
    const { painted } = atlas;
    const same = painted?.recording === recording && painted.palette === palette;
    const state = stateAt(recording.windows[block.population], t);
    const settled = state === "waits" || state === "done";
    if (atlas.picture?.state === state && same && (settled || (state === "accumulates" && painted.t === t))) {
      return atlas.picture;
    }
    const picture = pictureAt(recording, block.population, t, atlas.picture ?? undefined);
    this.#paint(atlas.image, block, picture, scene, palette);
    atlas.canvas.getContext("2d")!.putImageData(atlas.image, 0, 0);
    atlas.picture = picture;
    atlas.painted = { recording, palette, t };
    return picture;
  }

  #stateOf({ population }: Block, { recording, t }: Scene): State {
    const { hears, heard } = recording.windows[population];
    return t < hears ? "waits" : t < heard ? "accumulates" : "done";
  }

  #edge(state: State, palette: Palette): string {
    if (state === "accumulates") return palette.css.accumulate;
    return state === "fires" || state === "both" ? palette.css.fire : palette.css.line;
  }

  /** Pixels of all shown channels, one below the other. */
  #paint(image: ImageData, block: Block, picture: Picture, scene: Scene, palette: Palette): void {
    const { height, width, channels } = this.#model!.populations[block.population];
    const pixels = new Uint32Array(image.data.buffer);
    const { values, fresh, most, state } = picture;
    const input = block.population === 0;
    const { ramps } = palette;
    const ramp = input
      ? ramps.input
      : state === "accumulates" && scene.recording.way === "gated"
        ? ramps.accumulate
        : state === "done" || state === "accumulates"
          ? ramps.done
          : ramps.fire;
    const intact = input ? null : (scene.intact?.[block.population] ?? null);
    const flash = 1 - 0.65 * scene.within;
    const scale = 255 / most;
    for (let c = 0, out = 0; c < block.shown; c++) {
      for (let n = c; n < height * width * channels; n += channels, out++) {
        const value = Math.max(0, Math.min(255, Math.round(values[n] * scale)));
        const wrong = intact !== null && intact[n] === 0 && (values[n] !== 0 || fresh[n] !== 0);
        let colour = (wrong ? ramps.warn : ramp)[wrong ? Math.max(110, value) : value];
        const spike = fresh[n];
        if (spike !== 0) {
          // Even the smallest spike is seen, the largest outshine them.
          const strength = (0.3 + 0.7 * (Math.log2(Math.abs(spike) + 1) / Math.log2(most + 1))) * flash;
          colour = towards(
            colour,
            wrong ? palette.rgb.warn : spike < 0 ? palette.rgb.negative : palette.rgb.flash,
            strength,
          );
        }
        pixels[out] = colour;
      }
    }
  }

  #drawHeading({ box, population, shown }: Block, { recording }: Scene, state: State, palette: Palette): void {
    const info = this.#model!.populations[population];
    const context = this.#context;
    const { x, y, width } = box;
    context.textBaseline = "alphabetic";
    context.fillStyle = palette.css.text;
    const name = info.kind === "output" ? "answer" : shortName(info.name);
    const { unit } = this.#arrangement;
    for (const size of [11.5, 10, 9]) {
      context.font = `600 ${size * unit}px system-ui, sans-serif`;
      if (context.measureText(name).width <= width) break;
    }
    context.fillText(fitted(context, name, width), x, y + 11 * unit);
    context.font = `${10.5 * unit}px system-ui, sans-serif`;
    context.fillStyle =
      state === "accumulates"
        ? palette.css.accumulate
        : state === "fires" || state === "both"
          ? palette.css.fire
          : palette.css.muted;
    const more = shown < info.channels ? ` +${info.channels - shown}` : "";
    const word =
      info.kind === "input"
        ? state === "done"
          ? "was shown"
          : "is shown"
        : info.kind === "output" && state === "done"
          ? "complete"
          : WORDS[state];
    const relayed = recording.way !== "gated" && info.kind === "synchronous" ? "left out" : word;
    context.fillText(fitted(context, relayed + more, width), x, y + 25 * unit);
  }

  #drawOutput(block: Block, scene: Scene, palette: Palette): void {
    const { recording, t, labels } = scene;
    const info = this.#model!.populations[block.population];
    const first = this.#model!.populations.find(({ kind }) => kind === "output")!;
    if (info.index !== first.index) return;
    const context = this.#context;
    const classes = recording.answers.length / recording.steps;
    const row = recording.answers.subarray(t * classes, (t + 1) * classes);
    const most = Math.max(...row, 1e-9);
    const least = Math.min(...row, 0);
    const begun = t >= recording.windows[block.population].hears;
    const best = row.indexOf(Math.max(...row));
    for (let c = 0; c < block.shown; c++) {
      const { x, y } = cornerOf(block, c);
      const share = begun ? Math.max(0, (row[c] - least) / (most - least)) : 0;
      const colour = mix(palette.rgb.ground, palette.rgb.fire, share ** 2 * 0.9);
      context.fillStyle = `rgb(${colour.join(" ")})`;
      context.fillRect(x, y, block.mapWidth, block.mapHeight);
      const chosen = begun && c === best;
      context.lineWidth = chosen ? 2 : 1;
      context.strokeStyle = chosen ? palette.css.fire : palette.css.line;
      context.strokeRect(x + 0.5, y + 0.5, block.mapWidth - 1, block.mapHeight - 1);
      if (block.mapHeight < 13) continue;
      context.fillStyle = share > 0.65 ? palette.css.ground : chosen ? palette.css.text : palette.css.muted;
      context.font = `${chosen ? "700" : "400"} ${Math.min(13 * this.#arrangement.unit, block.mapHeight * 0.6)}px system-ui, sans-serif`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      const label = labels[c] ?? String(c);
      context.fillText(
        label.slice(0, Math.max(1, Math.floor(block.mapWidth / 7))),
        x + block.mapWidth / 2,
        y + block.mapHeight / 2 + 0.5,
      );
      context.textAlign = "left";
    }
  }

  /** Projections as ribbons between boxes, lit while their source fires. */
  #drawConnections({ recording, t }: Scene, palette: Palette): void {
    const model = this.#model!;
    const context = this.#context;
    const blockOf = new Map(this.#arrangement.blocks.map((block) => [block.population, block]));
    const seen = this.visible();
    for (const { source, target } of model.projections) {
      const [from, to] = [blockOf.get(source)!, blockOf.get(target)!];
      if (Math.min(from.box.x, to.box.x) > seen.right || Math.max(from.box.x, to.box.x) < seen.left - 400) continue;
      const state = stateAt(recording.windows[source], t);
      const lit = state === "fires" || state === "both";
      const across = to.box.x > from.box.x + from.box.width - 1;
      const [x1, y1, x2, y2] = across
        ? [
            from.box.x + from.box.width + 2,
            from.box.y + from.box.height / 2,
            to.box.x - 4,
            to.box.y + to.box.height / 2,
          ]
        : [
            from.box.x + from.box.width / 2,
            from.box.y + from.box.height + 2,
            to.box.x + to.box.width / 2,
            to.box.y - 2,
          ];
      context.beginPath();
      context.moveTo(x1, y1);
      if (across) context.bezierCurveTo((x1 + x2) / 2, y1, (x1 + x2) / 2, y2, x2, y2);
      else context.bezierCurveTo(x1, (y1 + y2) / 2, x2, (y1 + y2) / 2, x2, y2);
      context.lineWidth = lit ? 2.5 : 1.25;
      context.strokeStyle = lit ? palette.css.fire : palette.css.line;
      context.stroke();
    }
  }

  #drawFields(palette: Palette): void {
    const context = this.#context;
    const model = this.#model!;
    for (const field of this.#fields) {
      const block = this.#arrangement.blocks.find(({ population }) => population === field.source);
      if (!block) continue;
      const { height, width } = model.populations[field.source];
      const [cellX, cellY] = [block.mapWidth / width, block.mapHeight / height];
      context.strokeStyle = palette.css.text;
      context.lineWidth = 1.5;
      for (let c = field.firstChannel; c < Math.min(block.shown, field.firstChannel + field.channels); c++) {
        const { x, y } = cornerOf(block, c);
        context.strokeRect(
          x + field.left * cellX - 0.75,
          y + field.top * cellY - 0.75,
          field.width * cellX + 1.5,
          field.height * cellY + 1.5,
        );
      }
    }
    for (const [neuron, colour] of [
      [this.#selected, palette.css.flash],
      [this.#hover, palette.css.text],
    ] as const) {
      const place = neuron && this.placeOf(neuron);
      if (!place) continue;
      const pad = Math.max(1.5, 4 - place.width / 2);
      context.lineWidth = 3.5;
      context.strokeStyle = palette.css.ground;
      context.strokeRect(place.x - pad, place.y - pad, place.width + 2 * pad, place.height + 2 * pad);
      context.lineWidth = 1.75;
      context.strokeStyle = colour;
      context.strokeRect(place.x - pad, place.y - pad, place.width + 2 * pad, place.height + 2 * pad);
    }
  }
}

/** A text cut to a width. */
function fitted(context: CanvasRenderingContext2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text;
  let cut = text;
  while (cut.length > 1 && context.measureText(`${cut}…`).width > width) cut = cut.slice(0, -1);
  return `${cut}…`;
}
