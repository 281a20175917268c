/** The answer: bars in the units of the original network, and the figures beside them. */

import type { About } from "../engine/protocol.ts";
import { type Recording, spikesUntil } from "../playback/recording.ts";

/** Classes shown where there are more. */
const MOST_BARS = 10;

/** Picojoules, 45 nm (Horowitz, ISSCC 2014): what the field's estimates take. */
export const ENERGY = { mac: 4.6, add: 0.9 } as const;

export interface Bar {
  readonly row: HTMLElement;
  readonly fill: HTMLElement;
  readonly ghost: HTMLElement;
  readonly value: HTMLElement;
  readonly label: HTMLElement;
}

/** Values to be shown beside the spiking network's: of the original, or of the intact network. */
export interface Ghost {
  readonly name: string;
  readonly values: Float32Array;
}

export class AnswerView {
  readonly #bars: HTMLElement;
  readonly #best: HTMLElement;
  readonly #say: HTMLElement;
  #rows: Bar[] = [];
  #said = "";

  constructor(bars: HTMLElement, best: HTMLElement, say: HTMLElement) {
    this.#bars = bars;
    this.#best = best;
    this.#say = say;
  }

  /** Makes as many bars as there are classes to show. */
  prepare(classes: number): void {
    const count = Math.min(classes, MOST_BARS);
    if (this.#rows.length === count) return;
    this.#bars.replaceChildren();
    this.#rows = Array.from({ length: count }, () => {
      const make = (name: string, parent: HTMLElement, tag = "span") => {
        const element = document.createElement(tag);
        element.className = name;
        parent.append(element);
        return element;
      };
      const row = make("bar", this.#bars, "li");
      const label = make("bar-label", row);
      const track = make("bar-track", row);
      return {
        row,
        label,
        fill: make("bar-fill", track),
        ghost: make("bar-ghost", track),
        value: make("bar-value", row),
      };
    });
  }

  /** Shows the answer as it stands at a step. */
  draw(recording: Recording, about: About, t: number, ghost: Ghost | null): void {
    const classes = recording.answers.length / recording.steps;
    const values = recording.answers.subarray(t * classes, (t + 1) * classes);
    const last = recording.answers.subarray((recording.steps - 1) * classes);
    // Bars keep their order while time passes: by class, or by the final answer where there are many.
    const order =
      classes <= MOST_BARS
        ? [...values.keys()]
        : [...last.keys()].sort((a, b) => last[b] - last[a] || a - b).slice(0, MOST_BARS);
    const all = [...last, ...(ghost?.values ?? [])];
    const most = Math.max(1e-6, ...all, ...values);
    const least = Math.min(0, ...all.filter((value) => value > -most), ...[...values].filter((value) => value > -most));
    const place = (value: number) => Math.max(0, Math.min(1, (value - least) / (most - least)));
    const begun = t >= firstAnswer(recording);
    const best = begun ? values.indexOf(Math.max(...values)) : -1;
    const zero = place(0);
    this.#rows.forEach(({ row, fill, ghost: mark, value, label }, i) => {
      const c = order[i];
      const name = about.labels[c] ?? String(c);
      if (label.textContent !== name) label.textContent = name;
      const at = begun ? place(values[c]) : zero;
      fill.style.transform = `translateX(${100 * Math.min(zero, at)}%) scaleX(${Math.abs(at - zero)})`;
      value.textContent = begun ? values[c].toFixed(1) : "·";
      row.classList.toggle("best", c === best);
      mark.hidden = !ghost;
      if (ghost) mark.style.transform = `translateX(${100 * place(ghost.values[c])}%)`;
    });
    const label = best < 0 ? "?" : (about.labels[best] ?? String(best));
    if (this.#best.textContent !== label) this.#best.textContent = label;
    this.#best.classList.toggle("long", label.length > 3);
    this.#best.classList.toggle("open", best < 0);
    if (t === recording.steps - 1) this.#tell(recording, about, values, best);
  }

  /** The answer in words, for those who do not see it; once per answer. */
  #tell(recording: Recording, about: About, values: Float32Array, best: number): void {
    const order = [...values.keys()].sort((a, b) => values[b] - values[a]);
    const next = order.find((c) => c !== best);
    const name = (c: number) => about.labels[c] ?? String(c);
    const second = next === undefined ? "" : `, then ${name(next)} with ${values[next].toFixed(1)}`;
    const spikes = spikesUntil(recording, recording.steps - 1).toLocaleString("en");
    const what = about.classifier ? "The answer is" : "The largest value is that of";
    const text = `${what} ${name(best)}, with ${values[best].toFixed(1)}${second}; after ${recording.steps} time steps and ${spikes} spikes.`;
    if (text === this.#said) return;
    this.#said = text;
    this.#say.textContent = text;
  }
}

/** First step at which anything has reached the first output. */
export function firstAnswer({ windows, trains }: Recording): number {
  const output = trains.findIndex(({ levels }) => levels.length === 0);
  return windows[output]?.hears ?? 0;
}

/** A count in few letters. */
export function short(count: number): string {
  if (count >= 1e9) return `${(count / 1e9).toPrecision(3)} G`;
  if (count >= 1e6) return `${(count / 1e6).toPrecision(3)} M`;
  if (count >= 1e3) return `${(count / 1e3).toPrecision(3)} k`;
  return String(count);
}

/** Milliseconds in few letters. */
export function timeText(milliseconds: number): string {
  const digits = milliseconds >= 10 ? 0 : milliseconds >= 1 ? 1 : 2;
  return `${milliseconds.toFixed(digits)} ms`;
}

/** Joules in few letters. @param picojoules what to write */
export function energyText(picojoules: number): string {
  if (picojoules >= 1e9) return `${(picojoules / 1e9).toPrecision(3)} mJ`;
  if (picojoules >= 1e6) return `${(picojoules / 1e6).toPrecision(3)} µJ`;
  return `${(picojoules / 1e3).toPrecision(3)} nJ`;
}
