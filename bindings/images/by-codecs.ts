/** Decoding and resizing by the jSquash codecs: the same samples everywhere. */

import { keeping } from "./codec.ts";
import { type Codecs, fromSource } from "./codecs.ts";
import type { DecodedImage } from "./image.ts";
import { startJpeg } from "./jpeg.ts";
import { checkedJpeg } from "./jpeg-file.ts";
import type { Means } from "./means.ts";
import { orientationOf, turned } from "./orientation.ts";
import { startPng } from "./png.ts";
import { checkPng } from "./png-file.ts";
import { resizeWith } from "./resize.ts";

/** Nothing is loaded before it is needed. */
export function byCodecs(codecs: Codecs): Means {
  const pngModule = fromSource(codecs.png);
  const jpegModule = fromSource(codecs.jpeg);
  const png = keeping(async () => startPng(await pngModule()));
  const jpeg = keeping(async () => startJpeg(await jpegModule()));

  async function decodePng(file: Uint8Array): Promise<DecodedImage> {
    await checkPng(file);
    return png(file).catch(() => {
      throw new Error("a PNG that is truncated or corrupt"); // the decoder's own message says nothing
    });
  }

  return {
    async decodeFile(file, header) {
      const stored = await (header.format === "png" ? decodePng(file) : jpeg(checkedJpeg(file)));
      return turned(stored, orientationOf(file, header));
    },
    resize: resizeWith(fromSource(codecs.resize)),
  };
}
