/** Decoding and resizing by the jSquash codecs: the same samples everywhere. */

import { BsnnError } from "../error.ts";
import { keeping } from "./codec.ts";
import { type Codecs, fromSource, readCodecs } from "./codecs.ts";
import { type DecodedImage, release } from "./image.ts";
import { startJpeg } from "./jpeg.ts";
import type { Means } from "./means.ts";
import { turned } from "./orientation.ts";
import { plainFile } from "./plain-file.ts";
import { startPng } from "./png.ts";
import { resizeWith } from "./resize.ts";

/**
 * Nothing is loaded before it is needed.
 * @throws BsnnError `bad-input` where the codecs are none
 */
export function byCodecs(given: Codecs): Means {
  const codecs = readCodecs(given);
  const pngModule = fromSource("png", codecs.png);
  const jpegModule = fromSource("jpeg", codecs.jpeg);
  const png = keeping("png", async () => startPng(await pngModule()));
  const jpeg = keeping("jpeg", async () => startJpeg(await jpegModule()));

  async function decodePng(file: Uint8Array): Promise<DecodedImage> {
    return png(file).catch((error) => {
      if (error instanceof BsnnError) throw error;
      throw new Error("a PNG that is truncated or corrupt"); // the decoder's own message says nothing
    });
  }

  return {
    async decodeFile(file, header) {
      const { data, orientation } = await plainFile(file, header);
      try {
        const stored = await (header.format === "png" ? decodePng(data) : jpeg(data));
        return turned(stored, orientation);
      } finally {
        release({ data });
      }
    },
    resize: resizeWith(fromSource("resize", codecs.resize)),
  };
}

/**
 * The same for a host that has codecs of its own: all its readers share their instances.
 * @param own the host's
 * @returns what makes the means of a reader, of codecs that are given or the host's own
 */
export function withOwn(own: Codecs): (given: Codecs | null) => Means {
  let shared: Means | undefined;
  return (given) => {
    if (given) return byCodecs(given);
    shared ??= byCodecs(own);
    return shared;
  };
}
