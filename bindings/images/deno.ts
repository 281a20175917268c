/** Images on Deno: the codecs' modules are imported as source, which asks for no permission. */

import { byCodecs } from "./by-codecs.ts";
import { jpeg, png, resize } from "./deno-codecs.js";
import { type ImageEntry, readerWith } from "./reader.ts";

export * from "./common.ts";

export const createImageReader: ImageEntry["createImageReader"] = (options) =>
  readerWith((given) => byCodecs(given ?? { png, jpeg, resize }), options);
