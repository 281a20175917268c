/** How true a conversion is on inputs that calibration has not seen. */

import assert from "node:assert/strict";
import { load } from "../../../bindings/node.ts";
import { annInput, type Conversion } from "../../../convert/index.ts";
import { RelativeError } from "../../../hosts/node/report/scores.ts";
import { randomSamples } from "./whole-way.ts";

/**
 * Relative error of the one output over random inputs; both modes have to answer the same.
 * @param size values of an input
 * @param channels of it
 */
export async function unseenError(
  { file, unquantized, ann }: Conversion,
  size: number,
  channels: number,
): Promise<number> {
  const network = await load(file);
  const error = new RelativeError();
  for (let n = 0; n < 8; n++) {
    const samples = randomSamples(size, channels, false, 500 + n);
    const [expected] = (await ann.run(annInput(unquantized.input, samples))).values();
    const [{ values, potentials }] = network.run(samples).outputs;
    if (n === 0) assert.deepEqual(network.run(samples, { mode: "step" }).outputs[0].potentials, potentials);
    error.add(values, expected);
  }
  network.dispose();
  await ann.dispose();
  return error.value;
}
