/** Decoding by the browser, and resizing in plain JavaScript: nothing has to be fetched. */

import { decodeInBrowser } from "./browser-decoder.ts";
import type { Means } from "./means.ts";
import { turned } from "./orientation.ts";
import { plainFile } from "./plain-file.ts";
import { resizeByTriangle } from "./triangle.ts";

export const BY_BROWSER: Means = {
  async decodeFile(file, header) {
    // What is broken is told as everywhere; browsers show what there is of it.
    const { data, orientation } = await plainFile(file, header);
    return turned(await decodeInBrowser(data), orientation);
  },
  resize: async (image, width, height) =>
    image.width === width && image.height === height ? image : resizeByTriangle(image, width, height),
};
