/** The worker of a pool, and of a network with several threads, where workers are the web's: browsers and Deno. */
import type { ToWorker } from "./pool/messages.ts";
import { serve } from "./pool/serve.ts";

/** What a worker finds as its global object, which the types of a page do not know. */
interface WorkerScope {
  postMessage(message: unknown, transfer: Transferable[]): void;
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
}

const scope = globalThis as unknown as WorkerScope;
const hear = serve((message, transfer) => scope.postMessage(message, transfer));
scope.onmessage = ({ data }) => {
  void hear(data);
};
