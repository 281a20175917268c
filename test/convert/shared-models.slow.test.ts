import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "uvu";
import { readModel } from "../../convert/graph/model.ts";
import { buildNetwork } from "../../convert/network/build.ts";
import { assertComputesAs } from "../support/convert/compare.ts";
import { assertWellFormed } from "../support/convert/well-formed.ts";

const shared = new URL("../../../shared/", import.meta.url);
const CIFAR = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], channelOrder: "rgb" } as const;
const RAW = { scale: 1, mean: [0], std: [1], channelOrder: "rgb" } as const;

/** `depth` is the number of rectified layers in a row. */
const models = [
  { file: "models/resnet20-cifar10.onnx", preprocessing: CIFAR, depth: 19, macs: 40_551_040, tolerance: 0.01 },
  { file: "models/resnet56-cifar10.onnx", preprocessing: CIFAR, depth: 55, macs: 125_485_696, tolerance: 0.01 },
  { file: "models/resnet8-cifar10.onnx", preprocessing: RAW, depth: 7, macs: 12_501_632, tolerance: 1e-4 },
  { file: "models/mnist-8/model.onnx", preprocessing: RAW, depth: 2, macs: 786_560, tolerance: 1e-4 },
  { file: "own/digits.onnx", preprocessing: { ...RAW, scale: 1 / 255 }, depth: 7, macs: 5_146_496, tolerance: 1e-4 },
  {
    file: "models/squeezenet1.0-imagenet.onnx",
    preprocessing: { scale: 1, mean: [104, 117, 123], std: [1], channelOrder: "bgr" },
    depth: 18,
    macs: 861_339_936,
    tolerance: 1e-4,
  },
] as const;

for (const { file, preprocessing, depth, macs, tolerance } of models) {
  const path = new URL(file, shared);
  const run = existsSync(path) ? test : test.skip;
  if (run === test.skip) console.warn(`SKIPPED: ../shared/${file} is not there`);
  run(`${file}: the network computes what the ANN does, at every population`, async () => {
    const model = await readModel(readFileSync(path));
    const network = buildNetwork(model, { preprocessing });
    assertWellFormed(network);
    const hidden = network.populations.filter((p) => p.kind !== "output");
    assert.equal(Math.max(...hidden.map((p) => p.depth)), depth);
    assert.equal(network.macs, macs);
    await assertComputesAs(model, network, tolerance);
    await model.ann.dispose();
  });
}

test.run();
