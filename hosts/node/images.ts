/** Image files as input of a network. */

import { readFile } from "node:fs/promises";
import { type DecodedImage, decodeImage, resize } from "./decode.ts";
import { atPath, InputError } from "./failure.ts";

/** Shape of a network's input. */
export interface InputShape {
  readonly height: number;
  readonly width: number;
  /** 1 for grey, 3 for RGB. */
  readonly channels: number;
}

/** Luma of ITU-R 601 in 16-bit fixed point, rounded to nearest, written to R, G and B; transparency is dropped. */
function toGrey(image: DecodedImage): DecodedImage {
  const data = new Uint8ClampedArray(image.data.length);
  for (let i = 0; i < data.length; i += 4) {
    const luma = (image.data[i] * 19595 + image.data[i + 1] * 38470 + image.data[i + 2] * 7471 + 0x8000) >> 16;
    data[i] = luma;
    data[i + 1] = luma;
    data[i + 2] = luma;
    data[i + 3] = 255;
  }
  return { width: image.width, height: image.height, data };
}

/**
 * Turns an image into samples for a network: grey or RGB as it needs, resized when its size differs.
 * @returns height×width×channels samples, 0…255, channels last
 */
export async function toSamples(image: DecodedImage, shape: InputShape): Promise<Uint8Array> {
  const { height, width, channels } = shape;
  const fitted = await resize(channels === 1 ? toGrey(image) : image, width, height);
  const samples = new Uint8Array(height * width * channels);
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < channels; c++) samples[i * channels + c] = fitted.data[4 * i + c];
  }
  return samples;
}

/** @throws InputError where a network's input is no grey or colour image */
export function requireImageInput(model: string, shape: InputShape): void {
  if (shape.channels === 1 || shape.channels === 3) return;
  throw new InputError(
    `${model}: takes input of ${shape.height}×${shape.width}×${shape.channels}; images give 1 channel (grey) or 3 (RGB)`,
  );
}

/**
 * Reads an image file as samples for a network.
 * @returns height×width×channels samples, 0…255, channels last
 * @throws InputError naming the file where it cannot be read or is no supported image
 */
export async function readSamples(path: string, shape: InputShape): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((error) => {
    throw atPath(path, error);
  });
  return toSamples(await decodeImage(bytes, path), shape);
}
