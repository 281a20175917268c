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

/** Asks an isolate once. @param methods of the inspector, one after the other; the last one's result is given */
async function ask<Result>(inspector: URL, ...methods: readonly string[]): Promise<Result> {
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
  let result: unknown;
  for (const [id, method] of methods.entries()) {
    socket.send(JSON.stringify({ id, method }));
    const { data } = (await happens("message")) as MessageEvent<string>;
    const answer = JSON.parse(data) as { result?: unknown; error?: { message: string } };
    if (answer.error) throw new Error(`the inspector refused ${method}: ${answer.error.message}`);
    result = answer.result;
  }
  socket.close();
  return result as Result;
}

/** An inspector hangs up on the first that asks when a second does. */
let last: Promise<unknown> = Promise.resolve();

/** Asks an isolate when nobody else does, again where the inspector lost the question. */
function askInTurn<Result>(inspector: URL, ...methods: readonly string[]): Promise<Result> {
  const asked = () => ask<Result>(inspector, ...methods);
  const answer = last.then(() => asked().catch(asked));
  last = answer.catch(() => {});
  return answer;
}

interface Usage {
  readonly usedSize: number;
  readonly totalSize: number;
  readonly backingStorageSize?: number;
}

export async function heapOf(inspector: URL): Promise<Heap> {
  const { usedSize, totalSize, backingStorageSize = 0 } = await askInTurn<Usage>(inspector, "Runtime.getHeapUsage");
  return { used: usedSize + backingStorageSize, total: totalSize + backingStorageSize };
}

/** Has an isolate collect its garbage, twice: what is let go of by the first is collected by the second. */
export async function collectGarbage(inspector: URL): Promise<void> {
  const collect = "HeapProfiler.collectGarbage";
  await askInTurn(inspector, collect, collect);
}
