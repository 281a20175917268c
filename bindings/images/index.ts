/** Images in browsers, which decode by themselves unless codecs are given, and on hosts that have to be told where these are. */

import { canDecode } from "./browser-decoder.ts";
import { BY_BROWSER } from "./by-browser.ts";
import type { Codecs } from "./codecs.ts";
import type { Means } from "./means.ts";
import { type ImageEntry, readerWith } from "./reader.ts";

export * from "./common.ts";

/** The codecs' own scripts are asked for when there is a first image, so that pages without codecs need not have them. */
function laterByCodecs(codecs: Codecs): Means {
  let means: Promise<Means> | undefined;
  const ready = () => {
    means ??= import("./by-codecs.ts").then(({ byCodecs }) => byCodecs(codecs));
    return means;
  };
  return {
    decodeFile: async (file, header) => (await ready()).decodeFile(file, header),
    resize: async (image, width, height) => (await ready()).resize(image, width, height),
  };
}

export const createImageReader: ImageEntry["createImageReader"] = (options = {}) => {
  const { codecs } = options;
  if (!codecs && !canDecode()) {
    throw new TypeError("this host needs to be told where the codecs are: createImageReader({ codecs })");
  }
  return readerWith(codecs ? laterByCodecs(codecs) : BY_BROWSER, options);
};
