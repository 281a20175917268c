/** Images on Deno: the codecs' modules are imported as source, which asks for no permission. */

import { withOwn } from "./by-codecs.ts";
import { jpeg, png, resize } from "./deno-codecs.js";
import { type ImageEntry, readerWith } from "./reader.ts";

export * from "./common.ts";

const means = withOwn({ png, jpeg, resize });

export const createImageReader: ImageEntry["createImageReader"] = (options) => readerWith(means, options);
