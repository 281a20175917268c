/** A small converted network of an image, a smaller image and a vector of real values. */

import { type Conversion, convert } from "../../../convert/index.ts";
import { random } from "../random.ts";
import { OnnxBuilder } from "./onnx-builder.ts";

/** Its original. */
export function severalInputs(): Uint8Array {
  const g = new OnnxBuilder({ inputs: { scene: ["N", 3, 6, 6], detail: ["N", 1, 4, 3], state: ["N", 5] } });
  const all = { pads: [1, 1, 1, 1] };
  const features = [g.conv("scene", 3, 4, [3, 3], all), g.conv("detail", 1, 3, [3, 3], all)].map((x) =>
    g.op("Flatten", [g.op("GlobalAveragePool", [g.relu(x)])]),
  );
  const joined = g.op("Concat", [...features, "state"], { axis: 1 });
  const hidden = g.relu(g.op("Gemm", [joined, g.random([12, 8]), g.random([8])]));
  g.output(g.op("Gemm", [hidden, g.random([8, 3]), g.random([3])]));
  return g.encode();
}

/** Samples of each of its inputs; of the vector the real values. */
export function severalSamples(seed: number): { scene: Uint8Array; detail: Uint8Array; state: Float64Array } {
  const next = random(seed);
  const bytes = (size: number) => Uint8Array.from({ length: size }, () => 256 * next());
  return { scene: bytes(108), detail: bytes(12), state: Float64Array.from({ length: 5 }, () => 3 * next() - 1) };
}

/** Converts it: the vector has values −1…2, in ON and OFF channels unless asked otherwise. */
export function convertSeveral(signed = true): Promise<Conversion> {
  return convert(severalInputs(), {
    name: "several",
    range: { state: [-1, 2] },
    signed,
    preprocessing: { mean: [0.1, 0.2, 0.3, 0.4], std: [0.5, 0.6, 0.7, 0.8] },
    labels: ["left", "right", "none"],
    calibration: async () => Array.from({ length: 8 }, (_, n) => severalSamples(n)),
  });
}
