/**
 * uvu for scripts/test.mjs, which puts it in the place of uvu: what a test throws is told whatever it is. uvu itself reads an error's name
 * and details as texts and stops, without a word of the error, where they are none.
 */

import { inspect } from "node:util";
import * as uvu from "uvu";

type Test = uvu.Test;
type Callback = uvu.Callback;

/** What uvu can tell of something that was thrown. */
export function readable(thrown: unknown): Error {
  const isText = (value: unknown) => value === undefined || typeof value === "string";
  const { name, details, operator } = Object(thrown) as Record<string, unknown>;
  if (!(thrown instanceof Error)) return new Error(inspect(thrown), { cause: thrown });
  if (typeof name === "string" && isText(details) && isText(operator)) return thrown;
  const error = new Error(`${name}: ${thrown.message}`, { cause: thrown });
  if (thrown.stack) error.stack = thrown.stack;
  return error;
}

const guarded = (handler: Callback) => async (state: Parameters<Callback>[0]) => {
  try {
    await handler(state);
  } catch (thrown) {
    throw readable(thrown);
  }
};

/** Of a hook's error uvu says nothing. */
const told = (handler: Callback) => async (state: Parameters<Callback>[0]) => {
  try {
    await handler(state);
  } catch (thrown) {
    console.error(`\n${inspect(thrown)}`);
    throw thrown;
  }
};

function guard(inner: Test) {
  const hook = (own: Test["before"]) =>
    Object.assign((handler: Callback) => own(told(handler)), { each: (handler: Callback) => own.each(told(handler)) });
  return Object.assign((name: string, handler: Callback) => inner(name, guarded(handler)), {
    only: (name: string, handler: Callback) => inner.only(name, guarded(handler)),
    skip: inner.skip,
    run: inner.run,
    before: hook(inner.before),
    after: hook(inner.after),
  });
}

export const suite = (name?: string, state?: Record<string, unknown>) => guard(uvu.suite(name, state));
export const test = guard(uvu.test);
export const { exec } = uvu;
