/** The network, in a module worker: the page never waits for it. */

import { load } from "bsnn";
import type { FromWorker, ToWorker } from "./messages.ts";

const tell = (message: FromWorker): void => postMessage(message);
const failed = (error: unknown): void => tell({ kind: "failed", message: String(error) });

const network = load(new URL("digits.bsnn.gguf", location.href));
network.then(({ name, build }) => tell({ kind: "ready", name, build }), failed);

addEventListener("message", async ({ data }: MessageEvent<ToWorker>) => {
  try {
    const loaded = await network;
    const begin = performance.now();
    const classes = loaded.classify(data, { top: loaded.labels.length });
    tell({ kind: "answer", classes, steps: loaded.latency, ms: performance.now() - begin });
  } catch (error) {
    failed(error);
  }
});
