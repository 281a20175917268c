import { type Core, Key } from "./core.ts";
import { describePopulation, describeProjection } from "./describe.ts";
import { BsnnError } from "./error.ts";
import type {
  Classification,
  InputInfo,
  Network,
  Output,
  PopulationInfo,
  Preprocessing,
  ProjectionInfo,
  Result,
  RunOptions,
} from "./types.ts";

/** A loaded network: thin access to one instance of the core. */
export class CoreNetwork
  implements Pick<Network, "run" | "classify" | "levels" | "outputs" | "dispose" | "units" | "scales">
{
  readonly name: string;
  readonly phases: number;
  readonly latency: number;
  readonly build: "baseline" | "relaxed";
  readonly input: InputInfo;
  readonly labels: readonly string[];
  readonly preprocessing: Preprocessing | null;
  readonly macs: number | null;
  readonly populations: readonly PopulationInfo[];
  readonly projections: readonly ProjectionInfo[];
  readonly #deepest: number;
  #core: Core | null;
  #presentations = 1;

  constructor(core: Core, build: "baseline" | "relaxed") {
    const { exports } = core;
    this.#core = core;
    this.build = build;
    this.phases = exports.phases();
    this.#deepest = exports.deepest();
    this.latency = (this.#deepest + 1) * this.phases;
    this.name = core.text(exports.keyPointer(Key.name), exports.keyCount(Key.name));
    this.populations = Array.from({ length: exports.populationCount() }, (_, i) => describePopulation(core, i));
    this.projections = Array.from({ length: exports.projectionCount() }, (_, j) => describeProjection(core, j));
    this.labels = Array.from({ length: exports.labelCount() }, (_, i) =>
      core.text(exports.labelPointer(i), exports.labelLength(i)),
    );
    const { height, width, channels } = this.populations[0];
    const range = exports.keyPointer(Key.range);
    const [lo, hi] = range ? core.copyF64(range, 2) : [0, 0];
    this.input = {
      height,
      width,
      channels,
      coding: exports.phaseCoded() ? "phase" : "current",
      signed: exports.signedInput() !== 0,
      ...(range ? { range: [lo, hi] } : {}),
    };
    this.preprocessing = readPreprocessing(core);
    const macs = exports.keyPointer(Key.macs) >>> 0;
    this.macs = macs ? Number(new DataView(core.exports.memory.buffer).getBigUint64(macs, true)) : null;
  }

  get memory(): number {
    return this.#alive().exports.memoryUsed() >>> 0;
  }

  run(pixels: Uint8Array | Uint8ClampedArray, options: RunOptions = {}): Result {
    const core = this.#alive();
    const { presentations, carry } = checkOptions(options);
    this.#present(pixels);
    core.exports.runPeriods(presentations, Number(carry));
    this.#presentations = presentations;
    return this.#result();
  }

  classify(
    pixels: Uint8Array | Uint8ClampedArray,
    options: RunOptions & { readonly top?: number } = {},
  ): Classification[] {
    const { top = 5 } = options;
    if (!Number.isInteger(top) || top < 1) throw new BsnnError("bad-input", `top must be an integer ≥ 1, found ${top}`);
    const { logits } = this.run(pixels, options);
    const order = [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b);
    return order.slice(0, top).map((index) => ({
      index,
      label: this.labels[index] ?? String(index),
      value: logits[index],
    }));
  }

  levels(population: number | string): Uint8Array {
    const core = this.#alive();
    const { index, kind, height, width, channels, name } = this.#population(population);
    if (kind === "output") throw new BsnnError("bad-input", `population '${name}' is an output: it fires no levels`);
    return core.copyU8(core.exports.levelPointer(index), height * width * channels);
  }

  potentials(population: number | string): Int32Array {
    const core = this.#alive();
    const { index, height, width, channels } = this.#population(population);
    return core.copyI32(core.exports.potentialPointer(index), height * width * channels);
  }

  units(population: number | string): Float32Array {
    const core = this.#alive();
    const { index, kind, channels, name } = this.#population(population);
    const pointer = core.exports.unitPointer(index);
    if (!pointer)
      throw new BsnnError(
        "bad-input",
        `population '${name}' is ${kind}: only bistable and output populations have units`,
      );
    return core.copyF32(pointer, channels);
  }

  scales(population: number | string): Float32Array {
    const core = this.#alive();
    const { index, kind, channels, name } = this.#population(population);
    const pointer = core.exports.shiftPointer(index);
    if (!pointer)
      throw new BsnnError("bad-input", `population '${name}' is ${kind}: only bistable populations have scales`);
    const shifts = core.bytes(pointer, channels);
    return core.copyF32(core.exports.unitPointer(index), channels).map((unit, c) => unit * 2 ** shifts[c]);
  }

  outputs(): Output[] {
    const core = this.#alive();
    return this.populations
      .filter(({ kind }) => kind === "output")
      .map(({ index, name, height, width, channels }) => {
        const potentials = core.copyI32(core.exports.potentialPointer(index), height * width * channels);
        const units = core.copyF32(core.exports.unitPointer(index), channels);
        const values = Float32Array.from(potentials, (v, i) => (v * units[i % channels]) / this.#presentations);
        return { name, height, width, channels, potentials, values };
      });
  }

  dispose(): void {
    this.#core = null;
  }

  #alive(): Core {
    if (this.#core) return this.#core;
    throw new BsnnError("disposed", "the network has been disposed of");
  }

  #present(pixels: Uint8Array | Uint8ClampedArray): void {
    const core = this.#alive();
    const { height, width, channels } = this.input;
    const count = height * width * channels;
    if (!(pixels instanceof Uint8Array) && !(pixels instanceof Uint8ClampedArray)) {
      throw new BsnnError("bad-input", `pixels must be a Uint8Array or Uint8ClampedArray, found ${typeOf(pixels)}`);
    }
    if (pixels.length !== count) {
      throw new BsnnError(
        "bad-input",
        `pixels must be ${height}×${width}×${channels} = ${count} samples, found ${pixels.length}`,
      );
    }
    core.bytes(core.exports.samplePointer(), count).set(pixels);
  }

  #population(which: number | string): PopulationInfo {
    const found =
      typeof which === "string" ? this.populations.find(({ name }) => name === which) : this.populations[which];
    if (found) return found;
    throw new BsnnError(
      "bad-input",
      typeof which === "string"
        ? `no population is named '${which}'`
        : `population must be an index in 0…${this.populations.length - 1} or a name, found ${which}`,
    );
  }

  #result(): Result {
    const outputs = this.outputs();
    const steps = (this.#deepest + 1 + 2 * (this.#presentations - 1)) * this.phases;
    return { logits: outputs[0].values, outputs, steps };
  }
}

function typeOf(value: unknown): string {
  return value === null ? "null" : typeof value === "object" ? (value.constructor?.name ?? "object") : typeof value;
}

function checkOptions({ mode = "period", presentations = 1, carry = false }: RunOptions): Required<RunOptions> {
  if (mode !== "period" && mode !== "step") {
    throw new BsnnError("bad-input", `mode must be 'period' or 'step', found '${mode}'`);
  }
  if (!Number.isInteger(presentations) || presentations < 1 || presentations > 0xffffff) {
    throw new BsnnError("bad-input", `presentations must be an integer in 1…16777215, found ${presentations}`);
  }
  return { mode, presentations, carry };
}

function readPreprocessing(core: Core): Preprocessing | null {
  const { exports } = core;
  const array = (key: number) => [...core.copyF64(exports.keyPointer(key), exports.keyCount(key))];
  const scale = exports.keyPointer(Key.scale);
  const order = core.text(exports.keyPointer(Key.channelOrder), exports.keyCount(Key.channelOrder));
  if (!scale && !order && !exports.keyPointer(Key.mean) && !exports.keyPointer(Key.std)) return null;
  return {
    scale: scale ? core.copyF64(scale, 1)[0] : 1,
    mean: array(Key.mean),
    std: array(Key.std),
    channelOrder: order === "bgr" ? "bgr" : "rgb",
  };
}
