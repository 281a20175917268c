/** The worker of a pool on Node and Bun. */
import { parentPort } from "node:worker_threads";
import { serve } from "./serve.ts";

parentPort!.on(
  "message",
  serve((message, transfer) => parentPort!.postMessage(message, transfer)),
);
