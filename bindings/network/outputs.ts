/** The tensors that outputs stand for: their shapes, and where each value stands in them. */

import { Key, KeyName } from "../../layout/layout.ts";
import { BsnnError } from "../error.ts";
import type { Output, PopulationInfo } from "../types.ts";
import type { Core } from "./core.ts";

/** A tensor, and the outputs that hold its elements: one, or several where it joins maps. */
export interface OutputTensor {
  readonly outputs: readonly PopulationInfo[];
  /** Sizes of the axes, the batch of one included. */
  readonly shape: readonly number[];
  /** Which element, row-major, each value of the outputs is, channels last; null where they are in order. */
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
  const tensors: OutputTensor[] = [];
  let axis = 0;
  let place = 0;
  for (let first = 0; first < outputs.length; ) {
    const { name, height, width, channels } = outputs[first];
    let shape = height * width === 1 ? [1, channels] : [1, height, width, channels];
    if (shapes) {
      const rank = shapes[axis++] ?? 0;
      shape = [...shapes.subarray(axis, axis + rank)];
      axis += rank;
    }
    const size = shape.reduce((product, n) => product * n, 1);
    const joined: PopulationInfo[] = [];
    let values = 0;
    while (values < size && first < outputs.length) {
      joined.push(outputs[first]);
      values += valuesOf(outputs[first++]);
    }
    if (size === 0 || values !== size || axis > (shapes?.length ?? 0)) {
      throw misfit(
        KeyName.outputShape,
        `a shape of ${valuesOf(outputs[first - joined.length])} elements`,
        name,
        `[${shape}]`,
      );
    }
    let order: Uint32Array | null = null;
    if (places) {
      const length = joined.reduce((sum, output) => sum + output.height + output.width + output.channels, 0);
      order = orderOf(joined, places.subarray(place, place + length), size);
      place += length;
      if (!order) throw misfit(KeyName.outputPlace, `another place below ${size} for every value`, name, "others");
    }
    tensors.push({ outputs: joined, shape, order });
  }
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

const valuesOf = ({ height, width, channels }: PopulationInfo): number => height * width * channels;

/** Places of all values of some outputs; null where two have one, or one has none. */
function orderOf(outputs: readonly PopulationInfo[], places: Uint32Array, size: number): Uint32Array | null {
  const order = new Uint32Array(size);
  const seen = new Uint8Array(size);
  let from = 0;
  let at = 0;
  for (const { height, width, channels } of outputs) {
    const [rows, columns, offsets] = [height, width, channels].map((count) => {
      from += count;
      return places.subarray(from - count, from);
    });
    for (const y of rows) for (const x of columns) for (const c of offsets) order[at++] = y + x + c;
  }
  for (const k of order) if (k < size) seen[k] = 1;
  return at < size || seen.includes(0) ? null : order;
}

/** A tensor's elements, row-major, from the values of its outputs, channels last. */
export function inOrder(values: Float32Array, { order }: OutputTensor): Float32Array {
  if (!order) return values;
  const ordered = new Float32Array(values.length);
  for (let k = 0; k < values.length; k++) ordered[order[k]] = values[k];
  return ordered;
}

/** Name, height, width and channels of a tensor's output; of joined ones, which are named NAME[0] and so on, as one position. */
export function describeOutput({ outputs, shape }: OutputTensor): Omit<Output, "potentials" | "values"> {
  const [{ name, height, width, channels }] = outputs;
  if (outputs.length === 1) return { name, height, width, channels, shape };
  const all = outputs.reduce((sum, output) => sum + valuesOf(output), 0);
  return { name: name.replace(/\[0\]$/, ""), height: 1, width: 1, channels: all, shape };
}

function numbersOf(core: Core, key: Key): Uint32Array | null {
  const pointer = core.exports.keyPointer(key);
  return pointer ? core.copyU32(pointer, core.exports.keyCount(key)) : null;
}

const misfit = (key: KeyName, needed: string, name: string, found: string) =>
  new BsnnError("bad-model", `key '${key}' must give output '${name}' ${needed}, found ${found}`);
