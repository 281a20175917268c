/** What a preprocessing may have been meant to be: common mistakes, undone. */

import type { Preprocessing } from "../../../convert/preprocessing.ts";

/** Another way to read images. */
export interface Reading {
  readonly preprocessing: Preprocessing;
  /** What distinguishes it, for messages. */
  readonly what: string;
}

/** Mean and standard deviation, in units of 1/255, that data sets are usually given with; red, green, blue. */
const KNOWN = [
  { name: "ImageNet", mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  { name: "CIFAR-10", mean: [0.4914, 0.4822, 0.4465], std: [0.247, 0.2435, 0.2616] },
  { name: "MNIST", mean: [0.1307], std: [0.3081] },
] as const;

/** Mean and standard deviation per channel, samples 0…255 taken as 0…1. */
export interface Moments {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** @param inputs H×W×C samples each */
export function momentsOf(inputs: readonly Uint8Array[], channels: number): Moments {
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  let count = 0;
  for (const samples of inputs) {
    for (let k = 0; k < samples.length; k++) {
      const value = samples[k] / 255;
      sums[k % channels] += value;
      squares[k % channels] += value * value;
    }
    count += samples.length / channels;
  }
  const mean = Array.from(sums, (sum) => sum / count);
  const std = Array.from(squares, (sum, c) => Math.sqrt(Math.max(sum / count - mean[c] ** 2, 0)));
  return { mean, std };
}

/** Largest mean or deviation that may be one of samples taken as 0…1. */
const MOST_OF_UNITS = 2.7;

const one = (values: readonly number[], value: number): boolean => values.every((found) => found === value);
const isLarge = (values: readonly number[]): boolean => Math.max(...values.map(Math.abs)) > MOST_OF_UNITS;
const times = (values: readonly number[], factor: number): number[] =>
  values.map((value) => Number((value * factor).toPrecision(6)));

/** All that does the same to every sample is the same. */
function effectOf({ scale, mean, std, channelOrder }: Preprocessing): string {
  const number = (value: number) => value.toPrecision(5);
  const channels = mean.map((m, c) => `${number(scale / std[c])} ${number(-m / std[c])}`);
  return channels.length === 3 ? `${channels} ${channelOrder}` : channels.join();
}

/**
 * Other preprocessing than the one given, the likeliest mistakes first: a mean of 0…255 beside a scale of 1/255 and the other way
 * round, a mean or deviation left out, a channel order left out, other usual ranges and data sets, and what the data itself would give.
 * @param given with one mean and std per channel
 * @param data moments of the inputs, in the file's channel order
 */
export function mistakes(given: Preprocessing, data: Moments): Reading[] {
  const channels = given.mean.length;
  const { scale, mean, std, channelOrder } = given;
  const found: Reading[] = [];
  const add = (what: string, changed: Partial<Preprocessing>): void => {
    found.push({ what, preprocessing: { ...given, ...changed } });
  };
  const fill = (value: number) => Array<number>(channels).fill(value);
  const unit = 1 / 255;

  if (isLarge(mean)) {
    const units = isLarge(std) ? times(std, unit) : std;
    add("a mean of samples 0…255", { scale: 1 });
    add("a mean of samples 0…255, in units of 0…1", { scale: unit, mean: times(mean, unit), std: units });
    add("a mean of samples 0…255, without a std", { scale: 1, std: fill(1) });
  } else if (isLarge(std)) add("a std of samples 0…255", { scale: unit, std: times(std, unit) });
  if (!isLarge(mean) && scale !== unit) add("samples 0…1", { scale: unit });
  if (scale !== 1) add("samples 0…255", { scale: 1 });

  const own = (values: readonly number[]) => times(channelOrder === "bgr" ? values.toReversed() : values, 1);
  const sets = [
    ...KNOWN.filter((set) => set.mean.length === channels).map((set) => ({ ...set, name: `of ${set.name}` })),
    {
      name: "of the inputs",
      mean: data.mean.map((m) => Number(m.toPrecision(3))),
      std: data.std.map((s) => Number(Math.max(s, 1e-3).toPrecision(3))),
    },
  ];
  if (one(std, 1) && !one(mean, 0) && !isLarge(mean)) {
    for (const set of sets) add(`std ${set.name}`, { scale: unit, std: own(set.std) });
  }
  if (one(mean, 0) && !one(std, 1) && !isLarge(std)) {
    for (const set of sets) add(`mean ${set.name}`, { scale: unit, mean: own(set.mean) });
  }
  for (const set of sets) {
    add(`mean and std ${set.name}`, { scale: unit, mean: own(set.mean), std: own(set.std) });
    if (set.name !== "of CIFAR-10") add(`mean ${set.name}`, { scale: unit, mean: own(set.mean), std: fill(1) });
  }
  add("samples 0…1", { scale: unit, mean: fill(0), std: fill(1) });
  add("samples 0…255", { scale: 1, mean: fill(0), std: fill(1) });
  add("samples −1…1", { scale: unit, mean: fill(0.5), std: fill(0.5) });
  add("samples −128…127", { scale: 1, mean: fill(128), std: fill(1) });
  if (channels === 3) add("mean of ImageNet, samples 0…255", { scale: 1, mean: own([123, 117, 104]), std: fill(1) });
  if (channels === 1)
    add("black and white exchanged", { scale: -scale, mean: times(mean, 1).map((m) => m - 255 * scale) });

  if (channels === 3) {
    const other = channelOrder === "rgb" ? "bgr" : "rgb";
    const swapped = (reading: Preprocessing): Preprocessing => ({
      ...reading,
      mean: reading.mean.toReversed(),
      std: reading.std.toReversed(),
      channelOrder: other,
    });
    const kept: Reading = { what: `channels in the order ${other}`, preprocessing: { ...given, channelOrder: other } };
    const plain: Reading = { what: kept.what, preprocessing: swapped(given) };
    const others = found.map(({ what, preprocessing }) => ({
      what: `${what}, channels in the order ${other}`,
      preprocessing: swapped(preprocessing),
    }));
    const unturned = found
      .filter(({ preprocessing }) => preprocessing.mean === mean || preprocessing.std === std)
      .map(({ what, preprocessing }) => ({
        what: `${what}, channels in the order ${other}`,
        preprocessing: { ...preprocessing, channelOrder: other } as Preprocessing,
      }));
    found.unshift(kept, plain);
    found.push(...unturned, ...others);
  }
  const seen = new Set([effectOf(given)]);
  return found.filter(({ preprocessing }) => {
    const effect = effectOf(preprocessing);
    if (seen.has(effect)) return false;
    seen.add(effect);
    return true;
  });
}

const list = (values: readonly number[]): string => (one(values, values[0]) ? String(values[0]) : values.join(","));

/** The options of `bsnn convert` by which one preprocessing becomes another. */
export function optionsFor(from: Preprocessing, to: Preprocessing): string {
  const options: [name: string, was: string, is: string][] = [
    ["--scale", String(from.scale), String(to.scale)],
    ["--mean", list(from.mean), list(to.mean)],
    ["--std", list(from.std), list(to.std)],
    ["--channel-order", from.channelOrder, to.channelOrder],
  ];
  // A list that is the same is given again where the channels it stands for are others.
  const moved = from.channelOrder !== to.channelOrder;
  return options
    .filter(([name, was, is]) => was !== is || (moved && is.includes(",") && name !== "--scale"))
    .map(([name, , is]) => `${name} ${is}`)
    .join(" ");
}
