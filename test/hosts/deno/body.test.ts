/** The bodies that the service for Deno holds never take more together than it says, however they come. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { heldBytes, MAX_BODY, MOST_HELD, Refusal, SMALL_BODY, withBody } from "../../../hosts/deno/body.ts";
import { random } from "../../support/random.ts";

/** Bytes that tell their place. */
const PATTERN = new Uint8Array(MAX_BODY + 2 ** 21).map((_, i) => i % 251);

function assertSent(answer: Uint8Array | Error, length: number): void {
  assert.ok(answer instanceof Uint8Array, String(answer));
  assert.ok(Buffer.from(answer).equals(PATTERN.subarray(0, length)), `other bytes, ${answer.length} of ${length}`);
}

/** A request whose body comes piece by piece, as the test lets it. */
class Sent {
  readonly #controller!: ReadableByteStreamController;
  /** The body's bytes, or why there are none. */
  readonly answer: Promise<Uint8Array | Error>;
  /** Lets what is done with the body end. */
  readonly release: () => void;
  length = 0;
  ended = false;

  constructor(stated?: number) {
    let begin!: ReadableByteStreamController;
    const body = new ReadableStream({
      type: "bytes",
      start(controller) {
        begin = controller;
      },
    });
    this.#controller = begin;
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.release = release;
    const headers = stated === undefined ? {} : { "content-length": String(stated) };
    const request = new Request("http://service/", { method: "POST", body, headers, duplex: "half" } as RequestInit);
    this.answer = withBody(request, async (bytes) => {
      const copy = bytes.slice();
      await released;
      return copy;
    }).catch((error: Error) => error);
    this.answer.then(() => {
      this.ended = true;
    });
  }

  async send(count: number): Promise<void> {
    this.#controller.enqueue(PATTERN.slice(this.length, this.length + count));
    this.length += count;
    await settled();
  }

  async end(): Promise<void> {
    this.#controller.close();
    // A reader that waits with a buffer of its own is told with nothing in it.
    this.#controller.byobRequest?.respond(0);
    await settled();
  }

  async breakOff(): Promise<void> {
    this.#controller.error(new TypeError("the client has gone"));
    await settled();
  }
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test("a body that grows beyond what may be held is refused, and those that are held are not", async () => {
  const all = Array.from({ length: 12 }, () => new Sent());
  const pieces = [2 ** 20 + 2 ** 17, 2 ** 20, 2 ** 20, 2 ** 20 - 2 ** 17];
  for (const size of pieces) {
    for (const one of all) {
      if (!one.ended) await one.send(size);
      assert.ok(heldBytes() <= MOST_HELD, `${heldBytes()} bytes are held, ${MOST_HELD} are allowed`);
    }
  }
  for (const one of all) {
    await one.end();
    one.release();
  }
  const answers = await Promise.all(all.map(({ answer }) => answer));
  const refused = answers.filter((answer) => answer instanceof Refusal && answer.status === 503);
  const whole = answers.filter((answer) => answer instanceof Uint8Array);
  assert.equal(refused.length + whole.length, all.length);
  assert.ok(whole.length >= 1 && whole.length <= 4, `${whole.length} were held`);
  for (const bytes of whole) assertSent(bytes, MAX_BODY);
  assert.equal(heldBytes(), 0);
});

test("four of the longest may be held at once, and short ones beside them", async () => {
  const long = Array.from({ length: 4 }, () => new Sent(MAX_BODY));
  for (const one of long) await one.send(MAX_BODY);
  assert.equal(heldBytes(), MOST_HELD);
  const fifth = new Sent();
  await fifth.send(SMALL_BODY - 1);
  await fifth.end();
  fifth.release();
  assertSent(await fifth.answer, SMALL_BODY - 1);
  const sixth = new Sent();
  await sixth.send(SMALL_BODY + 1);
  await sixth.end();
  assert.equal(((await sixth.answer) as Refusal).status, 503);
  for (const one of long) {
    await one.end();
    one.release();
    assertSent(await one.answer, MAX_BODY);
  }
  assert.equal(heldBytes(), 0);
});

test("what is too long is refused, whatever was stated, and holds nothing while it is read away", async () => {
  for (const stated of [undefined, MAX_BODY + 1, 10]) {
    const one = new Sent(stated);
    for (let i = 0; i < 5; i++) await one.send(MAX_BODY / 4);
    assert.equal(heldBytes(), 0);
    assert.ok(!one.ended, "it is read to its end");
    await one.end();
    assert.equal(((await one.answer) as Refusal).status, 413);
  }
});

test("bodies that break off give back what they held", async () => {
  const one = new Sent();
  await one.send(2 ** 20);
  assert.ok(heldBytes() > 0);
  await one.breakOff();
  assert.ok((await one.answer) instanceof TypeError);
  assert.equal(heldBytes(), 0);
});

test("bodies of every length arrive as they were sent, in whatever pieces", async () => {
  const next = random(14);
  for (const length of [0, 1, 2 ** 14 - 1, 2 ** 14, 2 ** 14 + 1, SMALL_BODY, 300_001, MAX_BODY]) {
    for (const stated of [undefined, length, Math.min(length + 1, MAX_BODY), Math.floor(length / 2)]) {
      const one = new Sent(stated);
      while (one.length < length) {
        await one.send(Math.min(length - one.length, 1 + Math.floor(next() * (length / 3 + 10))));
      }
      await one.end();
      one.release();
      assertSent(await one.answer, length);
    }
  }
  assert.equal(heldBytes(), 0);
  const none = await withBody(new Request("http://service/"), async (bytes) => bytes.length);
  assert.equal(none, 0);
});

test.run();
