/** The text of the box "What is real?". */

import { make } from "./dom.ts";

const PARTS: readonly (readonly [title: string, ...lines: string[]])[] = [
  [
    "Simulated, exactly",
    "Every spike, potential and level that you see was computed by the network, in integers, one time step after the other, in this tab. Nothing is drawn that did not happen, and no answer comes from anywhere else.",
    "Weights are those of a trained network, converted, not trained for spikes. The original runs only if you ask for the comparison.",
  ],
  [
    "Shown otherwise than it is",
    "While a population takes in, its maps show the level it would fire if nothing more came. That is worked out from its true input; the neuron itself does not know it yet.",
    "Small values are drawn brighter than they are, and fresh spikes fade over a step, so that you can see them.",
    "In the raster, neurons that fall on the same row of pixels are drawn as one.",
  ],
  [
    "Estimated",
    "Energy counts arithmetic only: 4.6 pJ for a multiply-accumulate and 0.9 pJ for an addition, 32-bit floats at 45 nm (Horowitz, ISSCC 2014), as most papers do. Memory traffic, which dominates on real hardware, is left out; and against a quantised network, whose 8-bit multiplications cost about 0.2 pJ, most of the advantage is gone. No neuromorphic chip was measured.",
    "Operations are counted, not estimated: one for each spike that reaches a synapse.",
  ],
  [
    "Measured",
    "Time per inference is measured in this tab, off the main thread, period by period: all phases of a period at once, with the same result to the bit. A time step takes as long as you let it play.",
    "Bytes are those of the files that the page loads, compressed with gzip.",
  ],
  [
    "Not claimed",
    "A drawn digit is easy. This page shows how such a network works, not how good it is; accuracy and speed on harder data are in the project's measurements.",
  ],
];

export function realText(): HTMLElement[] {
  return PARTS.flatMap(([title, ...lines]) => [
    make("h3", { textContent: title }),
    make("ul", {}, ...lines.map((line) => make("li", { textContent: line }))),
  ]);
}
