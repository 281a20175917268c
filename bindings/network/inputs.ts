/** Several inputs of one network: what the file says of them, and where their samples lie in the input population (docs/format.md). */

import { Key, KeyName } from "../../layout/layout.ts";
import { mustBe, readNumbers } from "../arguments.ts";
import { BsnnError } from "../error.ts";
import { arrayLength, bytesOf, shown } from "../kinds.ts";
import type { Inputs, NamedInputInfo, PopulationInfo } from "../types.ts";
import type { Core } from "./core.ts";
import { partsOf, requireSamples } from "./samples.ts";

/** An input, and where its values lie. */
interface Place {
  readonly info: NamedInputInfo;
  /** First channel in the population, and values at a position. */
  readonly first: number;
  readonly each: number;
}

/** Numbers of `bsnn.inputs.place` for an input. */
const NUMBERS = 6;

/** The several inputs of a network. */
export class SeveralInputs {
  readonly infos: readonly NamedInputInfo[];
  /** The neuron of the input population that holds each sample. */
  readonly #places: Uint32Array;
  /** Samples of the population; those that no input has are the zero point. */
  readonly #map: Uint8Array;

  constructor(places: readonly Place[], population: PopulationInfo, zeroPoint: Uint32Array) {
    this.infos = places.map(({ info }) => info);
    this.#places = neuronsOf(places, population);
    const { height, width, channels } = population;
    this.#map = new Uint8Array(height * width * channels);
    for (let at = 0; at < this.#map.length; at += channels) this.#map.set(zeroPoint, at);
  }

  /**
   * Samples of all inputs, one after the other.
   * @param given an array for each, in order or by name, or one array of them all
   * @throws BsnnError `bad-input` that names the input where they are none
   */
  collect(given: Inputs): Uint8Array {
    const { infos } = this;
    const all = new Uint8Array(this.#places.length);
    const parts = partsOf(given);
    if (!parts) {
      requireSamples(given);
      const found = arrayLength(given);
      const supported = `${all.length} samples, those of ${this.#listed}, or an array for each`;
      if (found !== all.length) throw mustBe("samples", supported, found);
      return bytesOf(given).slice();
    }
    let at = 0;
    for (const [k, samples] of this.#inOrder(parts).entries()) {
      const { name, height, width, channels } = infos[k];
      const count = height * width * channels;
      const what = `samples of '${name}'`;
      requireSamples(samples, what);
      const found = arrayLength(samples);
      if (found !== count) throw mustBe(what, `${height}×${width}×${channels} = ${count} samples`, found);
      all.set(bytesOf(samples), at);
      at += count;
    }
    return all;
  }

  /** The samples of the population, until the next call. */
  mapOf(samples: Uint8Array): Uint8Array {
    for (let k = 0; k < samples.length; k++) this.#map[this.#places[k]] = samples[k];
    return this.#map;
  }

  /**
   * Encodes real values of an input.
   * @param which its index or name
   * @throws BsnnError `bad-input` where there is no such input, or it takes samples
   */
  encode(values: ArrayLike<number>, which: number | string | undefined): Uint8Array {
    const info = this.infos.find(({ name }, k) => which === name || which === k);
    if (!info) throw mustBe("input", `one of ${this.#listed}, or its index`, which);
    const { name, range, signed, height, width, channels } = info;
    if (!range) {
      throw new BsnnError("bad-input", `input '${name}' takes 8-bit samples: it has no range of real values to encode`);
    }
    const own = signed ? channels / 2 : channels;
    const [lo, hi] = range;
    const most = Math.max(Math.abs(lo), Math.abs(hi));
    const samples = new Uint8Array(height * width * channels);
    readNumbers(`values of '${name}' to encode`, values, height * width * own).forEach((x, k) => {
      if (!signed) {
        samples[k] = sampleOf((x - lo) / (hi - lo));
        return;
      }
      const at = k + Math.floor(k / own) * own;
      samples[at] = sampleOf(x / most);
      samples[at + own] = sampleOf(-x / most);
    });
    return samples;
  }

  get #listed(): string {
    return this.infos.map(({ name }) => `'${name}'`).join(", ");
  }

  #inOrder(parts: readonly unknown[] | ReadonlyMap<string, unknown>): readonly unknown[] {
    const { infos } = this;
    if (!(parts instanceof Map)) {
      const list = parts as readonly unknown[];
      if (list.length === infos.length) return list;
      throw mustBe("samples", `an array for each input, ${this.#listed}`, list.length);
    }
    for (const name of parts.keys()) {
      if (infos.every((info) => info.name !== name)) throw mustBe("input", `one of ${this.#listed}`, name);
    }
    return infos.map(({ name }) => {
      if (parts.has(name)) return parts.get(name);
      throw new BsnnError("bad-input", `samples of '${name}' are missing; the network has the inputs ${this.#listed}`);
    });
  }
}

/** round(255·x), ties up, x cut to 0…1 (NaN to 0). */
const sampleOf = (x: number): number => (x > 0 ? Math.floor(255 * Math.min(x, 1) + 0.5) : 0);

/** A map of its own within the population's. */
interface PlacedMap {
  readonly info: Pick<NamedInputInfo, "height" | "width" | "channels" | "signed">;
  readonly first: number;
  readonly each: number;
}

/** The neuron of the input population that holds each sample of several inputs, one input after the other. */
export function neuronsOf(
  places: readonly PlacedMap[],
  { width, channels }: Pick<PopulationInfo, "width" | "channels">,
): Uint32Array {
  const size = places.reduce((sum, { info }) => sum + info.height * info.width * info.channels, 0);
  const neurons = new Uint32Array(size);
  let at = 0;
  for (const { info, first, each } of places) {
    const values = info.signed ? info.channels / 2 : info.channels;
    for (let y = 0; y < info.height; y++) {
      for (let x = 0; x < info.width; x++) {
        for (let k = 0; k < info.channels; k++) {
          const value = k % values;
          const position = y * width + x + Math.floor(value / each);
          neurons[at++] = position * channels + first + (value % each) + (k < values ? 0 : each);
        }
      }
    }
  }
  return neurons;
}

/**
 * Reads what a file says of several inputs; null where it has one.
 * @param common of all inputs alike
 * @throws BsnnError `bad-model` where it cannot be meant
 */
export function readSeveral(
  core: Core,
  population: PopulationInfo,
  common: Pick<NamedInputInfo, "coding" | "fit" | "preprocessing">,
): SeveralInputs | null {
  const { exports } = core;
  const pointers = [Key.inputsName, Key.inputsPlace, Key.inputsRange].map((key) => exports.keyPointer(key) >>> 0);
  if (pointers.every((pointer) => pointer === 0)) return null;
  const count = exports.keyCount(Key.inputsName);
  if (count < 2) throw misfit(KeyName.inputsName, "must name two inputs or more");
  const names = textsAt(core, pointers[0], count);
  if (new Set(names).size !== count) throw misfit(KeyName.inputsName, "must name each input otherwise");
  for (const [key, name, each] of [
    [Key.inputsPlace, KeyName.inputsPlace, NUMBERS],
    [Key.inputsRange, KeyName.inputsRange, 2],
  ] as const) {
    const found = exports.keyCount(key);
    if (found !== each * count) throw misfit(name, `must have ${each * count} elements, found ${found}`);
  }
  const numbers = core.copyU32(pointers[1], NUMBERS * count);
  const ranges = core.copyF64(pointers[2], 2 * count);
  const { fit, coding } = common;
  const places = names.map((name, k): Place => {
    const [height, width, values, first, each, pair] = numbers.subarray(NUMBERS * k, NUMBERS * (k + 1));
    const [lo, hi] = ranges.subarray(2 * k, 2 * k + 2);
    const isReal = lo !== 0 || hi !== 0;
    if (isReal && !(lo < hi && Number.isFinite(hi - lo))) {
      throw misfit(KeyName.inputsRange, `must be lo < hi of '${name}', found ${lo}, ${hi}`);
    }
    const signed = pair === 1;
    if (signed && !isReal) throw misfit(KeyName.inputsRange, `must give '${name}' a range, since it has ON/OFF pairs`);
    const own = isReal
      ? { preprocessing: null, range: [lo, hi] as const }
      : { ...ofImage(common, first, values), fit: fit! };
    return {
      info: { name, height, width, channels: signed ? 2 * values : values, coding, signed, ...own },
      first,
      each,
    };
  });
  requirePlaces(places, numbers, population);
  const zeroPoint = core.copyU32(exports.keyPointer(Key.zeroPoint), population.channels);
  return new SeveralInputs(places, population, zeroPoint);
}

/** The preprocessing of some channels. */
function ofImage({ preprocessing }: Pick<NamedInputInfo, "preprocessing">, first: number, count: number) {
  if (!preprocessing) return { preprocessing };
  const { mean, std } = preprocessing;
  const own = (values: readonly number[]) => values.slice(first, first + count);
  return { preprocessing: { ...preprocessing, mean: own(mean), std: own(std) } };
}

/** @throws BsnnError `bad-model` where inputs do not lie beside one another in the population */
function requirePlaces(places: readonly Place[], numbers: Uint32Array, population: PopulationInfo): void {
  let free = 0;
  for (const [k, { info, first, each }] of places.entries()) {
    const { name, height, width, channels, signed } = info;
    const values = signed ? channels / 2 : channels;
    const isSpread = height * width === 1 && each < values;
    const positions = isSpread ? Math.ceil(values / each) : 1;
    const sound =
      Math.min(height, width, values, each) >= 1 &&
      numbers[NUMBERS * k + 5] <= 1 &&
      (isSpread || each === values) &&
      height <= population.height &&
      width <= population.width &&
      positions <= population.height * population.width &&
      first >= free;
    free = first + (signed ? 2 * each : each);
    if (!sound || free > population.channels) {
      throw misfit(KeyName.inputsPlace, `does not place '${name}' in the input population, after what is before it`);
    }
  }
}

function misfit(key: KeyName, what: string): BsnnError {
  return new BsnnError("bad-model", `key '${key}' ${what}`);
}

/** Texts of an array of the file, each after its length. */
function textsAt(core: Core, pointer: number, count: number): string[] {
  const view = new DataView(core.exports.memory.buffer);
  let at = pointer;
  return Array.from({ length: count }, () => {
    const length = view.getUint32(at, true);
    const text = core.text(at + 8, length);
    at += 8 + length;
    return text;
  });
}

/** Copies samples, however many inputs they are for: what the caller does with his own later does not matter. */
export function copyInputs(given: Inputs): Inputs {
  const parts = partsOf(given);
  const copy = (samples: unknown, what?: string) => {
    requireSamples(samples, what);
    return bytesOf(samples).slice();
  };
  if (!parts) return copy(given);
  if (!(parts instanceof Map)) return (parts as readonly unknown[]).map((part, k) => copy(part, `samples[${k}]`));
  return Object.fromEntries([...parts].map(([name, part]) => [name, copy(part, `samples of '${shown(name)}'`)]));
}
