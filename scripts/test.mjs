/**
 * Runs the test files whose path matches one of the patterns given (regular expressions), without one all of them. With --unit,
 * as `npm run test:unit` has it, the slow ones are left out and properties are tried less often.
 */
import { register } from "node:module";
import { pathToFileURL } from "node:url";
import { parse } from "uvu/parse";

const unit = process.argv.includes("--unit");
/** Paths may be given as the shell completes them. */
const patterns = process.argv.slice(2).filter((argument) => argument !== "--unit");
const wanted = patterns.map((pattern) => new RegExp(pattern.replace(/^(?:\.\/)?test\//, ""), "i"));

const { suites: files } = await parse("test", "\\.test\\.ts$", { ignore: unit ? ["\\.slow\\.test\\.ts$"] : [] });
const chosen = files.filter(({ name }) => wanted.length === 0 || wanted.some((pattern) => pattern.test(name)));
if (chosen.length === 0) {
  console.error(`no ${unit ? "unit test" : "test"} file matches ${patterns.join(", ")}`);
  process.exit(2);
}
if (unit) {
  process.env.BSNN_RUNS ??= "0.1";
  await import("../test/support/unit.mjs");
}

/** uvu takes a suite whose before() throws for one that passes. */
async function complete(suite) {
  const [errors, passed, skipped, total] = await suite();
  const stopped = errors === true && passed < total;
  return [stopped ? `  FAIL: a hook threw, ${passed} of ${total} tests ran\n` : errors, passed, skipped, total];
}

/** Where test files import uvu they get what tells every error. */
const told = new URL("../test/support/uvu.ts", import.meta.url).href;
const resolve = `(name, from, next) => next(name === "uvu" && !from.parentURL?.startsWith("${told}") ? "${told}" : name, from)`;
register(`data:text/javascript,${encodeURIComponent(`export const resolve = ${resolve};`)}`);

// Files are collected first, and run by exec().
globalThis.UVU_DEFER = 1;
const { exec } = await import("uvu");
for (const [i, { name, file }] of chosen.entries()) {
  const group = [];
  globalThis.UVU_INDEX = i;
  globalThis.UVU_QUEUE.push(group);
  await import(pathToFileURL(file).href);
  globalThis.UVU_QUEUE[i] = [name, ...group.map((suite) => () => complete(suite))];
}
await exec();
