/** Image files as input of a network. */

import type { DecodedImage, InputShape } from "../../../bindings/images/index.ts";
import type { ModelInput } from "../../../convert/options.ts";
import { InputError } from "../report/failure.ts";
import { decodeImage, imageReader } from "./decode.ts";
import { readInput } from "./file.ts";

export type { InputShape };

/** Longest image file; uncompressed, as many pixels as a decoder takes have about as many bytes. */
const MOST_BYTES = 2 ** 29;

/** Turns an image into height×width×channels samples for a network; see `ImageReader.toSamples`. */
export function toSamples(image: DecodedImage, shape: InputShape): Promise<Uint8Array> {
  return imageReader.toSamples(image, shape);
}

/** @throws InputError where a network's input is no grey or colour image */
export function requireImageInput(model: string, { height, width, channels, real }: ModelInput): void {
  if (real) {
    throw new InputError(`${model}: takes real values ${real.range.join("…")}, not images; give an .npy file of them`);
  }
  if (channels === 1 || channels === 3) return;
  throw new InputError(
    `${model}: takes input of ${height}×${width}×${channels}; images give 1 channel (grey) or 3 (RGB), an .npy file any number`,
  );
}

/**
 * Reads an image file as samples for a network.
 * @param seen is told of the image as it is in its file
 * @returns height×width×channels samples, 0…255, channels last
 * @throws InputError naming the file where it cannot be read or is no supported image
 */
export async function readSamples(
  path: string,
  shape: InputShape,
  seen?: (image: DecodedImage) => void,
): Promise<Uint8Array> {
  const image = await decodeImage(await readInput(path, MOST_BYTES), path);
  seen?.(image);
  return toSamples(image, shape);
}
