/** What an image can be given as, beside a file's bytes. */

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
  | { readonly drawable: Drawable };

/** @throws TypeError where it is none of them */
export function told(source: ImageSource): Told {
  if (ArrayBuffer.isView(source)) return { file: source as Uint8Array };
  if (typeof source === "object" && source !== null) {
    if ("arrayBuffer" in source && typeof source.arrayBuffer === "function") return { blob: source };
    if ("width" in source && "height" in source) {
      if ("data" in source && ArrayBuffer.isView(source.data)) {
        const { width, height, data } = source;
        const needed = 4 * width * height;
        if (data.byteLength === needed && data.length === needed) return { image: source };
        throw new TypeError(`an image of ${width}×${height} needs ${needed} bytes RGBA, found ${data.byteLength}`);
      }
      return { drawable: source };
    }
  }
  throw new TypeError("an image is a file's bytes, a Blob, an ImageData, an ImageBitmap or a canvas");
}
