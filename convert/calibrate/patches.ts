/** Samples what the synapses of a projection receive. */

import type { Projection } from "../wiring.ts";
import type { LevelMaps } from "./levels.ts";
import { windowsOf } from "./windows.ts";

/** What a projection's synapses receive at sampled target positions. */
export interface Patches {
  readonly count: number;
  /** Synapses per target neuron, in the order of the weights: KH·KW·(I/groups). */
  readonly synapses: number;
  /** Levels of one group: `levels[sample·synapses + k]`. */
  group(index: number): Float32Array;
}

const MOST_IMAGES = 64;

/** A multiplicative hash that spreads consecutive samples over the positions of a map. */
const spread = (n: number) => Math.imul(n + 1, 0x9e3779b1) >>> 0;

/**
 * Samples target positions, spread over calibration images and the projection's region.
 * @param wanted about how many; fewer where there are fewer
 */
export function samplePatches(projection: Projection, source: LevelMaps, wanted: number): Patches {
  const { kernel, groups } = projection;
  const windows = windowsOf(projection, source);
  const [, , height, width] = projection.region;
  const synapses = (kernel[0] * kernel[1] * projection.sourceChannels[1]) / groups;
  const images = Math.min(source.images, MOST_IMAGES);
  const each = Math.ceil(Math.min(wanted, images * height * width) / images);
  const count = each * images;
  const levels = new Float32Array(groups * count * synapses);
  for (let n = 0, sample = 0; n < images; n++) {
    windows.setImage(Math.floor((n * source.images) / images));
    for (let k = 0; k < each; k++, sample++) {
      const position = each >= height * width ? k % (height * width) : spread(sample) % (height * width);
      const y = Math.floor(position / width);
      for (let g = 0; g < groups; g++) windows.copy(y, position % width, g, levels, (g * count + sample) * synapses);
    }
  }
  return {
    count,
    synapses,
    group: (g) => levels.subarray(g * count * synapses, (g + 1) * count * synapses),
  };
}
