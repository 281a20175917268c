/**
 * Decodes PNG and JPEG with the jSquash codecs (libjpeg and the png crate as WebAssembly), the same on every host, so that a
 * file gives the same samples everywhere. Only where the codecs' modules come from is Node's.
 */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import decodeJpegFile, { init as initJpeg } from "@jsquash/jpeg/decode.js";
import decodePngFile, { init as initPng } from "@jsquash/png/decode.js";
import resizeImage, { initResize } from "@jsquash/resize";
import { InputError } from "./failure.ts";
import { describeBytes, readImageHeader } from "./image-header.ts";

/** A decoded image: RGBA, 8 bits each, row by row. Grey is repeated in R, G and B. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** Most pixels an image may have: 64 Mi, what 8192×8192 gives; more is taken for a decompression bomb. */
export const MAX_PIXELS = 2 ** 26;

const SUPPORTED = "PNG and JPEG (grey or RGB) are supported";

const require = createRequire(import.meta.url);

function codecModule(path: string): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(require.resolve(path)));
}

/** Runs `start` once, at the first call. */
function once<T>(start: () => Promise<T>): () => Promise<T> {
  let started: Promise<T> | undefined;
  return () => {
    started ??= start();
    return started;
  };
}

/** What libjpeg said about the image being decoded. */
let jpegMessages: string[] = [];
let jpegModule: WebAssembly.Module | undefined;

/** A decoder that has failed may be left half-way: each failure asks for a new instance. */
async function startJpeg(): Promise<void> {
  jpegModule ??= codecModule("@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm");
  const module = jpegModule;
  await initJpeg({
    instantiateWasm(imports: WebAssembly.Imports, receive: (instance: WebAssembly.Instance) => void) {
      const instance = new WebAssembly.Instance(module, imports);
      receive(instance);
      return instance.exports;
    },
    print: (line: string) => jpegMessages.push(line),
    printErr: (line: string) => jpegMessages.push(line),
  } as Parameters<typeof initJpeg>[0]);
}

let jpegReady: Promise<void> | undefined;
const pngReady = once(() => initPng(codecModule("@jsquash/png/codec/pkg/squoosh_png_bg.wasm")));
const resizeReady = once(() => initResize(codecModule("@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm")));

async function decodeJpeg(file: ArrayBuffer): Promise<DecodedImage> {
  jpegReady ??= startJpeg();
  await jpegReady;
  jpegMessages = [];
  try {
    const image = await decodeJpegFile(file);
    // libjpeg fills what is missing with grey and goes on; half an image is no image.
    const cut = jpegMessages.find((line) => line.includes("Premature end"));
    if (cut !== undefined) throw new Error(cut);
    return image;
  } catch (error) {
    jpegReady = undefined;
    throw new Error(jpegMessages.at(-1) ?? (error as Error).message);
  }
}

async function decodePng(file: ArrayBuffer): Promise<DecodedImage> {
  await pngReady();
  try {
    return await decodePngFile(file);
  } catch {
    throw new Error("a PNG that is truncated or corrupt"); // the decoder's own message says nothing
  }
}

/** Decoders keep state: one image at a time. */
let queue: Promise<unknown> = Promise.resolve();

/**
 * Decodes a PNG (grey, palette or colour, 1…16 bits, of which the upper 8 are kept) or a JPEG (grey or YCbCr, pixels equal to
 * libjpeg's). Transparency is ignored: the colour below it is taken, as image libraries do that convert to RGB. So is a
 * JPEG's orientation tag: pixels come as stored.
 * @param bytes the file's content; its type is told by its first bytes
 * @param name of the file, for messages
 * @throws InputError naming the file, what was found and what is supported
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<DecodedImage> {
  const refuse = (found: string): InputError => new InputError(`${name}: ${found}; ${SUPPORTED}`);
  const header = await Promise.resolve()
    .then(() => readImageHeader(bytes))
    .catch((error: Error) => {
      throw refuse(`is ${error.message}`);
    });
  if (header === null) throw refuse(`is not an image: found ${describeBytes(bytes)}`);
  const { format, width, height, components } = header;
  const pixels = width * height;
  if (pixels === 0 || pixels > MAX_PIXELS) {
    throw refuse(`is an image of ${width}×${height} pixels, where 1 to ${MAX_PIXELS} are possible`);
  }
  if (components !== null && components !== 1 && components !== 3) {
    throw refuse(`is a JPEG with ${components} colour components (CMYK?)`);
  }
  const file = new Uint8Array(bytes).buffer; // a copy: a Buffer shares its memory with others
  const decoded = queue.then(() => (format === "png" ? decodePng(file) : decodeJpeg(file)));
  queue = decoded.catch(() => undefined);
  return decoded.catch((error: Error) => {
    throw refuse(`cannot be decoded as ${format.toUpperCase()}: ${error.message}`);
  });
}

/**
 * Resizes with a triangle filter over the samples as they are (bilinear, widened when shrinking so that nothing is
 * skipped), within one unit of Pillow's `BILINEAR`.
 */
export async function resize(image: DecodedImage, width: number, height: number): Promise<DecodedImage> {
  if (image.width === width && image.height === height) return image;
  await resizeReady();
  const options = { width, height, method: "triangle", premultiply: false, linearRGB: false } as const;
  return resizeImage(image as ImageData, options);
}
