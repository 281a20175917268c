/** What is kept of compiling the core, and what is tried again. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { compileOnce } from "../../../bindings/load/cache.ts";

const EMPTY = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

/** A cache over attempts that go as given, one after the other. */
function attempts(...outcomes: (() => Promise<WebAssembly.Module>)[]) {
  let made = 0;
  const cached = compileOnce(() => outcomes[made++]());
  return { cached, made: () => made };
}

const rejection = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => assert.fail("it was compiled"),
    (error) => error,
  );

test("a module is compiled once", async () => {
  const { cached, made } = attempts(() => WebAssembly.compile(EMPTY));
  assert.equal(await cached("baseline"), await cached("baseline"));
  assert.equal(made(), 1);
});

test("after a failure to fetch it, it is tried again", async () => {
  const { cached } = attempts(
    () => Promise.reject(new TypeError("no network")),
    () => WebAssembly.compile(EMPTY),
  );
  assert.ok((await rejection(cached("baseline"))) instanceof TypeError);
  assert.ok((await cached("baseline")) instanceof WebAssembly.Module);
});

test("that the engine cannot compile it is remembered", async () => {
  const { cached, made } = attempts(() => WebAssembly.compile(Uint8Array.of(1)));
  assert.ok((await rejection(cached("relaxed"))) instanceof WebAssembly.CompileError);
  assert.ok((await rejection(cached("relaxed"))) instanceof WebAssembly.CompileError);
  assert.equal(made(), 1);
});

test.run();
