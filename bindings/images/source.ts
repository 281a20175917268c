/** What an image can be given as, beside a file's bytes. */

import { mustBe, readFields, reading } from "../arguments.ts";
import { arrayKind, arrayLength, bytesOf } from "../kinds.ts";
import type { DecodedImage } from "./image.ts";

/** A file as `Blob` and `File` are it. */
export interface BlobSource {
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** What a canvas can draw: an `ImageBitmap`, an `HTMLCanvasElement` or an `OffscreenCanvas`, in browsers. */
export interface Drawable {
  readonly width: number;
  readonly height: number;
}

/** An image file's bytes or `Blob`, an `ImageData` or other decoded image, or, in browsers, what a canvas can draw. */
export type ImageSource = Uint8Array | BlobSource | DecodedImage | Drawable;

/** What a source is, whatever realm it comes from. */
export type Told =
  | { readonly file: Uint8Array }
  | { readonly blob: BlobSource }
  | { readonly image: DecodedImage }
  | { readonly drawable: Drawable; readonly width: number; readonly height: number };

/** @throws BsnnError `bad-input` where it is none of them */
export function told(source: ImageSource): Told {
  const kind = arrayKind(source);
  if (kind === "Uint8Array" || kind === "Uint8ClampedArray") {
    return { file: reading("source", () => bytesOf(source as Uint8Array)) };
  }
  if (kind === undefined && typeof source === "object" && source !== null) {
    const names = ["arrayBuffer", "width", "height", "data"] as const;
    const { arrayBuffer, width, height, data } = readFields(
      source as unknown as Readonly<Record<string, unknown>>,
      names,
      "source",
    );
    if (typeof arrayBuffer === "function") return { blob: source as BlobSource };
    if (data !== undefined) return { image: copyImage(source as DecodedImage, "source") };
    if (typeof width === "number" && typeof height === "number") return { drawable: source as Drawable, width, height };
  }
  throw mustBe("source", "a file's bytes, a Blob, an ImageData, an ImageBitmap or a canvas", source);
}

/**
 * Copies a caller's image, RGBA.
 * @throws BsnnError `bad-input` where it is none
 */
export function copyImage(given: DecodedImage, what = "image"): DecodedImage {
  const image = readFields(required(what, given), ["width", "height", "data"], what);
  const [width, height] = sizesOf(what, image, Number.POSITIVE_INFINITY);
  const data: unknown = image.data;
  const kind = arrayKind(data);
  const bytes = kind === "Uint8ClampedArray" || kind === "Uint8Array" ? arrayLength(data as Uint8Array) : null;
  const count = width * height * 4;
  if (bytes !== count) {
    const supported = `${count} bytes, RGBA of its width ${width} and height ${height}`;
    throw mustBe(`data of ${what}`, supported, bytes ?? data);
  }
  return { width, height, data: new Uint8ClampedArray(data as Uint8Array) };
}

/** @throws BsnnError `bad-input` where there is nothing */
export function required<T>(what: string, given: T): T {
  if (given === null || given === undefined) throw mustBe(what, "an object", given);
  return given;
}

/** @throws BsnnError `bad-input` where sizes are none, or too large together */
export function sizesOf(what: string, { width, height }: { width?: unknown; height?: unknown }, maxPixels: number) {
  for (const [name, size] of Object.entries({ width, height })) {
    if (!Number.isInteger(size) || Number(size) < 1) throw mustBe(`${name} of ${what}`, "an integer ≥ 1", size);
  }
  const [columns, rows] = [Number(width), Number(height)];
  if (columns * rows > maxPixels)
    throw mustBe(`width × height of ${what}`, `at most ${maxPixels} pixels`, columns * rows);
  return [columns, rows] as const;
}
