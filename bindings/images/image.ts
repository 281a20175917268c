/** Images between file and network. */

import type { Fit } from "../types.ts";

/** A decoded image: RGBA, 8 bits each, row by row. Grey is repeated in R, G and B. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** Shape of a network's input. */
export interface InputShape {
  readonly height: number;
  readonly width: number;
  /** 1 for grey, 3 for RGB. */
  readonly channels: number;
  /** How an image of another size is fitted; `stretch` unless given. */
  readonly fit?: Fit;
}

/** Why an image was refused: not a supported format, too many pixels or none, broken inside. */
export type ImageFault = "format" | "size" | "corrupt";

/** An image that cannot be used; the message says what was found and what is supported, after the image's name. */
export class ImageError extends Error {
  override readonly name = "ImageError";

  constructor(
    readonly fault: ImageFault,
    found: string,
  ) {
    super(`${found}; PNG and JPEG (grey or RGB) are supported`);
  }
}

/** Luma of ITU-R 601 in 16-bit fixed point, rounded to nearest, written over R, G and B; transparency is dropped. */
export function makeGrey({ data }: DecodedImage): void {
  for (let i = 0; i < data.length; i += 4) {
    const luma = (data[i] * 19595 + data[i + 1] * 38470 + data[i + 2] * 7471 + 0x8000) >> 16;
    data[i] = luma;
    data[i + 1] = luma;
    data[i + 2] = luma;
    data[i + 3] = 255;
  }
}

/**
 * Gives memory of our own back at once where the engine can, an image's or a file's. Engines let tens of megabytes of dead buffers pile up
 * before they collect them, which is much on an edge worker.
 */
export function release({ data }: { readonly data: Uint8Array | Uint8ClampedArray }): void {
  const buffer = data.buffer as ArrayBuffer & { transfer?: (length: number) => ArrayBuffer };
  buffer.transfer?.(0);
}
