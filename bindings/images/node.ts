/** Images on Node and Bun: the codecs' modules are read as files, at once, as scripts are. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { withOwn } from "./by-codecs.ts";
import type { Codecs } from "./codecs.ts";
import { type ImageEntry, readerWith } from "./reader.ts";

export * from "./common.ts";

const codec = (path: string) => async () => {
  return WebAssembly.compile(readFileSync(createRequire(import.meta.url).resolve(path)));
};
const codecs: Codecs = {
  png: codec("@jsquash/png/codec/pkg/squoosh_png_bg.wasm"),
  jpeg: codec("@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm"),
  resize: codec("@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm"),
};

const means = withOwn(codecs);

export const createImageReader: ImageEntry["createImageReader"] = (options) => readerWith(means, options);
