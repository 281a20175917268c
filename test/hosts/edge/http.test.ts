/** Bodies of requests: what is read, and what is held for them meanwhile. */

import assert from "node:assert/strict";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import { Refusal, readBody } from "../../../hosts/edge/src/http.ts";

const test = suite("bodies");
const LIMIT = 2 ** 20;

/** A request whose body comes in pieces; it says how long that is if `stated` is given. */
function requestOf(pieces: readonly Uint8Array<ArrayBuffer>[], stated: number | null, ends = true): Request {
  const left = [...pieces];
  const body = new ReadableStream({
    type: "bytes",
    async pull(controller) {
      const piece = left.shift();
      if (piece) return controller.enqueue(piece.slice());
      if (!ends) return new Promise(() => {});
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
  const headers: Record<string, string> = stated === null ? {} : { "content-length": String(stated) };
  return new Request("http://a/", { method: "POST", headers, body, duplex: "half" } as RequestInit);
}

test("bodies of every length are read whole, whether that is stated or not", async () => {
  for (const length of [0, 1, 100, 16383, 16384, 16385, 32769, 70_000, LIMIT - 1, LIMIT]) {
    const whole = Uint8Array.from({ length }, (_, i) => i * 7);
    for (const size of [1000, 16385, LIMIT]) {
      const pieces = Array.from({ length: Math.ceil(length / size) }, (_, i) => whole.slice(i * size, (i + 1) * size));
      for (const stated of [null, length]) {
        const read = await readBody(requestOf(pieces, stated), LIMIT);
        assert.ok(Buffer.from(whole).equals(read), `${length} bytes in pieces of ${size}, stated ${stated}`);
      }
    }
  }
});

test("what is longer than it may be is refused", async () => {
  for (const stated of [null, LIMIT + 1]) {
    const pieces = Array.from({ length: 2 ** 6 + 1 }, () => new Uint8Array(2 ** 14));
    await assert.rejects(readBody(requestOf(pieces, stated), LIMIT), (error) => {
      return error instanceof Refusal && error.status === 413;
    });
  }
});

test("memory is held for what has come, not for what is stated", async () => {
  const before = process.memoryUsage().arrayBuffers;
  const reads = Array.from({ length: 50 }, () => readBody(requestOf([new Uint8Array(10)], LIMIT, false), LIMIT));
  await wait(20);
  const held = process.memoryUsage().arrayBuffers - before;
  assert.ok(held < 50 * 2 ** 16, `${held} bytes for ${reads.length} bodies`);
});

test.run();
