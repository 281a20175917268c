/** PNG and JPEG files: decoded and resized, or refused. */

import assert from "node:assert/strict";
import { createImageReader, ImageError } from "../../../bindings/images/node.ts";
import { encodeJpeg } from "../../support/files/jpeg.ts";
import { greyJpeg } from "../../support/files/jpeg-parts.ts";
import { encodePng } from "../../support/files/png.ts";
import { withSums } from "../png-sums.ts";
import { type Target, words } from "../target.ts";

const images = createImageReader({ maxPixels: 2 ** 16 });
const SHAPES = [
  { height: 4, width: 6, channels: 3 },
  { height: 5, width: 3, channels: 1 },
];

const ramp = (count: number): number[] => Array.from({ length: count }, (_, i) => (i * 37) % 256);

export const target: Target = {
  what: "PNG and JPEG files (decode, resize)",
  longest: 4096,
  words: words(
    "IHDR",
    "IDAT",
    "PLTE",
    "tRNS",
    "eXIf",
    "IEND",
    "acTL",
    "\xff\xd8",
    "\xff\xd9",
    "\xff\xda",
    "\xff\xc0",
    "\xff\xc2",
    "\xff\xc4",
    "\xff\xdb",
    "\xff\xdd\0\x04",
    "\xff\xd0",
    "\xff\xee\0\x0eAdobe",
    "Exif\0\0",
  ),
  async seeds() {
    const scan = { first: 0, last: 0, high: 0, low: 0, data: [0] };
    const jpeg = await encodeJpeg(9, 7, Uint8ClampedArray.from(ramp(252)));
    return [
      encodePng(7, 5, "grey", ramp(35)),
      encodePng(5, 4, "rgb", ramp(60)),
      encodePng(3, 4, "rgba", ramp(48), 16),
      encodePng(
        3,
        3,
        "greyAlpha",
        ramp(18),
        8,
        Uint8Array.from([0x49, 0x49, 42, 0, 8, 0, 0, 0, 1, 0, 0x12, 1, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0]),
      ),
      jpeg,
      greyJpeg(0xc0, 8, 8, [{ first: 0, last: 63, high: 0, low: 0, data: [0] }]),
      greyJpeg(0xc2, 16, 16, [scan, { ...scan, first: 1, last: 63 }]),
    ].map((file) => new Uint8Array(file));
  },
  mend: withSums,
  async run(file) {
    const shape = SHAPES[file.length % 2];
    try {
      const samples = await images.samples(file, shape);
      assert.equal(samples.length, shape.height * shape.width * shape.channels);
    } catch (error) {
      if (!(error instanceof ImageError) || error.message === "") throw error;
    }
  },
};
