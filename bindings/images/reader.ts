/**
 * Image files as input of a network, on any host: PNG and JPEG are decoded by the jSquash codecs (the png crate and libjpeg as
 * WebAssembly), so that a file gives the same samples everywhere.
 */

import { keeping } from "./codec.ts";
import { type Codecs, fromSource } from "./codecs.ts";
import { cut, FITS, placementOf } from "./fit.ts";
import { describeBytes, type ImageHeader, readImageHeader } from "./header.ts";
import { type DecodedImage, ImageError, type InputShape, makeGrey, release } from "./image.ts";
import { startJpeg } from "./jpeg.ts";
import { checkedJpeg } from "./jpeg-file.ts";
import { orientationOf, turned } from "./orientation.ts";
import { startPng } from "./png.ts";
import { checkPng } from "./png-file.ts";
import { resizeWith } from "./resize.ts";

/** Most pixels an image may have unless said otherwise: 64 Mi, what 8192×8192 gives; more is taken for a decompression bomb. */
export const MAX_PIXELS = 2 ** 26;

export interface ImageReader {
  /**
   * Decodes a PNG (grey, palette or colour, 1…16 bits, of which the upper 8 are kept) or a JPEG (grey or YCbCr, pixels equal to
   * libjpeg's), and turns it as its orientation tag (Exif) says. Transparency is ignored: the colour below it is taken, as image
   * libraries do that convert to RGB.
   * @param file the file's content; its type is told by its first bytes
   * @throws ImageError saying what was found and what is supported
   */
  decode(file: Uint8Array): Promise<DecodedImage>;
  /**
   * Turns an image into samples for a network: grey or RGB as it needs, where its size differs fitted as `shape.fit` says, and resized with a triangle filter over
   * the samples as they are (bilinear, widened when shrinking so that nothing is skipped), within one unit of Pillow's `BILINEAR`.
   * @returns height×width×channels samples, 0…255, channels last
   */
  toSamples(image: DecodedImage, shape: InputShape): Promise<Uint8Array>;
  /**
   * Decodes a file and turns it into samples for a network, in as little memory as that takes.
   * @returns height×width×channels samples, 0…255, channels last
   * @throws ImageError saying what was found and what is supported
   */
  samples(file: Uint8Array, shape: InputShape): Promise<Uint8Array>;
}

/** Reads format and size before anything is decoded. */
function requireHeader(file: Uint8Array, maxPixels: number): ImageHeader {
  let header: ImageHeader | null;
  try {
    header = readImageHeader(file);
  } catch (error) {
    throw new ImageError("corrupt", `is ${(error as Error).message}`);
  }
  if (header === null) throw new ImageError("format", `is not an image: found ${describeBytes(file)}`);
  const { width, height, components } = header;
  const pixels = width * height;
  if (pixels === 0 || pixels > maxPixels) {
    throw new ImageError("size", `is an image of ${width}×${height} pixels, where 1 to ${maxPixels} are possible`);
  }
  if (components !== null && components !== 1 && components !== 3) {
    throw new ImageError("format", `is a JPEG with ${components} colour components (CMYK?)`);
  }
  return header;
}

export interface ImageReaderOptions {
  /** Width × height of the largest image to decode; 2^26 unless given. */
  readonly maxPixels?: number;
  /** Where the decoders' modules come from; every host but the browser finds them by itself. */
  readonly codecs?: Codecs;
}

/** What the entry of every host offers. */
export interface ImageEntry {
  /**
   * Prepares to read PNG and JPEG files as input of a network.
   * @throws TypeError where the host cannot find the codecs and none are given
   */
  createImageReader(options?: ImageReaderOptions): ImageReader;
}

/**
 * Prepares to read images; nothing is loaded before it is needed. `createImageReader` is this with the host's own codecs.
 * @param own codecs of the host; null where it has no way to them
 * @throws TypeError where there are none, and none among the options
 */
export function readerWith(
  own: Codecs | null,
  { maxPixels = MAX_PIXELS, codecs = own ?? undefined }: ImageReaderOptions = {},
): ImageReader {
  if (!codecs) throw new TypeError("this host needs to be told where the codecs are: createImageReader({ codecs })");
  const pngModule = fromSource(codecs.png);
  const jpegModule = fromSource(codecs.jpeg);
  const resizeModule = fromSource(codecs.resize);
  const png = keeping(async () => startPng(await pngModule()));
  const jpeg = keeping(async () => startJpeg(await jpegModule()));
  const resize = resizeWith(resizeModule);

  async function decodePng(file: Uint8Array): Promise<DecodedImage> {
    await checkPng(file);
    return png(file).catch(() => {
      throw new Error("a PNG that is truncated or corrupt"); // the decoder's own message says nothing
    });
  }

  async function decode(file: Uint8Array): Promise<DecodedImage> {
    const header = requireHeader(file, maxPixels);
    const { format } = header;
    try {
      const stored = await (format === "png" ? decodePng(file) : jpeg(checkedJpeg(file)));
      return turned(stored, orientationOf(file, header));
    } catch (error) {
      throw new ImageError("corrupt", `cannot be decoded as ${format.toUpperCase()}: ${(error as Error).message}`);
    }
  }

  /** As `toSamples`, but the image is used up. */
  async function consume(image: DecodedImage, shape: InputShape): Promise<Uint8Array> {
    const { height, width, channels, fit = "stretch" } = shape;
    if (!FITS.includes(fit)) throw new TypeError(`fit: found '${fit}'; ${FITS.join(", ")} are supported`);
    if (channels === 1) makeGrey(image);
    const { from, to } = placementOf(fit, image, shape);
    const part = cut(image, from);
    if (part !== image) release(image);
    const { data } = await resize(part, to.width, to.height);
    const samples = new Uint8Array(height * width * channels);
    for (let y = 0; y < to.height; y++) {
      const row = ((to.y + y) * width + to.x) * channels;
      for (let x = 0; x < to.width; x++) {
        const pixel = 4 * (y * to.width + x);
        for (let c = 0; c < channels; c++) samples[row + x * channels + c] = data[pixel + c];
      }
    }
    release(part);
    return samples;
  }

  return {
    decode,
    toSamples: ({ width, height, data }, shape) => consume({ width, height, data: data.slice() }, shape),
    samples: async (file, shape) => consume(await decode(file), shape),
  };
}
