/** Program: many inferences with one network, in both modes, watching linear memory and the JS heap. Needs --expose-gc. */
import { Random } from "../../models/drawn/random.ts";
import { slope } from "../statistics.ts";
import { answer } from "./answer.ts";
import { hostOf, loadModel } from "./host.ts";
import type { Endurance, EndurancePlan } from "./plan.ts";

/** Looks at the heap. */
const LOOKS = 20;

async function endure({ model, core, inferences }: EndurancePlan): Promise<Endurance> {
  const network = await loadModel(hostOf({ baseline: core, relaxed: core }), model, "baseline");
  const { height, width, channels } = network.input;
  const random = new Random(1);
  const inputs = Array.from({ length: 16 }, () =>
    Uint8Array.from({ length: height * width * channels }, () => Math.floor(random.uniform(0, 256))),
  );
  const run = (n: number) => network.run(inputs[n % inputs.length], { mode: n % 2 === 0 ? "period" : "step" });
  // What is planned at the first use belongs to loading.
  run(0);
  run(1);
  const memoryBefore = network.memory;
  const heap: number[] = [];
  for (let n = 0; n < inferences; n++) {
    run(n);
    if ((n + 1) % Math.ceil(inferences / LOOKS) !== 0) continue;
    globalThis.gc!();
    heap.push(process.memoryUsage().heapUsed);
  }
  const heapTrend = slope(heap.slice(heap.length / 2)) * LOOKS;
  return { inferences, memoryBefore, memoryAfter: network.memory, heap, heapTrend };
}

await answer(endure);
