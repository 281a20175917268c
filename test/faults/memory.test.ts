/**
 * Memory that is refused, page by page, by the limit or by the engine: while loading, or at the first run that needs more. The answer is an
 * error of its own kind or the right one, and the instance goes on.
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import { Core } from "../../bindings/network/core.ts";
import { CoreNetwork } from "../../bindings/network/network.ts";
import { load } from "../../bindings/node.ts";
import type { CoreBuild, Mode, Network } from "../../bindings/types.ts";
import { writeModel } from "../../convert/write/model.ts";
import { network, population, projection } from "../reference/build.ts";
import { withMostMemory } from "../support/core/most-memory.ts";
import { PROJECT } from "../support/hosts/folders.ts";

const PAGE = 2 ** 16;
const BUILDS = ["baseline", "relaxed"] as const;
const MODES = ["period", "step"] as const;

/** A network whose maps and weights take some pages each. */
const model = writeModel(
  network(
    7,
    [
      population("input", [64, 64, 1], 0),
      population("bistable", [64, 64, 4], 1, { shift: [3, 3, 3, 3], initial: [4, 4, 4, 4] }),
      population("synchronous", [64, 64, 4], 2),
      population("output", [1, 1, 4], 3),
    ],
    [
      projection({
        source: 0,
        target: 1,
        sourceChannels: [0, 1],
        targetChannels: [0, 4],
        region: [0, 0, 64, 64],
        kernel: [3, 3],
        offset: [1, 1],
        weight: Int8Array.from({ length: 36 }, (_, i) => ((i * 37) % 15) - 7),
      }),
      projection({
        source: 1,
        target: 2,
        sourceChannels: [0, 4],
        targetChannels: [0, 4],
        region: [0, 0, 64, 64],
      }),
      projection({
        source: 2,
        target: 3,
        sourceChannels: [0, 4],
        targetChannels: [0, 4],
        region: [0, 0, 1, 1],
        kernel: [64, 64],
        weight: Int8Array.from({ length: 64 * 64 * 16 }, (_, i) => (i % 3) - 1),
      }),
    ],
  ),
);
const samples = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i % 97 === 0 ? 200 : 0));

const answer = (net: Network, mode: Mode): string => {
  const { outputs } = net.run(samples, { mode });
  return JSON.stringify([outputs.map(({ potentials }) => [...potentials]), net.activity()]);
};

/** Runs whatever runs, in both modes and again. @returns how many runs were refused */
function runAll(net: Network, expected: Readonly<Record<Mode, string>>): number {
  let refused = 0;
  for (const mode of ["step", "period", "step"] as const) {
    try {
      assert.equal(answer(net, mode), expected[mode], mode);
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      assert.equal(code, "unsupported", String(error));
      assert.match(message, /not enough memory/);
      refused++;
    }
  }
  return refused;
}

async function expectedOf(build: CoreBuild): Promise<{ pages: number; expected: Record<Mode, string> }> {
  const net = await load(model, { build });
  const expected = { period: "", step: "" };
  for (const mode of MODES) expected[mode] = answer(net, mode);
  return { pages: net.memory / PAGE, expected };
}

test("a limit at every page", async () => {
  for (const build of BUILDS) {
    const { pages, expected } = await expectedOf(build);
    assert.ok(pages > 10, `${pages} pages`);
    const seen = { loads: 0, runs: 0, all: 0 };
    for (let limit = 1; limit <= pages; limit++) {
      const net = await load(model, { build, maxMemory: limit * PAGE }).catch((error) => {
        assert.equal(error.code, "unsupported", String(error));
        return null;
      });
      if (net === null) {
        seen.loads++;
        continue;
      }
      const refused = runAll(net, expected);
      assert.ok(net.memory <= limit * PAGE);
      if (refused > 0) seen.runs++;
      else seen.all++;
    }
    // All three kinds were met: refused while loading, refused by some run, not at all.
    assert.ok(seen.loads > 3 && seen.runs > 0 && seen.all > 0, JSON.stringify(seen));
  }
});

test("an engine that gives no more, at every page", async () => {
  for (const build of BUILDS) {
    const { pages, expected } = await expectedOf(build);
    const bytes = readFileSync(join(PROJECT, "dist", build === "baseline" ? "core.wasm" : "core.relaxed.wasm"));
    const seen = { loads: 0, runs: 0, all: 0 };
    for (let most = 1; most <= pages; most++) {
      const core = Core.instantiate(new WebAssembly.Module(withMostMemory(bytes, most)));
      try {
        core.load(model, 2 ** 31);
      } catch (error) {
        assert.equal((error as { code?: string }).code, "unsupported", String(error));
        seen.loads++;
        continue;
      }
      if (runAll(new CoreNetwork(core, build), expected) > 0) seen.runs++;
      else seen.all++;
    }
    assert.ok(seen.loads > 3 && seen.runs > 0 && seen.all > 0, JSON.stringify(seen));
  }
});

test.run();
