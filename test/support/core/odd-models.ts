/** Model files whose network is sound, and which state beside it what cannot be meant, or only looks like that: all hosts refuse the same. */

import { convertSeveral } from "../convert/several.ts";
import { type LooseScalar, ModelFile } from "./edit.ts";

export interface OddModel {
  /** What is odd about it; a file name as well. */
  readonly what: string;
  readonly file: Uint8Array;
  /** Whether it is a model all the same. */
  readonly sound: boolean;
}

const NAMES = "bsnn.inputs.name";
const PLACE = "bsnn.inputs.place";
const RANGE = "bsnn.inputs.range";
const SCENE = [6, 6, 3, 0, 3, 0];
const DETAIL = [4, 3, 1, 3, 1, 0];
const STATE = [1, 1, 5, 4, 1, 1];
const place = (scene = SCENE, detail = DETAIL, state = STATE) => [...scene, ...detail, ...state];
const range = (low: number, high: number) => [0, 0, 0, 0, low, high];
const most = 2 ** 32 - 1;

/** Values of one key that are changed. */
const ODD: readonly (readonly [key: string, what: string, value: LooseScalar | LooseScalar[], sound?: true])[] = [
  [NAMES, "one name", ["a"]],
  [NAMES, "no names", []],
  [NAMES, "two names for three", ["a", "b"]],
  [NAMES, "four names for three", ["a", "b", "c", "d"]],
  [NAMES, "twice the same", ["a", "b", "a"]],
  [NAMES, "twice nothing", ["a", "", ""]],
  [NAMES, "thrice the same", ["b", "b", "b"]],
  [NAMES, "one without a letter", ["a", "", "b"], true],
  [NAMES, "beginnings of each other", ["aa", "a", "aaa"], true],
  [NAMES, "told apart by a mark of byte order", ["a", "\ufeffa", "b"], true],
  [NAMES, "told apart by a zero", ["a", "a\0", "b"], true],
  [NAMES, "told apart by case and composition", ["é", "e\u0301", "É"], true],
  [NAMES, "for terminals", ["\x1b[31m", "\u202eb", "\n"], true],
  [NAMES, "no text", ["a", "b", Uint8Array.of(0xff)]],
  [PLACE, "a number too few", place().slice(1)],
  [PLACE, "a number too many", [...place(), 0]],
  [PLACE, "of two of three", place().slice(6)],
  [PLACE, "no numbers", []],
  [PLACE, "too high", place([7, 6, 3, 0, 3, 0])],
  [PLACE, "too wide", place([6, 7, 3, 0, 3, 0])],
  [PLACE, "without height", place([0, 6, 3, 0, 3, 0])],
  [PLACE, "without width", place([6, 0, 3, 0, 3, 0])],
  [PLACE, "without values", place([6, 6, 0, 0, 0, 0])],
  [PLACE, "without values at a position", place([6, 6, 3, 0, 0, 0])],
  [PLACE, "as large as can be said", place([most, most, most, most, most, 0])],
  [PLACE, "channels as large as can be said", place(SCENE, DETAIL, [1, 1, most, 4, 1, 1])],
  [PLACE, "values at a position as large as can be said", place(SCENE, DETAIL, [1, 1, 5, 4, most, 1])],
  [PLACE, "one above another", place(SCENE, [4, 3, 1, 2, 1, 0])],
  [PLACE, "in no order", place(SCENE, [4, 3, 1, 4, 1, 0], [1, 1, 5, 3, 1, 1])],
  [PLACE, "more values at a position than there are", place(SCENE, DETAIL, [1, 1, 5, 4, 6, 1])],
  [PLACE, "spread over more positions than there are", place(SCENE, DETAIL, [1, 1, 37, 4, 1, 1])],
  [PLACE, "spread over all positions", place(SCENE, DETAIL, [1, 1, 36, 4, 1, 1]), true],
  [PLACE, "behind the last channel", place(SCENE, DETAIL, [1, 1, 5, 5, 1, 1])],
  [PLACE, "far behind the last channel", place(SCENE, DETAIL, [1, 1, 5, most, 1, 1])],
  [PLACE, "a map spread", place([6, 6, 3, 0, 1, 0])],
  [PLACE, "neither pairs nor none", place(SCENE, DETAIL, [1, 1, 5, 4, 1, 2])],
  [PLACE, "pairs as many as can be said", place(SCENE, DETAIL, [1, 1, 5, 4, 1, most])],
  [PLACE, "pairs of an image", place(SCENE, [4, 3, 1, 3, 1, 1], [1, 1, 5, 5, 1, 0])],
  [PLACE, "smaller maps", place([5, 6, 3, 0, 3, 0], [1, 3, 1, 3, 1, 0]), true],
  [RANGE, "a number too few", [0, 0, 0, 0, -1]],
  [RANGE, "a number too many", [0, 0, 0, 0, -1, 2, 0]],
  [RANGE, "no numbers", []],
  [RANGE, "the higher first", range(2, -1)],
  [RANGE, "of nothing", range(1, 1)],
  [RANGE, "without end", range(-1, Infinity)],
  [RANGE, "without beginning", range(-Infinity, 2)],
  [RANGE, "no number", range(NaN, 2)],
  [RANGE, "too wide", range(-1.7e308, 1.7e308)],
  [RANGE, "none where there are pairs", range(0, 0)],
  [RANGE, "minus zero where there are pairs", range(-0, 0)],
  [RANGE, "small", range(-5e-324, 5e-324), true],
  [RANGE, "of an image", [0, 255, 0, 0, -1, 2], true],
  ["bsnn.labels", "too few", ["a"]],
  ["bsnn.labels", "too many", ["a", "b", "c", "d"]],
  ["bsnn.labels", "none", []],
  ["bsnn.labels", "alike", ["a", "a", "a"], true],
  ["bsnn.input.fit", "of no kind", "squeeze"],
  ["bsnn.input.fit", "nothing", ""],
  ["bsnn.input.fit", "in capitals", "Crop"],
  ["bsnn.input.fit", "longer than it is", "crops"],
  ["bsnn.input.fit", "ended by a zero", "crop\0"],
  ["bsnn.input.fit", "another one", "contain", true],
  ["bsnn.preprocess.mean", "too few", [0.1, 0.2, 0.3]],
  ["bsnn.preprocess.mean", "no number", [0.1, 0.2, 0.3, 0.4, 0, NaN]],
  ["bsnn.preprocess.mean", "without end", [Infinity, 0.2, 0.3, 0.4, 0, 0]],
  ["bsnn.preprocess.mean", "nothing at all", [0, 0, 0, 0, 0, 0], true],
  ["bsnn.preprocess.std", "too many", [1, 1, 1, 1, 1, 1, 1]],
  ["bsnn.preprocess.std", "zero", [1, 1, 1, 1, 0, 1]],
  ["bsnn.preprocess.std", "minus zero", [1, 1, 1, 1, -0, 1]],
  ["bsnn.preprocess.std", "below zero", [-1, 1, 1, 1, 1, 1], true],
];

/** All of them. */
export async function oddModels(): Promise<readonly OddModel[]> {
  const { file, ann } = await convertSeveral();
  await ann.dispose();
  const edited = (key: string, what: string, edit: (model: ModelFile) => void, sound = false): OddModel => {
    const model = new ModelFile(file);
    edit(model);
    return { what: `${key} ${what}`, file: model.bytes(), sound };
  };
  const scale = (value: number) => edited("bsnn.preprocess.scale", `${value}`, (m) => setScale(m, value), value === 2);
  const setScale = (model: ModelFile, value: number) => {
    model.remove("bsnn.preprocess.scale");
    model.add("bsnn.preprocess.scale", "f64", value);
  };
  return [
    ...ODD.map(([key, what, value, sound]) =>
      edited(
        key,
        what,
        (model) => {
          if (!model.keys.some(([name]) => name === key)) model.add(key, "string", "");
          model.entry(key).value = value;
        },
        sound,
      ),
    ),
    ...[NAMES, PLACE, RANGE].map((key) => edited(key, "missing", (model) => model.remove(key))),
    ...[NAMES, PLACE, RANGE].map((key) =>
      edited(key, "alone", (model) => {
        for (const other of [NAMES, PLACE, RANGE]) if (other !== key) model.remove(other);
      }),
    ),
    ...[0, NaN, Infinity, 2].map(scale),
  ];
}
