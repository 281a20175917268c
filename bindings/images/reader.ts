/**
 * Image files as input of a network, on any host: PNG and JPEG are decoded by the jSquash codecs (the png crate and libjpeg as
 * WebAssembly), so that a file gives the same samples everywhere.
 */

import { mustBe, readFields, readOptions } from "../arguments.ts";
import { BsnnError } from "../error.ts";
import { FITS } from "../fits.ts";
import { reasonOf, tagOf } from "../kinds.ts";
import { pixelsOf } from "./browser-decoder.ts";
import type { Codecs } from "./codecs.ts";
import { cut, placementOf, type Size } from "./fit.ts";
import { describeBytes, type ImageHeader, readImageHeader } from "./header.ts";
import { type DecodedImage, ImageError, type InputShape, makeGrey, release } from "./image.ts";
import type { Means } from "./means.ts";
import { type BlobSource, copyImage, type ImageSource, required, sizesOf, told } from "./source.ts";

/** Most pixels an image may have unless said otherwise: 64 Mi, what 8192×8192 gives; more is taken for a decompression bomb. */
export const MAX_PIXELS = 2 ** 26;

export interface ImageReader {
  /**
   * Decodes a PNG (grey, palette or colour, 1…16 bits, of which the upper 8 are kept) or a JPEG (grey or YCbCr, pixels equal to
   * libjpeg's), and turns it as its orientation tag (Exif) says. Transparency is ignored: the colour below it is taken, as image
   * libraries do that convert to RGB.
   * In browsers where no codecs are given the browser's own decoder does it (docs/api.md says where pixels differ then).
   * @param source the file's content, whose type is told by its first bytes, or the file; or an image that is decoded already. What
   * becomes of bytes after the call does not matter
   * @throws ImageError saying what was found and what is supported; BsnnError `bad-input` for an argument that is none, and
   * `unsupported` where a decoder cannot be loaded
   */
  decode(source: ImageSource): Promise<DecodedImage>;
  /**
   * Turns an image into samples for a network: grey or RGB as it needs, and where its size differs fitted as `shape.fit` says and
   * resized with a triangle filter over the samples as they are (bilinear, widened when shrinking so that nothing is skipped), within one unit of Pillow's `BILINEAR`.
   * @returns height×width×channels samples, 0…255, channels last
   * @throws BsnnError `bad-input` for an argument that is none, `unsupported` where the host has no memory left for it
   */
  toSamples(image: DecodedImage, shape: InputShape): Promise<Uint8Array>;
  /**
   * Decodes an image and turns it into samples for a network, in as little memory as that takes.
   * @returns height×width×channels samples, 0…255, channels last
   * @throws as `decode`
   */
  samples(source: ImageSource, shape: InputShape): Promise<Uint8Array>;
}

function requireSize<T extends Size>(image: T, maxPixels: number): T {
  const { width, height } = image;
  const pixels = width * height;
  if (pixels > 0 && pixels <= maxPixels) return image;
  throw new ImageError("size", `is an image of ${width}×${height} pixels, where 1 to ${maxPixels} are possible`);
}

/** Reads format and size before anything is decoded. */
function requireHeader(file: Uint8Array, maxPixels: number): ImageHeader {
  let header: ImageHeader | null;
  try {
    header = readImageHeader(file);
  } catch (error) {
    throw new ImageError("corrupt", `is ${reasonOf(error)}`);
  }
  if (header === null) throw new ImageError("format", `is not an image: found ${describeBytes(file)}`);
  requireSize(header, maxPixels);
  const { components } = header;
  if (components !== null && components !== 1 && components !== 3) {
    throw new ImageError("format", `is a JPEG with ${components} colour components (CMYK?)`);
  }
  return header;
}

export interface ImageReaderOptions {
  /** Width × height of the largest image to decode; 2^26 unless given. */
  readonly maxPixels?: number;
  /** Where the decoders' modules come from; every host but the browser, which has decoders of its own, finds them by itself. */
  readonly codecs?: Codecs;
}

/** What the entry of every host offers. */
export interface ImageEntry {
  /**
   * Prepares to read images as input of a network.
   * @throws BsnnError `unsupported` where the host has neither codecs nor decoders of its own and none are given, `bad-input` where an
   * option is none
   */
  createImageReader(options?: ImageReaderOptions | null): ImageReader;
}

/**
 * What `createImageReader` gives; nothing is loaded before it is needed.
 * @param means the host's own, or those of the codecs that are given
 * @throws BsnnError `bad-input` where an option is none
 */
export function readerWith(
  means: (codecs: Codecs | null) => Means,
  options: ImageReaderOptions | null | undefined,
): ImageReader {
  const { maxPixels = MAX_PIXELS, codecs = null } = readOptions(options, ["maxPixels", "codecs"]);
  if (typeof maxPixels !== "number" || !(maxPixels >= 1)) throw mustBe("maxPixels", "a number ≥ 1", maxPixels);
  const { decodeFile, resize } = means(codecs);

  async function decode(source: ImageSource): Promise<DecodedImage> {
    const known = told(source);
    if ("image" in known) return requireSize(known.image, maxPixels);
    if ("drawable" in known) {
      requireSize(known, maxPixels);
      return pixelsOf(known.drawable, known);
    }
    const file = "blob" in known ? await contentOf(known.blob) : known.file;
    const header = requireHeader(file, maxPixels);
    const { format } = header;
    try {
      return await decodeFile(file, header);
    } catch (error) {
      if (error instanceof BsnnError) throw error;
      throw new ImageError("corrupt", `cannot be decoded as ${format.toUpperCase()}: ${reasonOf(error)}`);
    }
  }

  async function resized(image: DecodedImage, { width, height }: Size): Promise<DecodedImage> {
    try {
      return await resize(image, width, height);
    } catch (cause) {
      if (cause instanceof BsnnError) throw cause;
      const what = `an image of ${image.width}×${image.height} pixels cannot be resized to ${width}×${height}`;
      throw new BsnnError("unsupported", `${what}: ${reasonOf(cause)}`, { cause });
    }
  }

  /** As `toSamples`, but the image is used up. */
  async function consume(image: DecodedImage, shape: InputShape): Promise<Uint8Array> {
    const { height, width, channels, fit = "stretch" } = shape;
    if (channels === 1) makeGrey(image);
    const { from, to } = placementOf(fit, image, shape);
    const part = cut(image, from);
    if (part !== image) release(image);
    const { data } = await resized(part, to);
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
    toSamples: async (image, shape) => consume(copyImage(image), shapeOf(shape, maxPixels)),
    samples: async (source, shape) => {
      const checked = shapeOf(shape, maxPixels);
      return consume(await decode(source), checked);
    },
  };
}

/** @throws BsnnError `bad-input` where a blob cannot be read, or has something else to give than its bytes */
async function contentOf(blob: BlobSource): Promise<Uint8Array> {
  let content: unknown;
  try {
    content = await blob.arrayBuffer();
  } catch (cause) {
    throw new BsnnError("bad-input", `source cannot be read: ${reasonOf(cause)}`, { cause });
  }
  if (tagOf(content) !== "ArrayBuffer") throw mustBe("source", "a Blob that gives an ArrayBuffer", content);
  return new Uint8Array(content as ArrayBuffer);
}

/** @throws BsnnError `bad-input` where a network's input has no shape that an image can have */
function shapeOf(given: InputShape, maxPixels: number): InputShape {
  const shape = readFields(required("shape", given), ["width", "height", "channels", "fit"], "shape");
  const [width, height] = sizesOf("shape", shape, maxPixels);
  const { channels, fit = "stretch" } = shape;
  if (channels !== 1 && channels !== 3) throw mustBe("channels of shape", "1 (grey) or 3 (RGB)", channels);
  if (!FITS.includes(fit)) throw mustBe("fit of shape", FITS.join(", "), fit);
  return { width, height, channels, fit };
}
