/** How an image of other proportions is fitted to a network's input. Whole numbers only, so that every host takes the same pixels. */

import type { Fit } from "../types.ts";
import type { DecodedImage } from "./image.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Rectangle extends Size {
  readonly x: number;
  readonly y: number;
}

/** What is taken of an image, and where it lies in the input once it has been resized. */
export interface Placement {
  readonly from: Rectangle;
  readonly to: Rectangle;
}

/** a·b/c to the nearest whole number, ties up, at least 1. */
const share = (a: number, b: number, c: number): number => Math.max(1, Math.floor((2 * a * b + c) / (2 * c)));
/** A part in the middle of a whole; the odd pixel goes behind it. */
const middle = (part: number, whole: number): number => Math.floor((whole - part) / 2);

function centred(part: Size, whole: Size): Rectangle {
  const { width, height } = part;
  return { x: middle(width, whole.width), y: middle(height, whole.height), width, height };
}

/**
 * Where an image goes.
 * @param image its size
 * @param input the input's
 */
export function placementOf(fit: Fit, image: Size, input: Size): Placement {
  const isWider = image.width * input.height > image.height * input.width;
  if (fit === "cover") {
    const part = isWider
      ? { width: share(image.height, input.width, input.height), height: image.height }
      : { width: image.width, height: share(image.width, input.height, input.width) };
    return { from: centred(part, image), to: { x: 0, y: 0, ...sizeOf(input) } };
  }
  if (fit === "contain") {
    const part = isWider
      ? { width: input.width, height: share(image.height, input.width, image.width) }
      : { width: share(image.width, input.height, image.height), height: input.height };
    return { from: { x: 0, y: 0, ...sizeOf(image) }, to: centred(part, input) };
  }
  if (fit === "crop") {
    const width = Math.min(image.width, input.width);
    const height = Math.min(image.height, input.height);
    return { from: centred({ width, height }, image), to: centred({ width, height }, input) };
  }
  return { from: { x: 0, y: 0, ...sizeOf(image) }, to: { x: 0, y: 0, ...sizeOf(input) } };
}

const sizeOf = ({ width, height }: Size): Size => ({ width, height });

/** A part of an image; the image itself where it is all of it. */
export function cut(image: DecodedImage, { x, y, width, height }: Rectangle): DecodedImage {
  if (width === image.width && height === image.height) return image;
  const data = new Uint8ClampedArray(4 * width * height);
  for (let row = 0; row < height; row++) {
    const begin = 4 * ((y + row) * image.width + x);
    data.set(image.data.subarray(begin, begin + 4 * width), 4 * row * width);
  }
  return { width, height, data };
}
