/** The page's state in its address: whoever follows the link sees the same. */

import type { Silenced } from "../model/silence.ts";
import type { Way } from "../playback/recording.ts";
import type { Stroke } from "../stimulus/strokes.ts";

/** What is shown to the network: a digit of the seeded generator, or strokes. Other pictures are not in the address. */
export type Stimulus =
  | { readonly kind: "seed"; readonly seed: number; readonly digit: number }
  | { readonly kind: "strokes"; readonly strokes: readonly Stroke[] };

export interface State {
  readonly model: string;
  readonly phases: number | null;
  readonly way: Way;
  /** Of early firing: a schedule's name, or one delay for all. */
  readonly delay: string;
  readonly silenced: readonly Silenced[];
  readonly stimulus: Stimulus | null;
  readonly t: number | null;
}

const WAYS: readonly Way[] = ["gated", "early", "phase", "alternating", "integrate-and-fire"];

/** Writes a state as the fragment of an address, without the `#`. */
export function writeAddress({ model, phases, way, delay, silenced, stimulus, t }: State): string {
  const fields = new URLSearchParams();
  if (model !== "digits") fields.set("model", model);
  if (phases !== null) fields.set("phases", String(phases));
  if (way !== "gated") fields.set("way", way);
  if (way === "early") fields.set("delay", delay);
  if (silenced.length > 0) {
    fields.set("silent", silenced.map(({ population, channel }) => `${population}.${channel ?? "all"}`).join("_"));
  }
  if (stimulus?.kind === "seed") fields.set("digit", `${stimulus.digit}.${stimulus.seed}`);
  if (stimulus?.kind === "strokes") fields.set("strokes", writeStrokes(stimulus.strokes));
  if (t !== null) fields.set("t", String(t));
  return fields.toString();
}

/** Reads what `writeAddress` has written; what makes no sense is left out. */
export function readAddress(fragment: string): State {
  const fields = new URLSearchParams(fragment.replace(/^#/, ""));
  const whole = (text: string | null | undefined, lo: number, hi: number): number | null =>
    text !== null && text !== undefined && /^\d{1,10}$/.test(text) && Number(text) >= lo && Number(text) <= hi
      ? Number(text)
      : null;
  const way = WAYS.find((known) => known === fields.get("way")) ?? "gated";
  const [digit, seed] = (fields.get("digit") ?? "").split(".").map((part) => whole(part, 0, 2 ** 32 - 1));
  const strokes = readStrokes(fields.get("strokes") ?? "");
  const silenced = (fields.get("silent") ?? "").split("_").flatMap((item): Silenced[] => {
    const [population, channel] = item.split(".");
    const index = whole(population, 0, 65535);
    if (index === null || (channel !== "all" && whole(channel, 0, 65535) === null)) return [];
    return [{ population: index, channel: channel === "all" ? null : Number(channel) }];
  });
  return {
    model: /^[\w.-]{1,64}$/.test(fields.get("model") ?? "") ? fields.get("model")! : "digits",
    phases: whole(fields.get("phases"), 1, 8),
    way,
    delay: /^(?:exact|close|fast|[1-8])$/.test(fields.get("delay") ?? "") ? fields.get("delay")! : "exact",
    silenced,
    stimulus:
      strokes.length > 0
        ? { kind: "strokes", strokes }
        : digit !== null && digit !== undefined && digit <= 9 && seed !== null && seed !== undefined
          ? { kind: "seed", digit, seed }
          : null,
    t: whole(fields.get("t"), 0, 0xffffff),
  };
}

/** Strokes in thousandths of the pad, two letters of base 36 each, strokes parted by a dot. */
function writeStrokes(strokes: readonly Stroke[]): string {
  return strokes
    .map((stroke) =>
      stroke
        .map((value) =>
          Math.round(value * 1000)
            .toString(36)
            .padStart(2, "0"),
        )
        .join(""),
    )
    .join(".");
}

/** Letters of the longest drawing that is read. */
const MOST_LETTERS = 2 ** 16;

function readStrokes(text: string): Stroke[] {
  if (text.length > MOST_LETTERS || !/^[0-9a-z.]*$/.test(text)) return [];
  return text
    .split(".")
    .map((stroke) =>
      Array.from(
        { length: Math.floor(stroke.length / 2) },
        (_, i) => Number.parseInt(stroke.slice(2 * i, 2 * i + 2), 36) / 1000,
      ),
    )
    .map((stroke) => (stroke.length % 2 === 1 ? stroke.slice(0, -1) : stroke))
    .filter((stroke) => stroke.length > 0 && stroke.every((value) => value <= 1));
}
