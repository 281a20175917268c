/**
 * Resizing by the resizer of @jsquash/resize, an instance at a time. It resizes across before it resizes down, with four floats for
 * every pixel in between; an image that is narrow and very high would be widened in its whole height, so such a one is
 * shrunk here first.
 */
import { type Codec, keeping } from "./codec.ts";
import type { DecodedImage } from "./image.ts";

interface ResizeExports {
  readonly memory: WebAssembly.Memory;
  __wbindgen_add_to_stack_pointer(bytes: number): number;
  __wbindgen_malloc(size: number, alignment: number): number;
  __wbindgen_free(pointer: number, size: number, alignment: number): void;
  resize(
    result: number,
    pixels: number,
    size: number,
    width: number,
    height: number,
    toWidth: number,
    toHeight: number,
    filter: number,
    premultiply: number,
    linear: number,
  ): void;
}

/** The triangle filter among the resizer's. */
const TRIANGLE = 0;
/** Pixels that may always lie between the two passes. */
const FREE_PIXELS = 2 ** 18;

type Resize = (image: DecodedImage, width: number, height: number) => Promise<DecodedImage>;

/**
 * Makes the function that resizes with a triangle filter, widened when shrinking.
 * @param module gives the resizer's module, asked for when it is needed
 */
export function resizeWith(module: () => Promise<WebAssembly.Module>): Resize {
  const run = keeping("resize", async () => startResizer(await module()));
  return async (image, width, height) => {
    if (image.width === width && image.height === height) return image;
    const between = width * image.height;
    const most = Math.max(FREE_PIXELS, image.width * image.height, width * height);
    return run(between > most ? shrinkDown(image, height) : image, width, height);
  };
}

async function startResizer(
  module: WebAssembly.Module,
): Promise<Codec<[image: DecodedImage, width: number, height: number], DecodedImage>> {
  const codec = (await WebAssembly.instantiate(module, {})).exports as unknown as ResizeExports;
  return {
    run(image, width, height) {
      const size = image.data.length;
      const result = codec.__wbindgen_add_to_stack_pointer(-16);
      const pixels = codec.__wbindgen_malloc(size, 1) >>> 0;
      new Uint8Array(codec.memory.buffer).set(image.data, pixels);
      codec.resize(result, pixels, size, image.width, image.height, width, height, TRIANGLE, 0, 0);
      const [pointer, length] = new Uint32Array(codec.memory.buffer, result, 2);
      const data = new Uint8ClampedArray(codec.memory.buffer, pointer, length).slice();
      codec.__wbindgen_free(pointer, length, 1);
      codec.__wbindgen_add_to_stack_pointer(16);
      return { width, height, data };
    },
    memory: () => codec.memory.buffer.byteLength,
  };
}

/** Shrinks an image's height alone, with the same filter; needs memory for two rows. */
function shrinkDown({ width, height, data }: DecodedImage, toHeight: number): DecodedImage {
  const row = 4 * width;
  const sums = new Float64Array(row);
  const shrunk = new Uint8ClampedArray(row * toHeight);
  const scale = height / toHeight;
  for (let y = 0; y < toHeight; y++) {
    const centre = (y + 0.5) * scale;
    const first = Math.max(0, Math.ceil(centre - scale - 0.5));
    const last = Math.min(height - 1, Math.floor(centre + scale - 0.5));
    let total = 0;
    sums.fill(0);
    for (let from = first; from <= last; from++) {
      const weight = 1 - Math.abs(from + 0.5 - centre) / scale;
      total += weight;
      for (let i = 0; i < row; i++) sums[i] += weight * data[from * row + i];
    }
    // Clamped arrays round to nearest.
    for (let i = 0; i < row; i++) shrunk[y * row + i] = sums[i] / total;
  }
  return { width, height: toHeight, data: shrunk };
}
