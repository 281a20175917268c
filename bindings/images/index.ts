/** Images in browsers, which decode by themselves unless codecs are given, and on hosts that have to be told where these are. */

import { BsnnError } from "../error.ts";
import { reasonOf } from "../kinds.ts";
import { canDecode } from "./browser-decoder.ts";
import { BY_BROWSER } from "./by-browser.ts";
import { type Codecs, readCodecs } from "./codecs.ts";
import type { Means } from "./means.ts";
import { type ImageEntry, readerWith } from "./reader.ts";

export * from "./common.ts";

/** The codecs' own scripts are asked for when there is a first image, so that pages without codecs need not have them; where that fails, the next image asks again. */
function laterByCodecs(given: Codecs): Means {
  const codecs = readCodecs(given) as Codecs;
  let means: Promise<Means> | undefined;
  const ready = () => {
    means ??= import("./by-codecs.ts").then(
      ({ byCodecs }) => byCodecs(codecs),
      (cause) => {
        means = undefined;
        throw new BsnnError("unsupported", `the codecs' scripts cannot be loaded: ${reasonOf(cause)}`, { cause });
      },
    );
    return means;
  };
  return {
    decodeFile: async (file, header) => (await ready()).decodeFile(file, header),
    resize: async (image, width, height) => (await ready()).resize(image, width, height),
  };
}

function means(codecs: Codecs | null): Means {
  if (codecs !== null) return laterByCodecs(codecs);
  if (canDecode()) return BY_BROWSER;
  throw new BsnnError("unsupported", "this host needs to be told where the codecs are: createImageReader({ codecs })");
}

export const createImageReader: ImageEntry["createImageReader"] = (options) => readerWith(means, options);
