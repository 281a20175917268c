/** What a runtime's inspector says of an isolate's memory. */

import { createRequire } from "node:module";
import { join } from "node:path";
import { RUNTIMES } from "./folders.ts";

/** JavaScript's memory of an isolate, the buffers that it holds included, bytes. WebAssembly's is told apart by some runtimes only. */
export interface Heap {
  readonly used: number;
  readonly total: number;
}

interface Socket extends EventTarget {
  send(text: string): void;
  close(): void;
}

/** How long the inspector may take: one that has lost its isolate never answers. */
const INSPECTOR_MS = 10_000;

/** Asks an isolate once. */
async function ask(inspector: URL): Promise<Heap> {
  const WebSocket = createRequire(join(RUNTIMES, "x.js"))("ws") as new (address: URL) => Socket;
  const socket = new WebSocket(inspector);
  const happens = (event: string): Promise<Event> =>
    new Promise((resolve, reject) => {
      const fail = (why: string) => () => reject(new Error(`the inspector ${why}`));
      const late = setTimeout(fail("does not answer"), INSPECTOR_MS);
      for (const [name, why] of [
        ["error", "failed"],
        ["close", "hung up"],
      ]) {
        socket.addEventListener(name, fail(why), { once: true });
      }
      socket.addEventListener(
        event,
        (happened) => {
          clearTimeout(late);
          resolve(happened);
        },
        { once: true },
      );
    });
  await happens("open");
  socket.send(JSON.stringify({ id: 1, method: "Runtime.getHeapUsage" }));
  const { data } = (await happens("message")) as MessageEvent<string>;
  socket.close();
  const { usedSize, totalSize, backingStorageSize = 0 } = JSON.parse(data).result;
  return { used: usedSize + backingStorageSize, total: totalSize + backingStorageSize };
}

/** Asks an isolate, again where the inspector lost the first question. */
export async function heapOf(inspector: URL): Promise<Heap> {
  return ask(inspector).catch(() => ask(inspector));
}
