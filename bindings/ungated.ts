/** The same network with and without bistable gating, on Node: a measure of what gating is for. */
/// <reference types="node" />
import { readFile } from "node:fs/promises";
import { compileOnce } from "./cache.ts";
import { Core } from "./core.ts";
import { BsnnError } from "./error.ts";
import { fileBytes } from "./file.ts";
import { CoreNetwork, checkCount, neuronsOf } from "./network.ts";
import type { ModelSource, Network } from "./types.ts";

/** What a population does without bistable gating. */
export interface InactivatedSpikes {
  readonly population: number;
  readonly neurons: number;
  /** Neurons whose level is 0: those that do not spike in the bistable network. */
  readonly inactivated: number;
  /** How many of those spiked without gating. */
  readonly spikingInactivated: number;
  /** Spikes of those, over all periods. */
  readonly inactivatedSpikes: number;
  /** Spikes of all its neurons without gating, over all periods. */
  readonly spikes: number;
}

/** What this build of the core exports beside the others (assembly/ungated.ts). */
interface UngatedExports {
  runUngated(periods: number): number;
  countInactivated(population: number): number;
}

const core = compileOnce(async () =>
  WebAssembly.compile(await readFile(new URL("../dist/core.ungated.wasm", import.meta.url))),
);

/** A network, and what it would do without bistable gating. */
export class UngatedComparison {
  /** The bistable network; after a comparison its levels, potentials and outputs are those of the bistable run. */
  readonly network: Network;
  readonly #core: Core;

  constructor(loaded: Core) {
    this.#core = loaded;
    this.network = new CoreNetwork(loaded, "baseline");
  }

  /**
   * Runs one input with bistable gating, then for a number of periods without it, every population integrating and firing
   * at every step, and counts the neurons that should be silent but spike.
   * @param pixels H×W×C 8-bit samples, channels last
   * @param options `periods`, 1…16777215; by default as many as an answer takes, L + 1
   * @returns one entry per bistable or synchronous population
   * @throws BsnnError `bad-input` where the samples or the periods are not such, `disposed` after `network.dispose()`
   */
  inactivatedSpikes(
    pixels: Uint8Array | Uint8ClampedArray,
    { periods = this.network.latency / this.network.phases }: { readonly periods?: number } = {},
  ): InactivatedSpikes[] {
    checkCount("periods", periods);
    this.network.run(pixels);
    const exports = this.#core.exports as unknown as UngatedExports;
    this.#core.require(exports.runUngated(periods));
    return this.network.populations
      .filter(({ kind }) => kind === "bistable" || kind === "synchronous")
      .map((info) => {
        const counts = this.#core.copyF64(exports.countInactivated(info.index), 4);
        const [inactivated, spikingInactivated, inactivatedSpikes, spikes] = counts;
        const neurons = neuronsOf(info);
        return { population: info.index, neurons, inactivated, spikingInactivated, inactivatedSpikes, spikes };
      });
  }
}

/**
 * Loads a model for comparison with its network without gating, into a build of the core of its own.
 * @param source as for `load` of the main entry
 * @throws BsnnError as `load` does
 */
export async function loadUngated(source: ModelSource): Promise<UngatedComparison> {
  const loaded = Core.instantiate(
    await core("baseline").catch((cause) => {
      throw new BsnnError("unsupported", `this engine cannot run the ungated build of the core: ${cause.message}`, {
        cause,
      });
    }),
  );
  loaded.load(await fileBytes(source));
  return new UngatedComparison(loaded);
}
