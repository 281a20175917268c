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

/** The problem of an input that is no image, where no range was stated; none where it is one. */
export function rangeProblems(name: string, shape: InputShape): Problem[] {
  if (isImageShape(shape)) return [];
  const { height, width, channels } = shape;
  const reason = `is no image (${height}×${width}×${channels}); state the range of its values (--input-range lo,hi)`;
  return [{ node: `input '${name}'`, op: "", reason }];
}

/**
 * The input population and what its samples mean. Which sample padding reads is decided by the first padded convolution:
 * it is the one that stands nearest to zero there.
 */
export class InputSamples {
  readonly shape: InputShape;
  /** Channels of the population. */
  readonly channels: number;
  readonly gain: Float64Array;
  readonly shift: Float64Array;
  readonly signed: boolean;
  readonly #layout: Layout;
  /** The ANN's channel of each of the file's channels. */
  readonly #order: readonly number[];
  #zeroPoint: Uint8Array | null = null;

  /** @param layout of the ANN's input tensor */
  constructor(layout: Layout, options: InputOptions) {
    this.#layout = layout;
    this.shape = inputShape(layout);
    const { channels } = this.shape;
    const forward = Array.from({ length: channels }, (_, c) => c);
    if ("range" in options) {
      const [low, high] = options.range;
      this.signed = options.signed ?? false;
      this.#order = forward;
      const most = Math.max(Math.abs(low), Math.abs(high));
      this.channels = this.signed ? 2 * channels : channels;
      this.gain = Float64Array.from({ length: this.channels }, (_, c) =>
        this.signed ? (c < channels ? most : -most) / 255 : (high - low) / 255,
      );
      this.shift = new Float64Array(this.channels).fill(this.signed ? 0 : low);
    } else {
      const { scale, mean, std, channelOrder } = options.preprocessing;
      this.signed = false;
      this.channels = channels;
      this.#order = channelOrder === "bgr" && channels === 3 ? forward.toReversed() : forward;
      const pick = (values: readonly number[], c: number) => values[values.length === 1 ? 0 : this.#order[c]];
      this.gain = Float64Array.from(forward, (c) => scale / pick(std, c));
      this.shift = Float64Array.from(forward, (c) => -pick(mean, c) / pick(std, c));
    }
  }

  /** The ANN's input tensor as a form over the samples. */
  form(): Form {
    const { height, width, channels } = this.shape;
    const term = (channelOf: (c: number) => number): IdentityTerm => {
      const list = Int32Array.from({ length: channels }, (_, c) => channelOf(c));
      return {
        kind: "identity",
        source: 0,
        size: [height, width],
        pool: null,
        region: [0, 0, height, width],
        stride: [1, 1],
        offset: [0, 0],
        first: 0,
        count: channels,
        channels: list,
        gain: Float64Array.from(list, (c) => this.gain[c]),
      };
    };
    // The order is its own inverse.
    const terms = [term((c) => this.#order[c])];
    if (this.signed) terms.push(term((c) => channels + c));
    return {
      height,
      width,
      channels,
      terms,
      constant: Float64Array.from({ length: channels }, (_, c) => this.shift[this.#order[c]]),
    };
  }

  /**
   * What a padded tap reads on each channel of a form, in the form's units.
   * @param term one of the form's terms on the input
   * @param level the form's constant inside the image, where it is the same everywhere
   */
  outside(term: IdentityTerm, channels: number, level: Float64Array | null): Float64Array {
    this.#zeroPoint ??= level && !this.signed ? this.#nearestToZero(term, level) : this.#default();
    const values = new Float64Array(channels);
    term.channels.forEach((c, k) => {
      values[term.first + k] = term.gain[k] * this.#zeroPoint![c];
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
    const { height, width, channels } = this.shape;
    const { h, w, c } = offsets(this.#layout, rowMajor(this.#layout.dims), [height, width, channels]);
    const index = new Int32Array(height * width * channels);
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        for (let k = 0; k < channels; k++) index[at++] = h[y] + w[x] + c[this.#order[k]];
      }
    }
    const { gain, shift } = this;
    return { gain, shift, zeroPoint: this.#zeroPoint ?? this.#default(), dims: this.#layout.dims, index };
  }

  #nearestToZero(term: IdentityTerm, level: Float64Array): Uint8Array {
    const samples = this.#default();
    term.channels.forEach((c, k) => {
      if (term.gain[k] !== 0) samples[c] = clampSample(-level[term.first + k] / term.gain[k]);
    });
    return samples;
  }

  #default(): Uint8Array {
    return Uint8Array.from(this.gain, (g, c) => clampSample(-this.shift[c] / g));
  }
}

const clampSample = (value: number): number => Math.min(255, Math.max(0, Math.round(value))) || 0;
