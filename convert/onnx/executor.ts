/** Executes graphs with onnxruntime-web in the thread that calls. */

import type { ExecutedGraph, Executor, GraphTensor } from "../executor.ts";
import { type InferenceSession, runtime } from "./runtime.ts";

/** What fails is thrown as well; it must not be told twice. */
const QUIET = { logSeverityLevel: 4 } as const;

/** Bytes of a constant that is not to be held twice: only dense layers have as many. */
const HUGE = 64 << 20;

/** Executes in this thread: what the thread of a `ConvertOptions.executor` does as well. */
export function openExecutor(): Executor {
  let session: InferenceSession | null = null;
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
  const release = async () => {
    const open = session;
    session = null;
    await open?.release();
  };
  const open = async (graph: ExecutedGraph) => {
    await release();
    // Optimisation can make a sound graph one that is not (a Pad fused with a pooling narrower than it).
    session = await load(graph).catch(() => load({ ...graph, optimization: "disabled" }));
  };
  const run = async (given: readonly GraphTensor[], wanted: readonly string[]) => {
    const { Tensor } = await runtime();
    if (!session) throw new Error("no graph is open");
    const { inputNames } = session;
    const feeds = given
      .filter(({ name }) => inputNames.includes(name))
      .map(({ name, dims, data }) => [name, new Tensor("float32", data as Float32Array, dims)] as const);
    const found = await session.run(Object.fromEntries(feeds), wanted, QUIET);
    return wanted.map((name) => {
      const { type, dims, data } = found[name];
      found[name].dispose();
      return { name, type, dims, data };
    });
  };
  return {
    open: (graph) => inTurn(() => open(graph)),
    run: (given, wanted) => inTurn(() => run(given, wanted)),
    release: () => inTurn(release),
  };
}

async function load({ bytes, externalData, optimization }: ExecutedGraph): Promise<InferenceSession> {
  const { InferenceSession } = await runtime();
  const huge = externalData.some(({ data }) => data.length >= HUGE);
  return InferenceSession.create(bytes, {
    executionProviders: ["wasm"],
    graphOptimizationLevel: optimization,
    externalData,
    // Packed for speed it would be held twice.
    ...(huge && { extra: { session: { disable_prepacking: "1" } } }),
    ...QUIET,
  });
}
