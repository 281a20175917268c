/**
 * Image files as input of a network, on any host: PNG and JPEG are decoded by the jSquash codecs (the png crate and libjpeg as
 * WebAssembly), so that a file gives the same samples everywhere.
 */

import { mustBe, reading, readOptions } from "../arguments.ts";
import { BsnnError } from "../error.ts";
import { arrayKind, arrayLength, bytesOf, reasonOf } from "../kinds.ts";
import { keeping } from "./codec.ts";
import { type Codecs, fromSource } from "./codecs.ts";
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
   * @throws ImageError saying what was found and what is supported; BsnnError `bad-input` for an argument that is none, and
   * `unsupported` where a decoder cannot be loaded
   */
  decode(file: Uint8Array): Promise<DecodedImage>;
  /**
   * Turns an image into samples for a network: grey or RGB as it needs, resized when its size differs, with a triangle filter over
   * the samples as they are (bilinear, widened when shrinking so that nothing is skipped), within one unit of Pillow's `BILINEAR`.
   * @returns height×width×channels samples, 0…255, channels last
   * @throws BsnnError `bad-input` for an argument that is none
   */
  toSamples(image: DecodedImage, shape: InputShape): Promise<Uint8Array>;
  /**
   * Decodes a file and turns it into samples for a network, in as little memory as that takes.
   * @returns height×width×channels samples, 0…255, channels last
   * @throws as `decode`
   */
  samples(file: Uint8Array, shape: InputShape): Promise<Uint8Array>;
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
   * @throws BsnnError `unsupported` where the host cannot find the codecs and none are given, `bad-input` where an option is none
   */
  createImageReader(options?: ImageReaderOptions | null): ImageReader;
}

/**
 * Prepares to read images; nothing is loaded before it is needed. `createImageReader` is this with the host's own codecs.
 * @param own codecs of the host; null where it has no way to them
 * @throws BsnnError `bad-input` where an option is none, `unsupported` where there are no codecs
 */
export function readerWith(own: Codecs | null, options?: ImageReaderOptions | null): ImageReader {
  const { maxPixels = MAX_PIXELS, codecs: given = own } = readOptions(options, ["maxPixels", "codecs"]);
  if (typeof maxPixels !== "number" || !(maxPixels >= 1)) throw mustBe("maxPixels", "a number ≥ 1", maxPixels);
  if (given === null) {
    throw new BsnnError(
      "unsupported",
      "this host needs to be told where the codecs are: createImageReader({ codecs })",
    );
  }
  const codecs = readOptions(given, ["png", "jpeg", "resize"], "codecs");
  const pngModule = fromSource("png", codecs.png);
  const jpegModule = fromSource("jpeg", codecs.jpeg);
  const resizeModule = fromSource("resize", codecs.resize);
  const png = keeping("png", async () => startPng(await pngModule()));
  const jpeg = keeping("jpeg", async () => startJpeg(await jpegModule()));
  const resize = resizeWith(resizeModule);

  async function decodePng(file: Uint8Array): Promise<DecodedImage> {
    await checkPng(file);
    return png(file).catch((error) => {
      if (error instanceof BsnnError) throw error;
      throw new Error("a PNG that is truncated or corrupt"); // the decoder's own message says nothing
    });
  }

  async function decode(given: Uint8Array): Promise<DecodedImage> {
    const file = fileOf(given);
    const header = requireHeader(file, maxPixels);
    const { format } = header;
    try {
      const stored = await (format === "png" ? decodePng(file) : jpeg(checkedJpeg(file)));
      return turned(stored, orientationOf(file, header));
    } catch (error) {
      if (error instanceof BsnnError) throw error;
      throw new ImageError("corrupt", `cannot be decoded as ${format.toUpperCase()}: ${reasonOf(error)}`);
    }
  }

  /** As `toSamples`, but the image is used up. */
  async function consume(image: DecodedImage, { height, width, channels }: InputShape): Promise<Uint8Array> {
    if (channels === 1) makeGrey(image);
    const { data } = await resize(image, width, height);
    const samples = new Uint8Array(height * width * channels);
    for (let i = 0; i < height * width; i++) {
      for (let c = 0; c < channels; c++) samples[i * channels + c] = data[4 * i + c];
    }
    release(image);
    return samples;
  }

  return {
    decode,
    toSamples: async (image, shape) => consume(copyImage(image), shapeOf(shape, maxPixels)),
    samples: async (file, shape) => {
      const checked = shapeOf(shape, maxPixels);
      return consume(await decode(file), checked);
    },
  };
}

/** @throws BsnnError `bad-input` where a file's content is no bytes */
function fileOf(given: unknown): Uint8Array {
  const kind = arrayKind(given);
  if (kind !== "Uint8Array" && kind !== "Uint8ClampedArray") throw mustBe("file", "a Uint8Array", given);
  return reading("file", () => bytesOf(given as Uint8Array));
}

/** @throws BsnnError `bad-input` where a caller's image is none */
function copyImage(given: DecodedImage): DecodedImage {
  const image = readOptions(required("image", given), ["width", "height", "data"], "image");
  const [width, height] = sizesOf("image", image, Number.POSITIVE_INFINITY);
  const data: unknown = image.data;
  const kind = arrayKind(data);
  const bytes = kind === "Uint8ClampedArray" || kind === "Uint8Array" ? arrayLength(data as Uint8Array) : null;
  const count = width * height * 4;
  if (bytes !== count) {
    const supported = `${count} bytes, RGBA of its width ${width} and height ${height}`;
    throw mustBe("data of image", supported, bytes ?? data);
  }
  return { width, height, data: new Uint8ClampedArray(data as Uint8Array) };
}

/** @throws BsnnError `bad-input` where a network's input has no shape that an image can have */
function shapeOf(given: InputShape, maxPixels: number): InputShape {
  const shape = readOptions(required("shape", given), ["width", "height", "channels"], "shape");
  const [width, height] = sizesOf("shape", shape, maxPixels);
  const { channels } = shape;
  if (channels !== 1 && channels !== 3) throw mustBe("channels of shape", "1 (grey) or 3 (RGB)", channels);
  return { width, height, channels };
}

function required<T>(what: string, given: T): T {
  if (given === null || given === undefined) throw mustBe(what, "an object", given);
  return given;
}

function sizesOf(what: string, { width, height }: { width?: unknown; height?: unknown }, maxPixels: number) {
  for (const [name, size] of Object.entries({ width, height })) {
    if (!Number.isInteger(size) || Number(size) < 1) throw mustBe(`${name} of ${what}`, "an integer ≥ 1", size);
  }
  const [columns, rows] = [Number(width), Number(height)];
  if (columns * rows > maxPixels)
    throw mustBe(`width × height of ${what}`, `at most ${maxPixels} pixels`, columns * rows);
  return [columns, rows] as const;
}
