/** The input of a network under another preprocessing than the one it was built with. */

import type { Preprocessing } from "../preprocessing.ts";
import type { InputCoding } from "../wiring.ts";

/** Whether the file's channels are the ANN's in reverse. */
const reverses = ({ channelOrder }: Preprocessing, channels: number): boolean =>
  channelOrder === "bgr" && channels === 3;

/**
 * What an image's samples stand for under another preprocessing. Padding is left as it was.
 * @param coding of a network that was built with the preprocessing `from`
 */
export function recoded(coding: InputCoding, from: Preprocessing, to: Preprocessing): InputCoding {
  const channels = coding.gain.length;
  const reversed = reverses(to, channels);
  const own = (values: readonly number[], c: number) =>
    values[values.length === 1 ? 0 : reversed ? channels - 1 - c : c];
  const index = Int32Array.from(coding.index);
  if (reversed !== reverses(from, channels)) {
    for (let at = 0; at < index.length; at += channels) index.subarray(at, at + channels).reverse();
  }
  return {
    ...coding,
    gain: coding.gain.map((_, c) => to.scale / own(to.std, c)),
    shift: coding.gain.map((_, c) => -own(to.mean, c) / own(to.std, c)),
    index,
  };
}
