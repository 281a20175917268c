/** Images where the host has no way of its own to the codecs' modules, browsers among them: the caller says where they are. */

import { type ImageEntry, readerWith } from "./reader.ts";

export * from "./common.ts";

export const createImageReader: ImageEntry["createImageReader"] = (options) => readerWith(null, options);
