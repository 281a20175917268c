/** From a picture of any size to the samples of a network. */

import type { InputInfo } from "../../../../../bindings/types.ts";
import { greyOf, pictureOf } from "./picture.ts";
import { samplesOfPicture } from "./strokes.ts";

/** Whether a network takes digits as the lab draws them. */
export const takesDigits = ({ height, width, channels, range }: InputInfo): boolean =>
  channels === 1 && height === width && !range;

/** A picture of a digit is brought to the form of MNIST's, unless the file asks for another fit than the usual; others are fitted. */
export function samplesFrom(
  data: Uint8Array,
  width: number,
  height: number,
  channels: number,
  input: InputInfo,
): Uint8Array {
  if (takesDigits(input) && input.fit === "stretch") {
    return samplesOfPicture(greyOf(data, channels), width, height, input.height);
  }
  return pictureOf(data, width, height, channels, input);
}
