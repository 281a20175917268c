/** The preprocessing that a model file states. The core has no use for it, so it is checked here. */

import { Key, KeyName } from "../../layout/layout.ts";
import { BsnnError } from "../error.ts";
import { FITS } from "../fits.ts";
import type { Fit, Preprocessing } from "../types.ts";
import type { Core } from "./core.ts";

/**
 * Reads what was folded into the weights; what the file leaves out changes nothing (scale 1, mean 0, std 1).
 * @param channels of the input
 * @returns mean and std per channel; null where the file states nothing
 * @throws BsnnError `bad-model` where it has another number of values, or some that cannot be computed with
 */
export function readPreprocessing(core: Core, channels: number): Preprocessing | null {
  const { exports } = core;
  const order = core.text(exports.keyPointer(Key.channelOrder), exports.keyCount(Key.channelOrder));
  const scale = exports.keyPointer(Key.scale);
  const mean = readValues(core, Key.mean, KeyName.mean, channels);
  const std = readValues(core, Key.std, KeyName.std, channels);
  if (!scale && !mean && !std && !order) return null;
  return {
    scale: scale ? checked(KeyName.scale, core.copyF64(scale, 1)[0]) : 1,
    mean: mean ?? new Array(channels).fill(0),
    std: std ?? new Array(channels).fill(1),
    channelOrder: order === "bgr" ? "bgr" : "rgb",
  };
}

/**
 * How images of another size are fitted; `stretch` where the file states nothing.
 * @throws BsnnError `bad-model` where it states anything else than one of the ways there are
 */
export function readFit(core: Core): Fit {
  const { exports } = core;
  if (!exports.keyPointer(Key.fit)) return "stretch";
  const found = core.text(exports.keyPointer(Key.fit), exports.keyCount(Key.fit));
  const fit = FITS.find((known) => known === found);
  if (fit) return fit;
  throw new BsnnError("bad-model", `key '${KeyName.fit}' must be one of ${FITS.join(", ")}, found '${found}'`);
}

function readValues(core: Core, key: Key, name: KeyName, channels: number): number[] | null {
  const pointer = core.exports.keyPointer(key);
  if (!pointer) return null;
  const count = core.exports.keyCount(key);
  if (count !== channels) {
    const needed = `must have ${channels} elements, one per channel of the input`;
    throw new BsnnError("bad-model", `key '${name}' ${needed}, found ${count}`);
  }
  return Array.from(core.copyF64(pointer, count), (value) => checked(name, value));
}

function checked(name: KeyName, value: number): number {
  if (Number.isFinite(value) && (value !== 0 || name === KeyName.mean)) return value;
  const needed = name === KeyName.mean ? "finite" : "finite and not 0";
  throw new BsnnError("bad-model", `key '${name}' must be ${needed}, found ${value}`);
}
