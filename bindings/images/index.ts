/** Images in browsers, which decode by themselves unless codecs are given, and on hosts that have to be told where these are. */

import { BsnnError } from "../error.ts";
import { canDecode } from "./browser-decoder.ts";
import { BY_BROWSER } from "./by-browser.ts";
import { byCodecs } from "./by-codecs.ts";
import type { Codecs } from "./codecs.ts";
import type { Means } from "./means.ts";
import { type ImageEntry, readerWith } from "./reader.ts";

export * from "./common.ts";

function means(codecs: Codecs | null): Means {
  if (codecs !== null) return byCodecs(codecs);
  if (canDecode()) return BY_BROWSER;
  throw new BsnnError("unsupported", "this host needs to be told where the codecs are: createImageReader({ codecs })");
}

export const createImageReader: ImageEntry["createImageReader"] = (options) => readerWith(means, options);
