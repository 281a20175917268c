/** The tensors that outputs stand for: their shapes, and where each value stands in them. */

import { Key, KeyName } from "../../layout/layout.ts";
import { BsnnError } from "../error.ts";
import type { PopulationInfo } from "../types.ts";
import type { Core } from "./core.ts";

/** The tensor of one output. */
export interface OutputTensor {
  /** Sizes of the axes, the batch of one included. */
  readonly shape: readonly number[];
  /** Which element of the tensor, row-major, each value of the output is, channels last; null where they are in order. */
  readonly order: Uint32Array | null;
}

/**
 * Reads what the file says of its outputs' tensors; a batch of one, channels last, where it says nothing.
 * @param outputs in file order
 * @throws BsnnError `bad-model` where shapes or places are not those of the outputs' values
 */
export function readOutputTensors(core: Core, outputs: readonly PopulationInfo[]): OutputTensor[] {
  const shapes = numbersOf(core, Key.outputShape);
  const places = numbersOf(core, Key.outputPlace);
  let axis = 0;
  let place = 0;
  const tensors = outputs.map(({ name, height, width, channels }): OutputTensor => {
    const values = height * width * channels;
    let shape = height * width === 1 ? [1, channels] : [1, height, width, channels];
    if (shapes) {
      const rank = shapes[axis++] ?? 0;
      shape = [...shapes.subarray(axis, axis + rank)];
      axis += rank;
      if (shape.length !== rank || shape.reduce((product, n) => product * n, 1) !== values) {
        throw misfit(KeyName.outputShape, `a shape of ${values} elements`, name, `[${shape}]`);
      }
    }
    if (!places) return { shape, order: null };
    const [rows, columns, offsets] = [height, width, channels].map((count) => {
      place += count;
      return places.subarray(place - count, place);
    });
    const order = new Uint32Array(values);
    const seen = new Uint8Array(values);
    let at = 0;
    for (const y of rows) for (const x of columns) for (const c of offsets) order[at++] = y + x + c;
    for (const k of order) if (k < values) seen[k] = 1;
    if (at < values || seen.includes(0)) {
      throw misfit(KeyName.outputPlace, `another place below ${values} for every value`, name, "others");
    }
    return { shape, order };
  });
  for (const [key, found, read] of [
    [KeyName.outputShape, shapes, axis],
    [KeyName.outputPlace, places, place],
  ] as const) {
    if (found && found.length !== read) {
      throw new BsnnError(
        "bad-model",
        `key '${key}' must have ${read} elements for these outputs, found ${found.length}`,
      );
    }
  }
  return tensors;
}

/** Values of an output, channels last, in the order of its tensor. */
export function inOrder(values: Float32Array, { order }: OutputTensor): Float32Array {
  if (!order) return values;
  const ordered = new Float32Array(values.length);
  for (let k = 0; k < values.length; k++) ordered[order[k]] = values[k];
  return ordered;
}

function numbersOf(core: Core, key: Key): Uint32Array | null {
  const pointer = core.exports.keyPointer(key);
  return pointer ? core.copyU32(pointer, core.exports.keyCount(key)) : null;
}

const misfit = (key: KeyName, needed: string, name: string, found: string) =>
  new BsnnError("bad-model", `key '${key}' must give output '${name}' ${needed}, found ${found}`);
