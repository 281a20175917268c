/** The input of a model: its shape as a map, and what its 8-bit samples stand for. */

import type { GraphNode } from "../onnx/node.ts";
import type { Preprocessing } from "../preprocessing.ts";
import type { Problem } from "../refusal.ts";
import type { InputCoding, Pair } from "../wiring.ts";
import type { Form, IdentityTerm } from "./form.ts";
import { type Label, type Layout, offsets, plainLayout, rowMajor } from "./layout.ts";

/** What the 8-bit samples of the input stand for: preprocessed images, or real values in a range. */
export type InputOptions =
  | { readonly preprocessing: Preprocessing }
  | { readonly range: Pair; readonly signed?: boolean };

/** Shape of the input as the network takes it (a signed input population has twice the channels). */
export interface InputShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Axes of an input beside its batch: channels, rows, columns. */
const MOST_AXES = 3;

/** The problem of an input with more axes than a map has; none where it has as many or fewer. */
export function axesProblems(name: string, dims: readonly number[]): Problem[] {
  if (withoutBatch(dims).length <= MOST_AXES) return [];
  const reason = `has the shape ${dims.join("×")}; a batch of one and at most channels, rows, columns are supported`;
  return [{ node: `input '${name}'`, op: "", reason }];
}

const isBatched = (dims: readonly number[]): boolean => dims.length > 1 && dims[0] === 1;
const withoutBatch = (dims: readonly number[]): readonly number[] => (isBatched(dims) ? dims.slice(1) : dims);

/**
 * The layout of an input tensor of at most three axes beside its batch, judged by its shape and by what reads it.
 * @param readers the nodes that read it
 */
export function inputLayout(dims: readonly number[], readers: readonly GraphNode[]): Layout {
  return plainLayout(dims, inputLabels(dims, readers));
}

function inputLabels(dims: readonly number[], readers: readonly GraphNode[]): (Label | null)[] {
  const isImage = (channels: number) => channels === 1 || channels === 3;
  const inner = withoutBatch(dims);
  const labels = ((): (Label | null)[] => {
    switch (inner.length) {
      case 0:
        return [];
      case 1:
        return ["c"];
      case 2:
        // Channels × length where a 1-D convolution or pooling follows, else rows × columns.
        return readers.some(({ op }) => /Conv|Pool|BatchNormalization/.test(op)) ? ["c", "w"] : ["h", "w"];
      default:
        return !isImage(inner[0]) && (isImage(inner[2]) || readers.every(movesLastAxisFirst))
          ? ["h", "w", "c"]
          : ["c", "h", "w"];
    }
  })();
  return isBatched(dims) ? [null, ...labels] : labels;
}

/** Transpose from channels last to channels first. */
const movesLastAxisFirst = (node: GraphNode): boolean => node.op === "Transpose" && node.ints("perm")?.[1] === 3;

/** Rows, columns and channels of an input tensor; 1 for what its layout does not have. */
export function inputShape(layout: Layout): InputShape {
  const size = (label: Label) =>
    layout.axes.flat().reduce((product, digit) => (digit.label === label ? product * digit.size : product), 1);
  return { height: size("h"), width: size("w"), channels: size("c") };
}

/** True for a map that images can fill: more than one row and column, grey or colour. */
const isImageShape = ({ height, width, channels }: InputShape): boolean =>
  height > 1 && width > 1 && (channels === 1 || channels === 3);

/**
 * The problem of an input that is no image, where no range was stated; none where it is one.
 * @param several whether it is one of several, so that a range is stated for it by name
 */
export function rangeProblems(name: string, shape: InputShape, several = false): Problem[] {
  if (isImageShape(shape)) return [];
  const { height, width, channels } = shape;
  const option = `--input-range ${several ? `${name}=` : ""}lo,hi`;
  const reason = `is no image (${height}×${width}×${channels}); state the range of its values (${option})`;
  return [{ node: `input '${name}'`, op: "", reason }];
}

/** An input tensor of the original, laid out as a map. */
export interface InputTensor {
  readonly name: string;
  readonly layout: Layout;
}

/** Where the samples of one input lie in the input population (docs/format.md, *Several inputs*). */
export interface InputPlace {
  readonly name: string;
  /** Its own map. */
  readonly shape: InputShape;
  /** First channel of the population. */
  readonly first: number;
  /** Values at a position: all channels of a map; of a vector beside maps as many as spread it over them. */
  readonly each: number;
  /** True where every value has an ON and an OFF sample, `each` channels apart. */
  readonly signed: boolean;
}

/** Positions of a map that a vector beside it is spread over at most: each is a term of its own. */
const MOST_SPREAD = 256;

const isVector = ({ height, width }: InputShape): boolean => height * width === 1;

/**
 * Lays inputs side by side in one population: maps in the top left corner of channels of their own; vectors, where there are maps,
 * spread over their positions, so that the population does not grow by a channel for each value.
 */
function placed(inputs: readonly { readonly name: string; readonly shape: InputShape; readonly signed: boolean }[]) {
  const height = Math.max(...inputs.map(({ shape }) => shape.height));
  const width = Math.max(...inputs.map(({ shape }) => shape.width));
  const spread = Math.min(height * width, MOST_SPREAD);
  let channels = 0;
  const places = inputs.map(({ name, shape, signed }): InputPlace => {
    const each = isVector(shape) ? Math.ceil(shape.channels / spread) : shape.channels;
    const place = { name, shape, first: channels, each, signed };
    channels += signed ? 2 * each : each;
    return place;
  });
  return { height, width, channels, places };
}

/** One input among those of a population: its place, and what its samples mean. */
interface Part extends InputPlace {
  readonly layout: Layout;
  /** The ANN's channel of each of the file's channels. */
  readonly order: readonly number[];
  /** Of every channel of the map. */
  readonly gain: Float64Array;
  readonly shift: Float64Array;
}

/** What the samples of an input stand for, by channel of its map; ON and OFF samples apart from their signs. */
function meaningOf(channels: number, options: InputOptions): Pick<Part, "order" | "gain" | "shift" | "signed"> {
  const forward = Array.from({ length: channels }, (_, c) => c);
  if ("range" in options) {
    const [low, high] = options.range;
    const signed = options.signed ?? false;
    const most = Math.max(Math.abs(low), Math.abs(high));
    return {
      signed,
      order: forward,
      gain: new Float64Array(channels).fill((signed ? most : high - low) / 255),
      shift: new Float64Array(channels).fill(signed ? 0 : low),
    };
  }
  const { scale, mean, std, channelOrder } = options.preprocessing;
  const order = channelOrder === "bgr" && channels === 3 ? forward.toReversed() : forward;
  const pick = (values: readonly number[], c: number) => values[values.length === 1 ? 0 : order[c]];
  return {
    signed: false,
    order,
    gain: Float64Array.from(forward, (c) => scale / pick(std, c)),
    shift: Float64Array.from(forward, (c) => -pick(mean, c) / pick(std, c)),
  };
}

/**
 * The input population and what its samples mean. Which sample padding reads is decided, for each input, by the first padded
 * convolution: it is the one that stands nearest to zero there.
 */
export class InputSamples {
  /** Shape of the population. */
  readonly shape: InputShape;
  readonly #parts: readonly Part[];
  /** Of every channel of the population, as below. */
  readonly #gain: Float64Array;
  readonly #shift: Float64Array;
  readonly #zeroPoint: Uint8Array;
  /** Inputs whose padding is decided. */
  readonly #decided = new Set<Part>();

  /**
   * @param tensors the ANN's input tensors, at least one
   * @param options what the samples of each stand for
   */
  constructor(tensors: readonly InputTensor[], options: readonly InputOptions[]) {
    const inputs = tensors.map(({ name, layout }, k) => {
      const shape = inputShape(layout);
      return { name, layout, shape, ...meaningOf(shape.channels, options[k]) };
    });
    const { height, width, channels, places } = placed(inputs);
    this.shape = { height, width, channels };
    this.#parts = inputs.map((input, k) => ({ ...input, ...places[k] }));
    // A channel that no value lies in has a sample of no worth.
    this.#gain = new Float64Array(channels).fill(1);
    this.#shift = new Float64Array(channels);
    for (const { first, each, signed, gain, shift, shape } of this.#parts) {
      for (let c = 0; c < each; c++) {
        // The values of a vector mean all the same.
        const own = each === shape.channels ? c : 0;
        this.#gain[first + c] = gain[own];
        this.#shift[first + c] = shift[own];
        if (signed) this.#gain[first + each + c] = -gain[own];
      }
    }
    this.#zeroPoint = Uint8Array.from(this.#gain, (g, c) => clampSample(-this.#shift[c] / g));
  }

  /** An input tensor as a form over the samples. */
  form(name: string): Form {
    const part = this.#parts.find((one) => one.name === name)!;
    const { shape, order, signed, each, shift } = part;
    const { height, width, channels } = shape;
    const terms = this.#terms(part, 0);
    if (signed) terms.push(...this.#terms(part, each));
    return {
      height,
      width,
      channels,
      terms,
      constant: Float64Array.from({ length: channels }, (_, c) => shift[order[c]]),
    };
  }

  /** What reads the samples of an input: those `apart` channels from its first. */
  #terms({ shape, first, each, order }: Part, apart: number): IdentityTerm[] {
    const { height, width, channels } = shape;
    const term = (count: number, reading: Pick<IdentityTerm, "size" | "offset" | "first">): IdentityTerm => {
      // The order is its own inverse.
      const list = Int32Array.from({ length: count }, (_, c) => first + apart + order[c]);
      return {
        kind: "identity",
        source: 0,
        pool: null,
        region: [0, 0, height, width],
        stride: [1, 1],
        count,
        channels: list,
        gain: Float64Array.from(list, (c) => this.#gain[c]),
        ...reading,
      };
    };
    // Beyond a map its channels hold its zero point, and so it reads as if it ended there.
    if (each === channels) return [term(channels, { size: [height, width], offset: [0, 0], first: 0 })];
    return Array.from({ length: Math.ceil(channels / each) }, (_, k) =>
      term(Math.min(each, channels - k * each), {
        size: [this.shape.height, this.shape.width],
        offset: [-Math.floor(k / this.shape.width), -(k % this.shape.width)],
        first: k * each,
      }),
    );
  }

  /**
   * What a padded tap reads on each channel of a form, in the form's units.
   * @param term one of the form's terms on the input
   * @param level the form's constant inside the image, where it is the same everywhere
   */
  outside(term: IdentityTerm, channels: number, level: Float64Array | null): Float64Array {
    const part = this.#parts.findLast(({ first }) => first <= term.channels[0])!;
    if (!this.#decided.has(part)) {
      this.#decided.add(part);
      if (level && !part.signed) this.#nearestToZero(term, level);
    }
    const values = new Float64Array(channels);
    term.channels.forEach((c, k) => {
      values[term.first + k] = term.gain[k] * this.#zeroPoint[c];
    });
    return values;
  }

  /** True where padding reads less than half a sample's step from zero, as near as 8-bit samples come. */
  isNegligible(terms: readonly IdentityTerm[], level: Float64Array, padding: Float64Array): boolean {
    const half = new Float64Array(level.length);
    for (const term of terms) {
      term.gain.forEach((g, k) => {
        half[term.first + k] = Math.max(half[term.first + k], Math.abs(g) * 0.5);
      });
    }
    return level.every((value, c) => Math.abs(value + padding[c]) <= half[c] * (1 + 1e-9));
  }

  /** What the samples stand for, once the graph is walked: what padding reads is then decided. */
  coding(): InputCoding {
    const inputs = this.#parts.map(({ name, layout, shape, first, each, signed }) => {
      return { name, dims: layout.dims, ...shape, first, each, signed };
    });
    const [first, ...others] = this.#parts.map(tensorIndices);
    const coding = { gain: this.#gain, shift: this.#shift, zeroPoint: this.#zeroPoint };
    if (others.length === 0) return { ...coding, dims: inputs[0].dims, index: first };
    let total = 0;
    const bases = inputs.map(({ height, width, channels }) => {
      const base = total;
      total += height * width * channels;
      return base;
    });
    const index = Int32Array.from([first, ...others].flatMap((own, k) => Array.from(own, (at) => bases[k] + at)));
    return { ...coding, dims: [total], index, inputs, places: samplePlaces(this.shape, inputs) };
  }

  #nearestToZero(term: IdentityTerm, level: Float64Array): void {
    term.channels.forEach((c, k) => {
      if (term.gain[k] !== 0) this.#zeroPoint[c] = clampSample(-level[term.first + k] / term.gain[k]);
    });
  }
}

/** Flat index in its tensor of the value that each sample of an input stands for. */
function tensorIndices({ layout, shape, order, signed }: Part): Int32Array {
  const { height, width, channels } = shape;
  const { h, w, c } = offsets(layout, rowMajor(layout.dims), [height, width, channels]);
  const samples = signed ? 2 * channels : channels;
  const index = new Int32Array(height * width * samples);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let k = 0; k < samples; k++) index[at++] = h[y] + w[x] + c[order[k % channels]];
    }
  }
  return index;
}

/** Which neuron of the input population holds each sample of several inputs, one input after the other, channels last. */
function samplePlaces({ width, channels }: InputShape, inputs: NonNullable<InputCoding["inputs"]>): Int32Array {
  const samplesOf = ({ channels: values, signed }: (typeof inputs)[number]) => (signed ? 2 * values : values);
  const places = new Int32Array(inputs.reduce((sum, one) => sum + one.height * one.width * samplesOf(one), 0));
  let at = 0;
  for (const input of inputs) {
    const { height: rows, width: columns, channels: values, first, each } = input;
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        for (let k = 0; k < samplesOf(input); k++) {
          const value = k % values;
          const position = y * width + x + Math.floor(value / each);
          places[at++] = position * channels + first + (value % each) + (k < values ? 0 : each);
        }
      }
    }
  }
  return places;
}

const clampSample = (value: number): number => Math.min(255, Math.max(0, Math.round(value))) || 0;
