import assert from "node:assert/strict";
import { test } from "uvu";
import { load } from "../../bindings/node.ts";
import { annInput, type Conversion, convert } from "../../convert/index.ts";
import type { UnquantizedNetwork } from "../../convert/network/network.ts";
import { RelativeError } from "../../hosts/node/report/scores.ts";
import {
  denseNet,
  inception,
  mobileNetV1,
  mobileNetV2,
  preActivationResNet,
} from "../support/convert/architectures.ts";
import type { OnnxBuilder } from "../support/convert/onnx-builder.ts";
import { random } from "../support/random.ts";

const CALIBRATION = 8;
const TESTED = 4;

/** Largest relative error of the outputs, of images that calibration has not seen. */
const ERROR = 0.1;

/** An image of waves and noise, as smooth and as noisy as photographs are. */
function picture(size: number, seed: number): Uint8Array {
  const next = random(seed);
  const waves = Array.from({ length: 9 }, () => [next() * 0.4, next() * 0.4, next() * 7, 15 + 30 * next()]);
  return Uint8Array.from({ length: size * size * 3 }, (_, at) => {
    const [y, x] = [Math.floor(at / 3 / size), Math.floor(at / 3) % size];
    const shade = waves
      .filter((_, k) => k % 3 === at % 3)
      .reduce((sum, [fy, fx, phase, height]) => sum + height * Math.sin(fy * y + fx * x + phase), 128);
    return Math.max(0, Math.min(255, shade + 20 * (next() - 0.5)));
  });
}

/** Outputs of the spiking network and of the original, image by image; requires that both modes answer the same. */
async function answers(conversion: Conversion, images: readonly Uint8Array[]): Promise<[Float32Array, Float32Array][]> {
  const network = await load(conversion.file);
  const pairs: [Float32Array, Float32Array][] = [];
  for (const samples of images) {
    const [{ values, potentials }] = network.run(samples).outputs;
    if (pairs.length === 0) assert.deepEqual(network.run(samples, { mode: "step" }).outputs[0].potentials, potentials);
    const [expected] = (await conversion.ann.run(annInput(conversion.unquantized.input, samples))).values();
    pairs.push([values, expected]);
  }
  network.dispose();
  await conversion.ann.dispose();
  return pairs;
}

/** Parts of the network that make an architecture what it is. */
const traits: Readonly<Record<string, [build: () => OnnxBuilder, has: (network: UnquantizedNetwork) => boolean]>> = {
  mobileNetV1: [
    mobileNetV1,
    ({ populations, projections }) =>
      projections.some((q) => q.groups > 1 && q.groups === q.targetChannels[1] && q.kernel[0] === 3) &&
      populations.every(({ kind, ceiling }) => kind !== "bistable" || ceiling === 6),
  ],
  mobileNetV2: [mobileNetV2, ({ populations }) => populations.filter((p) => p.signed && p.view).length >= 7],
  denseNet: [denseNet, ({ populations }) => populations.filter((p) => p.kind === "synchronous").length > 30],
  inception: [inception, ({ projections }) => projections.some((q) => q.pool?.kind === "max")],
  preActivationResNet: [preActivationResNet, ({ populations }) => populations.some((p) => p.signed)],
};

for (const [name, [build, has]] of Object.entries(traits)) {
  test(`${name}: 7 phases and 8-bit weights keep the outputs`, async () => {
    const conversion = await convert(build().encode(), {
      preprocessing: { scale: 1 / 255, mean: [0.5], std: [0.25], channelOrder: "rgb" },
      calibration: async ({ height }) => Array.from({ length: CALIBRATION }, (_, n) => picture(height, 100 + n)),
    });
    assert.ok(has(conversion.unquantized));
    const { height } = conversion.unquantized.populations[0];
    const images = Array.from({ length: TESTED }, (_, n) => picture(height, 500 + n));
    const error = new RelativeError();
    for (const [found, expected] of await answers(conversion, images)) error.add(found, expected);
    assert.ok(error.value > 0 && error.value < ERROR, `the relative error is ${error.value}`);
  });
}

test.run();
