/** Measures methods on inputs: what is not kept yet is run, and single populations are looked at. */
import type { LabNetwork } from "../../../bindings/lab.ts";
import type { Item } from "../data/inputs.ts";
import type { Original } from "../networks/original.ts";
import type { Progress } from "../report/progress.ts";
import { argmax } from "../report/scores.ts";
import type { Crew } from "./crew.ts";
import type { Kept, Row } from "./keep.ts";
import { LayerSums, type Layers } from "./layers.ts";
import type { Reading } from "./measure.ts";
import type { Method, MethodName } from "./methods.ts";
import type { Networks } from "./networks.ts";

function rowOf(run: string, image: number, reading: Reading, ann: Float32Array, label: number | null): Row {
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

/** Runs what is not kept yet. */
export async function measureAll(
  methods: readonly Method[],
  items: readonly Item[],
  answers: readonly Float32Array[],
  { kept, networks, crew, progress }: { kept: Kept; networks: Networks; crew: Crew; progress: Progress },
): Promise<void> {
  const runs = [...new Map(methods.flatMap((method) => method.runs.map((run) => [run.id, run]))).values()];
  const total = runs.length * items.length;
  const underWay: Promise<void>[] = [];
  let done = 0;
  for (const run of runs) {
    for (const [image, item] of items.entries()) {
      if (kept.row(run.id, image)) {
        progress.update("compare", ++done, total);
        continue;
      }
      const path = await networks.path(run.network);
      const samples = await item.read();
      const work = crew.measure(path, run, samples).then(async (reading) => {
        await kept.add(rowOf(run.id, image, reading, answers[image], item.label));
        progress.update("compare", ++done, total);
      });
      // It is waited for below.
      work.catch(() => {});
      underWay.push(work);
      if (underWay.length >= crew.most) await underWay.shift();
    }
  }
  await Promise.all(underWay);
}

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
      run: runs.find((run) => run.network === networks.own)!,
    }));
  const sums = chosen.map(({ run }) => new LayerSums(network, run));
  const populations = original.populations;
  const looked = sums[0]?.populations ?? [];
  for (const [k, item] of items.entries()) {
    const samples = await item.read();
    const values = await original.run(
      samples,
      looked.map((index) => populations[index]),
    );
    const activations = values.map((own, i) => {
      const { ceiling } = populations[looked[i]];
      return own.map((value) => Math.min(Math.max(value, 0), ceiling));
    });
    for (const sum of sums) sum.add(samples, activations);
    onDone(k + 1, items.length);
  }
  return new Map(chosen.map(({ name }, k) => [name, sums[k].layers()]));
}
