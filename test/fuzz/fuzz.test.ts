/** The fuzzer finds what only guidance finds and changes nothing by watching; what it has found stays mended. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import binaryen from "binaryen";
import { test } from "uvu";
import { Core } from "../../bindings/network/core.ts";
import { writeModel } from "../../convert/write/model.ts";
import { sample } from "../support/core/sample.ts";
import { PROJECT } from "../support/hosts/folders.ts";
import { watchJavaScript, watchWasm } from "./coverage.ts";
import { foundInputs } from "./found.ts";
import { attempt, fuzz } from "./loop.ts";
import { Dice, mutate } from "./mutate.ts";
import { NAMES, type Target, targetOf } from "./target.ts";
import { MARKS, markModule } from "./wasm-sites.ts";

/** Three bytes that are each looked at only where the one before is right: by chance once in 2^24. */
const MAZE = `(module (memory (export "memory") 1)
  (func (export "walk") (result i32)
    ${[0xb5, 0x3c, 0x91].map((byte, i) => `(if (i32.eq (i32.load8_u (i32.const ${i})) (i32.const ${byte})) (then`).join("\n")}
    unreachable
    ${"))".repeat(3)}
    (i32.const 0)))`;

test("guided by what it reaches, it finds a fault that chance would not", async () => {
  const stopWasm = watchWasm();
  const stopJavaScript = watchJavaScript();
  try {
    const module = binaryen.parseText(MAZE);
    const { exports } = await WebAssembly.instantiate(await WebAssembly.compile(new Uint8Array(module.emitBinary())));
    module.dispose();
    const { memory, walk } = exports as unknown as { memory: WebAssembly.Memory; walk(): number };
    const maze: Target = {
      what: "a maze",
      longest: 8,
      seeds: async () => [new Uint8Array(4)],
      async run(input) {
        new Uint8Array(memory.buffer).fill(0, 0, 8).set(input);
        walk();
      },
    };
    const { fault, corpus } = await fuzz(maze, { runs: 400_000, seconds: 60, seed: 1 }, () => {});
    assert.deepEqual([...(fault?.input ?? []).slice(0, 3)], [0xb5, 0x3c, 0x91]);
    assert.match(String(fault?.error), /unreachable/);
    assert.ok(corpus >= 3);
  } finally {
    stopJavaScript();
    stopWasm();
  }
});

test("a core with marks computes what the core computes, and says where it was", () => {
  const file = writeModel(sample);
  const samples = Uint8Array.from({ length: 32 }, (_, i) => i * 8);
  for (const name of ["core.wasm", "core.relaxed.wasm"]) {
    const plain = readFileSync(join(PROJECT, "dist", name));
    const { bytes, sites } = markModule(plain);
    assert.ok(sites > 500, `${sites} sites`);
    const [marked, unmarked] = [bytes, plain].map((module) => {
      const core = Core.instantiate(new WebAssembly.Module(new Uint8Array(module)));
      core.load(file);
      core.bytes(core.exports.samples.value, samples.length).set(samples);
      assert.ok(core.exports.runPeriods(1, 0));
      return core;
    });
    const memory = ({ exports }: Core) => Buffer.from(exports.memory.buffer);
    assert.ok(memory(marked).equals(memory(unmarked)));
    const [first] = Object.entries(marked.exports).filter(([key]) => key.startsWith(MARKS));
    assert.notEqual((first[1] as WebAssembly.Global).value, 0);
  }
});

test("marks fit into every module of the package", () => {
  for (const name of ["core.lab.wasm", "core.wasmtime.wasm", "bsnn.wasi.wasm"]) {
    const { bytes } = markModule(readFileSync(join(PROJECT, "dist", name)));
    assert.ok(WebAssembly.validate(bytes), name);
  }
});

test("mutations stay within the longest input and come again from their seed", () => {
  const others = [Uint8Array.of(1, 2, 3), new Uint8Array(40).fill(7)];
  const draw = (seed: number) => {
    const dice = new Dice(seed);
    return Array.from({ length: 2000 }, () => mutate(dice.oneOf([...others, new Uint8Array()]), dice, others, [], 50));
  };
  const drawn = draw(5);
  assert.deepEqual(drawn, draw(5));
  assert.ok(drawn.every(({ length }) => length <= 50));
  assert.ok(new Set(drawn.map(String)).size > 1000);
});

for (const name of NAMES) {
  test(`what was found of ${name} is mended, and what it begins with is no fault`, async () => {
    const target = await targetOf(name);
    for (const input of (await target.seeds()).slice(0, 20)) await target.run(input);
    for (const [file, input] of foundInputs(name)) {
      await attempt(target, input).catch((error) => assert.fail(`${file}: ${error.stack}`));
    }
  });
}

test.run();
