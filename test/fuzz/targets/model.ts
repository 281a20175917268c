/** Model files: loaded or refused, and what loads gives the same answer in both modes. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { load } from "../../../bindings/node.ts";
import type { Network } from "../../../bindings/types.ts";
import { stateChecksum } from "../../../convert/write/checksum.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { cases } from "../../support/core/networks.ts";
import { sample } from "../../support/core/sample.ts";
import { type Target, words } from "../target.ts";

const MAX_MEMORY = 2 ** 24;
/** Networks beyond this are loaded and not run. */
const MAX_SYNAPSES = 20_000;
const CODES = new Set(["bad-model", "unsupported"]);

async function loadOrRefuse(bytes: Uint8Array): Promise<Network | null> {
  const build = bytes.length % 2 === 0 ? "baseline" : "relaxed";
  try {
    return await load(bytes, { maxMemory: MAX_MEMORY, build });
  } catch (error) {
    const { name, code, message } = error as { name: string; code: string; message: string };
    if (name !== "BsnnError" || !CODES.has(code) || message === "") throw error;
    return null;
  }
}

/** Runs the core on its own model; that it may need more memory than is allowed is its only excuse. */
function runBoth(network: Network): void {
  const { height, width, channels } = network.input;
  const samples = Uint8Array.from({ length: height * width * channels }, (_, n) => (n * 73) % 256);
  const answers = (["period", "step"] as const).map((mode) => {
    const { outputs } = network.run(samples, { mode });
    return outputs.map(({ potentials, values }) => [...potentials, ...values]);
  });
  assert.deepEqual(answers[0], answers[1], "the modes disagree");
  network.activity();
}

export const target: Target = {
  what: "model files (load, and run in both modes)",
  longest: 4096,
  words: words("bsnn.", "general.", "\x01\0\0\0\0\0\0\0", "\x04\0\0\0", "\x08\0\0\0", "\x09\0\0\0"),
  async seeds() {
    const drawn = fc.sample(cases, { seed: 7, numRuns: 40 }).map(({ network }) => writeModel(network));
    return [writeModel(sample), ...drawn.filter(({ length }) => length <= 4096).slice(0, 12)];
  },
  mend(input) {
    stateChecksum(input);
    return input;
  },
  async run(bytes) {
    const network = await loadOrRefuse(bytes);
    if (network === null) return;
    try {
      const synapses = network.projections.reduce((sum, projection) => sum + projection.synapses, 0);
      const neurons = network.populations.reduce((sum, p) => sum + p.height * p.width * p.channels, 0);
      if (synapses + neurons > MAX_SYNAPSES) return;
      runBoth(network);
    } catch (error) {
      if ((error as { code?: string }).code !== "unsupported") throw error;
    } finally {
      network.dispose();
    }
  },
};
