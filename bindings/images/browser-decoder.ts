/** Images by the browser's own decoders and canvas, where no codecs are given. */

import { reading } from "../arguments.ts";
import { BsnnError } from "../error.ts";
import type { Size } from "./fit.ts";
import type { DecodedImage } from "./image.ts";
import { type Drawable, sizesOf } from "./source.ts";

interface Context {
  drawImage(image: object, x: number, y: number): void;
  getImageData(x: number, y: number, width: number, height: number): DecodedImage;
}

/** The parts of a browser that are used; types of the DOM are not everybody's. */
interface Browser {
  createImageBitmap?(blob: object, options: object): Promise<Drawable & { close(): void }>;
  OffscreenCanvas?: new (width: number, height: number) => { getContext(kind: "2d", options: object): Context | null };
}

const browser = globalThis as Browser;

/** Whether this host decodes images by itself. */
export function canDecode(): boolean {
  return typeof browser.createImageBitmap === "function" && typeof browser.OffscreenCanvas === "function";
}

/**
 * Pixels of what a canvas can draw. Below full transparency there is black, since a canvas keeps no colour there.
 * @throws BsnnError `unsupported` where there is no canvas of that size, `bad-input` where the source has no size, or cannot be
 * drawn or read
 */
export function pixelsOf(source: Drawable, size: Size): DecodedImage {
  const [width, height] = sizesOf("source", size, Number.POSITIVE_INFINITY);
  const { OffscreenCanvas } = browser;
  if (!OffscreenCanvas) throw new BsnnError("unsupported", "this host has no canvas to draw the source on");
  const canvas = reading("source", () => new OffscreenCanvas(width, height));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new BsnnError("unsupported", `a canvas of ${width}×${height} cannot be had`);
  // What another site drew on a canvas may be drawn again, but not read.
  const { data } = reading("source", () => {
    context.drawImage(source, 0, 0);
    return context.getImageData(0, 0, width, height);
  });
  return { width, height, data };
}

/**
 * Decodes a file, its colours as they are stored, not turned.
 * @param file without profile and orientation
 * @throws an error of the browser's where it cannot
 */
export async function decodeInBrowser(file: Uint8Array): Promise<DecodedImage> {
  const bitmap = await browser.createImageBitmap!(new Blob([file as Uint8Array<ArrayBuffer>]), {
    premultiplyAlpha: "none",
    colorSpaceConversion: "none",
  });
  try {
    return pixelsOf(bitmap, bitmap);
  } finally {
    bitmap.close();
  }
}
