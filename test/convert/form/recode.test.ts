/** An input read by another preprocessing is the one that is built with it. */

import assert from "node:assert/strict";
import { suite } from "uvu";
import { recoded } from "../../../convert/form/recode.ts";
import { readModel } from "../../../convert/graph/model.ts";
import { buildNetwork } from "../../../convert/network/build.ts";
import type { Preprocessing } from "../../../convert/preprocessing.ts";
import type { InputCoding } from "../../../convert/wiring.ts";
import { OnnxBuilder } from "../../support/convert/onnx-builder.ts";

const test = suite("recode");

const READINGS: Preprocessing[] = [
  { scale: 1 / 255, mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.4], channelOrder: "rgb" },
  { scale: 1 / 255, mean: [0.4, 0.5, 0.6], std: [0.2, 0.3, 0.4], channelOrder: "bgr" },
  { scale: 1, mean: [104, 117, 123], std: [1, 1, 1], channelOrder: "bgr" },
  { scale: 1, mean: [0], std: [1], channelOrder: "rgb" },
];

async function codings(channels: number, last: boolean, readings: readonly Preprocessing[]): Promise<InputCoding[]> {
  const builder = new OnnxBuilder({ input: last ? [1, 5, 4, channels] : [1, channels, 5, 4] });
  const first = last ? builder.op("Transpose", [builder.input], { perm: [0, 3, 1, 2] }) : builder.input;
  const x = builder.relu(builder.op("Conv", [first, builder.random([2, channels, 3, 3])], { kernel_shape: [3, 3] }));
  builder.output(builder.op("Gemm", [builder.op("Flatten", [x]), builder.random([12, 4])]));
  const model = await readModel(builder.encode());
  return readings.map((preprocessing) => buildNetwork(model, { preprocessing }).input);
}

test("gains, shifts and places are those of a network built with it", async () => {
  for (const last of [false, true]) {
    const built = await codings(3, last, READINGS);
    READINGS.forEach((from, i) => {
      READINGS.forEach((to, j) => {
        const { gain, shift, index, dims } = recoded(built[i], from, to);
        assert.deepEqual({ gain, shift, index, dims }, pick(built[j]));
      });
    });
  }
});

test("grey images have no order of channels", async () => {
  const readings: Preprocessing[] = [
    { scale: 1, mean: [0], std: [1], channelOrder: "rgb" },
    { scale: 1 / 255, mean: [0.1307], std: [0.3081], channelOrder: "bgr" },
  ];
  const [plain, other] = await codings(1, false, readings);
  assert.deepEqual(pick(recoded(plain, readings[0], readings[1])), pick(other));
});

function pick({ gain, shift, index, dims }: InputCoding) {
  return { gain, shift, index, dims };
}

test.run();
