/** Images on Vercel-style edge functions: the codecs' modules are imported, compiled before the worker starts. */

import jpeg from "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm?module";
import png from "@jsquash/png/codec/pkg/squoosh_png_bg.wasm?module";
import resize from "@jsquash/resize/lib/resize/pkg/squoosh_resize_bg.wasm?module";
import { withOwn } from "./by-codecs.ts";
import { type ImageEntry, readerWith } from "./reader.ts";

export * from "./common.ts";

const means = withOwn({ png, jpeg, resize });

export const createImageReader: ImageEntry["createImageReader"] = (options) => readerWith(means, options);
