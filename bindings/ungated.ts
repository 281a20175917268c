/** The same network with and without bistable gating, where files are read: a measure of what gating is for. */
import { readFile } from "node:fs/promises";
import { compileOnce } from "./load/cache.ts";
import { fileBytes } from "./load/file.ts";
import { chooseCore, type Host } from "./load/load.ts";
import type { Core } from "./network/core.ts";
import { CoreNetwork, checkCount, neuronsOf } from "./network/network.ts";
import type { FileSource, Network, Samples } from "./types.ts";

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

/** A network, and what it would do without bistable gating. */
export interface UngatedComparison {
  /** The bistable network; after a comparison its levels, potentials and outputs are those of the bistable run. */
  readonly network: Network;
  /**
   * Runs one input with bistable gating, then for a number of periods without it, every population integrating and firing
   * at every step, and counts the neurons that should be silent but spike.
   * @param samples H×W×C 8-bit samples, channels last
   * @param options `periods`, 1…16777215; by default as many as an answer takes, L + 1
   * @returns one entry per bistable or synchronous population
   * @throws BsnnError `bad-input` where the samples or the periods are not such, `disposed` after `dispose`
   */
  inactivatedSpikes(samples: Samples, options?: { readonly periods?: number }): InactivatedSpikes[];
  /** Releases the core, the network's too. */
  dispose(): void;
}

/** What this build of the core exports beside the others (assembly/ungated.ts). */
type UngatedCore = Core & {
  readonly exports: { runUngated(periods: number): number; countInactivated(population: number): number };
};

/** The baseline build with the comparison beside it; there is no relaxed one. */
const host: Host = {
  core: compileOnce(async () =>
    WebAssembly.compile(await readFile(new URL("../dist/core.ungated.wasm", import.meta.url))),
  ),
  bytes: fileBytes,
};

class CoreComparison implements UngatedComparison {
  readonly network: Network;
  #core: UngatedCore | null;

  constructor(core: UngatedCore) {
    this.#core = core;
    this.network = new CoreNetwork(core, "baseline");
  }

  inactivatedSpikes(
    samples: Samples,
    { periods = this.network.latency / this.network.phases }: { readonly periods?: number } = {},
  ): InactivatedSpikes[] {
    checkCount("periods", periods);
    // Of a comparison that has been disposed of the network refuses to run.
    this.network.run(samples);
    const core = this.#core!;
    core.require(core.exports.runUngated(periods));
    return this.network.populations
      .filter(({ kind }) => kind === "bistable" || kind === "synchronous")
      .map((info) => {
        const counts = core.copyF64(core.exports.countInactivated(info.index), 4);
        const [inactivated, spikingInactivated, inactivatedSpikes, spikes] = counts;
        const neurons = neuronsOf(info);
        return { population: info.index, neurons, inactivated, spikingInactivated, inactivatedSpikes, spikes };
      });
  }

  dispose(): void {
    this.network.dispose();
    this.#core = null;
  }
}

/**
 * Loads a model for comparison with its network without gating, into a build of the core of its own.
 * @param source as for `load` of the main entry
 * @throws BsnnError as `load` does
 */
export async function loadUngated(source: FileSource): Promise<UngatedComparison> {
  const { core } = await chooseCore(host, { build: "baseline" });
  core.load(await host.bytes(source, { maxBytes: 2 ** 31 }), 2 ** 31);
  return new CoreComparison(core as UngatedCore);
}
