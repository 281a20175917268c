/** One small network with something of everything, to be broken rule by rule. */

import type { QuantizedNetwork } from "../../../convert/network/network.ts";
import { network, population, projection } from "../../reference/build.ts";

const weights = (count: number) => Int8Array.from({ length: count }, (_, i) => ((i * 37) % 15) - 7);

/**
 * 0 input 4×4×2, 1 bistable 4×4×4, 2 bistable 2×2×4, 3 synchronous 4×4×4, 4 bistable 2×2×3 with a bias map, 5 output
 * 1×1×5; projections 0→1 (3×3), 1→2 (max pooled, two groups), 1→3 (relay), 2→4 (3×3, 16 bits), 3→4 (sum pooled), 4→5 (dense).
 */
export const sample: QuantizedNetwork = network(
  4,
  [
    population("input", [4, 4, 2], 0),
    population("bistable", [4, 4, 4], 1, { shift: [6, 7, 6, 7], initial: [32, 64, 32, 0], bias: [100, -5, 0, 17] }),
    population("bistable", [2, 2, 4], 2, { shift: [1, 1, 1, 1], initial: [1, 1, 1, 1] }),
    population("synchronous", [4, 4, 4], 2),
    population("bistable", [2, 2, 3], 3, { shift: [2, 2, 2], bias: Array.from({ length: 12 }, (_, n) => 5 * n) }),
    population("output", [1, 1, 5], 4, { unit: [0.5, 0.25, 1, 2, 4] }),
  ],
  [
    projection({
      source: 0,
      target: 1,
      sourceChannels: [0, 2],
      targetChannels: [0, 4],
      region: [0, 0, 4, 4],
      kernel: [3, 3],
      offset: [1, 1],
      weight: weights(4 * 9 * 2),
    }),
    projection({
      source: 1,
      target: 2,
      sourceChannels: [0, 4],
      targetChannels: [0, 4],
      region: [0, 0, 2, 2],
      pool: { kind: "max", size: [2, 2], kernel: [2, 2], stride: [2, 2], dilation: [1, 1], offset: [0, 0] },
      groups: 2,
      weight: weights(4 * 2),
    }),
    projection({ source: 1, target: 3, sourceChannels: [0, 4], targetChannels: [0, 4], region: [0, 0, 4, 4] }),
    projection({
      source: 2,
      target: 4,
      sourceChannels: [0, 4],
      targetChannels: [0, 3],
      region: [0, 0, 2, 2],
      kernel: [3, 3],
      offset: [1, 1],
      weight: Int16Array.from(weights(3 * 9 * 4)),
    }),
    projection({
      source: 3,
      target: 4,
      sourceChannels: [0, 4],
      targetChannels: [0, 3],
      region: [0, 0, 2, 2],
      pool: { kind: "sum", size: [2, 2], kernel: [2, 2], stride: [2, 2], dilation: [1, 1], offset: [0, 0] },
      weight: weights(3 * 4),
    }),
    projection({
      source: 4,
      target: 5,
      sourceChannels: [0, 3],
      targetChannels: [0, 5],
      region: [0, 0, 1, 1],
      kernel: [2, 2],
      weight: weights(5 * 4 * 3),
    }),
  ],
  { name: "sample", coding: "current", zeroPoint: Uint8Array.of(120, 3) },
);
