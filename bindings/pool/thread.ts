/** A thread of Node or Bun as a worker. */
import type { Worker } from "node:worker_threads";
import type { WorkerHandle } from "./messages.ts";

/** A thread as those see it who have started it. */
export function threadWorker(worker: Worker): WorkerHandle {
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen: (said, died) => {
      worker.on("message", said);
      worker.on("error", died);
      worker.on("messageerror", died);
      worker.on("exit", (code) => died(`exit code ${code}`));
    },
    terminate: () => worker.terminate(),
    release: () => worker.unref(),
  };
}
