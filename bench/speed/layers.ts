/** Times the populations of a model one by one, in the order in which a period runs them. */
import { readFileSync } from "node:fs";
import { Core } from "../../bindings/network/core.ts";
import { CoreNetwork } from "../../bindings/network/network.ts";
import type { CoreBuild, PopulationInfo, ProjectionInfo } from "../../bindings/types.ts";
import { PopulationField, ProjectionField } from "../../layout/layout.ts";
import { quartiles } from "../statistics.ts";
import { bytesOf } from "./host.ts";
import type { BuildLayers, Layer } from "./plan.ts";

/** A projection, with what the API does not tell of it. */
interface Synapses extends ProjectionInfo {
  readonly sourceFirst: number;
  readonly sourceCount: number;
  readonly targetCount: number;
  readonly height: number;
  readonly width: number;
}

function synapsesOf(core: Core, projection: ProjectionInfo): Synapses {
  const field = (which: ProjectionField) => core.projectionField(projection.index, which);
  return {
    ...projection,
    sourceFirst: field(ProjectionField.sourceFirst),
    sourceCount: field(ProjectionField.sourceCount),
    targetCount: field(ProjectionField.targetCount),
    height: field(ProjectionField.height),
    width: field(ProjectionField.width),
  };
}

/** Multiply-accumulates of a projection, padding included; 0 into synchronous populations. */
function macsOf({ kernel, sourceCount, groups, targetCount, height, width, weightBits }: Synapses): number {
  return weightBits === 0 ? 0 : (kernel[0] * kernel[1] * sourceCount * targetCount * height * width) / groups;
}

function inWords({ kernel, stride, groups, pool, sourceCount, weightBits }: Synapses): string {
  if (weightBits === 0) return "relay";
  const pooled = pool === "none" ? "" : `${pool} pool, `;
  const strided = stride[0] * stride[1] === 1 ? "" : ` /${stride[0]}`;
  const grouped = groups === 1 ? "" : groups === sourceCount ? " depthwise" : ` in ${groups} groups`;
  return `${pooled}${kernel.join("×")}${strided}${grouped}`;
}

/** One build of the core, with one model, run population by population. */
export class LayerTimer {
  readonly build: CoreBuild;
  readonly #core: Core;
  readonly #populations: readonly PopulationInfo[];
  readonly #projections: readonly Synapses[];
  /** ms of every pass, per population. */
  readonly #times: number[][];
  /** Per projection, share of levels that are not zero, summed over the passes that were counted. */
  readonly #density: number[];
  #counted = 0;

  private constructor(build: CoreBuild, core: Core) {
    this.build = build;
    this.#core = core;
    const { populations, projections } = new CoreNetwork(core, build);
    this.#populations = populations;
    this.#projections = projections.map((projection) => synapsesOf(core, projection));
    this.#times = this.#populations.map(() => []);
    this.#density = this.#projections.map(() => 0);
  }

  static async load(build: CoreBuild, module: string, model: string): Promise<LayerTimer> {
    const core = await Core.instantiate(await WebAssembly.compile(readFileSync(module)));
    core.load(bytesOf(model));
    return new LayerTimer(build, core);
  }

  /** MACs of all projections. */
  get macs(): number {
    return this.#projections.reduce((sum, projection) => sum + macsOf(projection), 0);
  }

  /** Bytes of activations; see `Memory`. */
  get activations(): number {
    return this.#populations.reduce((sum, { kind, height, width, channels }) => {
      const bytes = kind === "synchronous" ? 0 : kind === "output" ? 4 : 1;
      return sum + bytes * height * width * channels;
    }, 0);
  }

  /** Runs one image and keeps the time of each population. */
  pass(samples: Uint8Array): void {
    this.#run(samples, (population, ms) => this.#times[population].push(ms));
  }

  /** Forgets all times. */
  forget(): void {
    for (const times of this.#times) times.length = 0;
  }

  /** Runs one image and counts the levels that are not zero. */
  count(samples: Uint8Array): void {
    this.#run(samples, () => {});
    this.#counted++;
    this.#projections.forEach((projection, j) => {
      this.#density[j] += this.#share(projection);
    });
  }

  result(): BuildLayers {
    const layers = this.#populations.map((population, i): Layer => {
      const { name, height, width, channels } = population;
      const incoming = this.#projections.filter(({ target }) => target === i);
      const macs = incoming.reduce((sum, projection) => sum + macsOf(projection), 0);
      const nonZero = incoming.reduce((sum, p) => sum + (macsOf(p) * this.#density[p.index]) / this.#counted, 0);
      return {
        name,
        shape: [height, width, channels],
        projections: incoming.map(inWords).join(" + "),
        convolution: macs > 0 && height * width > 1,
        macs,
        density: macs > 0 ? nonZero / macs : Number.NaN,
        ms: quartiles(this.#times[i]),
      };
    });
    return { build: this.build, layers };
  }

  #run(samples: Uint8Array, took: (population: number, ms: number) => void): void {
    const { exports } = this.#core;
    this.#core.bytes(exports.samples.value, samples.length).set(samples);
    let last = performance.now();
    for (let i = 0; i < this.#populations.length; i++) {
      exports.integratePopulation(i);
      const now = performance.now();
      took(i, now - last);
      last = now;
    }
  }

  /** Share of the levels that a projection reads that are not zero. */
  #share({ source, sourceFirst, sourceCount }: Synapses): number {
    const { height, width, channels } = this.#populations[source];
    const pointer = this.#core.populationField(source, PopulationField.levels);
    const levels = this.#core.bytes(pointer, height * width * channels);
    let active = 0;
    for (let at = sourceFirst; at < levels.length; at += channels) {
      for (let c = 0; c < sourceCount; c++) if (levels[at + c] !== 0) active++;
    }
    return active / (height * width * sourceCount);
  }
}
