/** The thread that executes the original network of a conversion: does what it is sent, in order. */

import { parentPort } from "node:worker_threads";
import { type ExecutedGraph, type GraphTensor, openExecutor } from "../../../convert/index.ts";

/** What it is asked for. */
export type Asked =
  | { readonly open: ExecutedGraph }
  | { readonly run: readonly GraphTensor[]; readonly wanted: readonly string[] }
  | { readonly release: true };

/** Its answers, in the order of what was asked. */
export type Answer = { readonly tensors: readonly GraphTensor[] } | { readonly failure: string };

const executor = openExecutor();

async function answer(asked: Asked): Promise<readonly GraphTensor[]> {
  if ("run" in asked) return executor.run(asked.run, asked.wanted);
  await ("open" in asked ? executor.open(asked.open) : executor.release());
  return [];
}

let last: Promise<void> = Promise.resolve();

parentPort?.on("message", (asked: Asked) => {
  const found = answer(asked).then(
    (tensors): Answer => ({ tensors }),
    (error): Answer => ({ failure: error instanceof Error ? error.message : String(error) }),
  );
  last = last.then(async () => {
    const told = await found;
    const moved = "tensors" in told ? told.tensors.map(({ data }) => (data as Float32Array).buffer as ArrayBuffer) : [];
    parentPort!.postMessage(told, [...new Set(moved)]);
  });
});
// Says that it has started.
parentPort?.postMessage({ tensors: [] } satisfies Answer);
