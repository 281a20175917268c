/** Decoding by the browser, and resizing in plain JavaScript: nothing has to be fetched. */

import { decodeInBrowser } from "./browser-decoder.ts";
import { checkedJpeg } from "./jpeg-file.ts";
import type { Means } from "./means.ts";
import { orientationOf, turned } from "./orientation.ts";
import { checkedPng } from "./png-file.ts";
import { resizeByTriangle } from "./triangle.ts";

export const BY_BROWSER: Means = {
  async decodeFile(file, header) {
    // What is broken is told as everywhere; browsers show what there is of it.
    const plain = header.format === "png" ? await checkedPng(file) : checkedJpeg(file);
    return turned(await decodeInBrowser(plain), orientationOf(file, header));
  },
  resize: async (image, width, height) =>
    image.width === width && image.height === height ? image : resizeByTriangle(image, width, height),
};
