/** The worker of a pool, and of a network with several threads, on Node and Bun. */
import { parentPort } from "node:worker_threads";
import { serve } from "./pool/serve.ts";

parentPort!.on(
  "message",
  serve((message, transfer) => parentPort!.postMessage(message, transfer)),
);
