/** A worker of the web as others see workers. */
import type { WorkerHandle } from "./messages.ts";

/** A worker of the web as those see it who have started it. */
export function webWorker(worker: Worker): WorkerHandle {
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    listen: (said, died) => {
      worker.onmessage = ({ data }) => said(data);
      worker.onmessageerror = () => died("a message could not be read");
      worker.onerror = (event) => {
        // Some hosts end the whole program otherwise.
        event.preventDefault();
        died(event.message ?? "worker.js of the package could not be loaded; it belongs beside the script");
      };
    },
    terminate: () => worker.terminate(),
  };
}
