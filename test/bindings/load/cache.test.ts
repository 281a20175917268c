/** What is kept of compiling the core, and what is tried again. */

import { test } from "uvu";
import * as assert from "uvu/assert";
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
    () => assert.unreachable("it was compiled"),
    (error) => error,
  );

test("a module is compiled once", async () => {
  const { cached, made } = attempts(() => WebAssembly.compile(EMPTY));
  assert.is(await cached("baseline"), await cached("baseline"));
  assert.is(made(), 1);
});

test("after a failure to fetch it, it is tried again", async () => {
  const { cached } = attempts(
    () => Promise.reject(new TypeError("no network")),
    () => WebAssembly.compile(EMPTY),
  );
  assert.instance(await rejection(cached("baseline")), TypeError);
  assert.instance(await cached("baseline"), WebAssembly.Module);
});

test("that the engine cannot compile it is remembered", async () => {
  const { cached, made } = attempts(() => WebAssembly.compile(Uint8Array.of(1)));
  assert.instance(await rejection(cached("relaxed")), WebAssembly.CompileError);
  assert.instance(await rejection(cached("relaxed")), WebAssembly.CompileError);
  assert.is(made(), 1);
});

test.run();
