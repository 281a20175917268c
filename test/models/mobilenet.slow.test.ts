/** The trained MobileNet of this repository: built exactly, converted with the default settings, and compared with the original. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import { load } from "../../bindings/node.ts";
import { readModel } from "../../convert/graph/model.ts";
import { annInput, convert } from "../../convert/index.ts";
import { buildNetwork } from "../../convert/network/build.ts";
import { isDepthwise } from "../../convert/network/halves.ts";
import { readImageFolder } from "../../hosts/node/data/dataset.ts";
import { readSamples } from "../../hosts/node/data/images.ts";
import { argmax, RelativeError } from "../../hosts/node/report/scores.ts";
import { assertComputesAs } from "../support/convert/compare.ts";
import { assertWellFormed } from "../support/convert/well-formed.ts";

const model = readFileSync(new URL("../../models/mobilenet/mobilenet-cifar10.onnx", import.meta.url));
const preprocessing = {
  scale: 1 / 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
  channelOrder: "rgb",
} as const;
const SHAPE = { height: 32, width: 32, channels: 3 };

const CALIBRATION = 60;
const TESTED = 100;

/** Of `TESTED` images, on which the converted network has to answer as the original. */
const AGREEING = 93;

/** Largest relative error of the logits. */
const ERROR = 0.06;

for (const split of [false, true]) {
  test(`the network computes what the ANN does, ${split ? "with" : "without"} second neurons`, async () => {
    const read = await readModel(model);
    const network = buildNetwork(read, { preprocessing }, { split });
    assertWellFormed(network);
    assert.equal(network.projections.filter((q) => isDepthwise(q)).length > 13, split);
    await assertComputesAs(read, network, 0.01);
    await read.ann.dispose();
  });
}

const images = new URL("../../../shared/data/cifar10/", import.meta.url);
const run = existsSync(images) ? test : test.skip;
if (run === test.skip) console.warn("SKIPPED: ../shared/data/cifar10 is not there");

run("7 phases and 8-bit weights keep the answers", async () => {
  const read = async (folder: string, count: number) => {
    const { images: found } = await readImageFolder(fileURLToPath(new URL(folder, images)), count);
    return Promise.all(found.map(({ path }) => readSamples(path, SHAPE)));
  };
  const conversion = await convert(model, { preprocessing, calibration: () => read("calibration", CALIBRATION) });
  const network = await load(conversion.file);
  const error = new RelativeError();
  let agreeing = 0;
  for (const samples of await read("test", TESTED)) {
    const [expected] = (await conversion.ann.run(annInput(conversion.unquantized.input, samples))).values();
    const { logits } = network.run(samples);
    error.add(logits, expected);
    if (argmax(logits) === argmax(expected)) agreeing++;
  }
  network.dispose();
  await conversion.ann.dispose();
  assert.ok(agreeing >= AGREEING, `${agreeing} of ${TESTED} answers are the original's`);
  assert.ok(error.value < ERROR, `the logits' error is ${error.value}`);
});

test.run();
