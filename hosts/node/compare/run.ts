/** Measures methods on inputs: what is not kept yet is run, and single populations are looked at. */
import { createHash } from "node:crypto";
import type { LabNetwork } from "../../../bindings/lab.ts";
import type { Item } from "../data/inputs.ts";
import type { Original } from "../networks/original.ts";
import type { Progress } from "../report/progress.ts";
import { argmax } from "../report/scores.ts";
import type { Crew } from "./crew.ts";
import type { Kept, Row } from "./keep.ts";
import { LayerSums, type Layers } from "./layers.ts";
import type { Reading } from "./measure.ts";
import { type Method, type MethodName, type Run, rowOf } from "./methods.ts";
import type { Networks } from "./networks.ts";

/** Inputs that are measured before the clock is looked at. */
const ROUND = 10;
/** How much is measured. */
export interface Extent {
  /** ms after which no further round begins; null for all inputs. */
  readonly time: number | null;
  /** Inputs on which settings are measured that are not the best. */
  readonly beside: number;
}

/** An input that has been measured. */
export interface Measured {
  readonly item: Item;
  /** By its samples and its label. */
  readonly key: string;
  /** The original's answer. */
  readonly ann: Float32Array;
}

export interface Means {
  readonly kept: Kept;
  readonly networks: Networks;
  readonly crew: Crew;
  readonly progress: Progress;
  /** The original's answer. */
  answer(samples: Uint8Array): Promise<Float32Array>;
}

/**
 * Runs what is not kept yet.
 * @returns the inputs of which everything has been measured
 */
export async function measureAll(
  methods: readonly Method[],
  items: readonly Item[],
  { kept, networks, crew, progress, answer }: Means,
  { time, beside }: Extent,
): Promise<Measured[]> {
  const unique = (runs: readonly Run[]) => [...new Map(runs.map((run) => [run.id, run])).values()];
  const runs = unique(methods.flatMap((method) => method.runs));
  const others = unique(methods.flatMap((method) => method.others));
  // Converting is not measuring.
  for (const { network } of [...runs, ...others]) await networks.path(network);
  const total = runs.length * items.length + others.length * Math.min(beside, items.length);
  const begin = performance.now();
  const measured: Measured[] = [];
  let done = 0;
  const tell = () => {
    done++;
    if (time === null) progress.update("compare", done, total);
    else progress.update("compare, s", Math.round(Math.min(performance.now() - begin, time) / 1000), time / 1000);
  };
  for (const round of rounds(await inOrder(items, kept))) {
    const over = time !== null && measured.length > 0 && performance.now() - begin >= time;
    const inputs = await Promise.all(round.map(async ({ item, key }) => ({ item, key, samples: await item.read() })));
    const planned = [
      ...runs.flatMap((own) => inputs.map((input) => ({ own, input }))),
      ...others.flatMap((own) =>
        inputs.slice(0, Math.max(0, beside - measured.length)).map((input) => ({ own, input })),
      ),
    ];
    const open = planned.filter(({ own, input }) => !kept.row(rowOf(own), input.key));
    // What is kept takes no time.
    if (over && open.length > 0) break;
    const answers = new Map<string, Float32Array>();
    for (const { key, samples } of inputs) answers.set(key, await answer(samples));
    done += planned.length - open.length;
    const underWay: Promise<void>[] = [];
    for (const { own, input } of open) {
      const { key, samples, item } = input;
      const path = await networks.path(own.network);
      const work = crew.measure(path, own, samples).then(async (reading) => {
        await kept.add(compared(rowOf(own), key, reading, answers.get(key)!, item.label));
        tell();
      });
      // It is waited for below.
      work.catch(() => {});
      underWay.push(work);
      if (underWay.length >= crew.most) await underWay.shift();
    }
    await Promise.all(underWay);
    for (const { item, key } of inputs) measured.push({ item, key, ann: answers.get(key)! });
  }
  return measured;
}

/** Those first of which most is kept; else so that those that come first, however many, are spread over all. */
async function inOrder(items: readonly Item[], kept: Kept): Promise<{ item: Item; key: string }[]> {
  const keyed: { item: Item; key: string }[] = [];
  for (const item of scattered(items)) keyed.push({ item, key: keyOf(await item.read(), item.label) });
  return keyed.sort((a, b) => kept.rowsOf(b.key) - kept.rowsOf(a.key));
}

function rounds<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / ROUND) }, (_, k) => all.slice(k * ROUND, (k + 1) * ROUND));
}

/** In an order in which those that come first, however many, are spread over all. */
export function scattered<T>(all: readonly T[]): T[] {
  const golden = (Math.sqrt(5) - 1) / 2;
  return all
    .map((value, k) => ({ value, at: (k * golden) % 1 }))
    .sort((a, b) => a.at - b.at)
    .map(({ value }) => value);
}

function keyOf(samples: Uint8Array, label: number | null): string {
  return `${createHash("sha256").update(samples).digest("hex").slice(0, 16)}-${label ?? ""}`;
}

function compared(run: string, image: string, reading: Reading, ann: Float32Array, label: number | null): Row {
  const expected = argmax(ann);
  const squared = (values: Float32Array) => values.reduce((sum, value, k) => sum + (value - ann[k]) ** 2, 0);
  return {
    run,
    image,
    right: reading.logits.map((logits) => (label === null ? null : Number(argmax(logits) === label))),
    same: reading.logits.map((logits) => Number(argmax(logits) === expected)),
    error: reading.logits.map(squared),
    reference: ann.reduce((sum, value) => sum + value * value, 0),
    spikes: reading.spikes,
    operations: reading.operations,
    inputOperations: reading.inputOperations,
    milliseconds: reading.milliseconds,
  };
}

/** Of several settings the one that comes nearest to the gated network: `exact`, or else the longest delay. */
const lookedAt = (runs: readonly Run[]): Run => runs.find(({ label }) => label === "exact") ?? runs.at(-1)!;

/** Looks at single populations, with each method's run on the network of the file. */
export async function lookAtLayers(
  methods: readonly Method[],
  items: readonly Item[],
  original: Original,
  network: LabNetwork,
  networks: Networks,
  onDone: (done: number, total: number) => void,
): Promise<Map<MethodName, Layers>> {
  const chosen = methods
    .filter(({ name }) => name !== "presentations" && name !== "quantised-ann" && name !== "few-spikes")
    .map(({ name, runs }) => ({
      name,
      run: lookedAt(runs.filter((run) => run.network === networks.own)),
    }));
  const sums = chosen.map(({ run }) => new LayerSums(network, run));
  const byName = new Map(original.populations.map((population) => [population.name, population]));
  // The original has no second neurons.
  const looked = (sums[0]?.populations ?? []).map((index) => {
    const { name } = network.populations[index];
    return byName.get(name) ?? byName.get(name.replace(/@pair$/, ""))!;
  });
  for (const [k, item] of items.entries()) {
    const samples = await item.read();
    const values = await original.run(samples, looked);
    const activations = values.map((own, i) => {
      const { ceiling } = looked[i];
      return own.map((value) => Math.min(Math.max(value, 0), ceiling));
    });
    for (const sum of sums) sum.add(samples, activations);
    onDone(k + 1, items.length);
  }
  return new Map(chosen.map(({ name }, k) => [name, sums[k].layers()]));
}
