/** Damaged files: whatever the bytes, the core loads the model or says `bad-model`; it never traps, hangs or disagrees. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "uvu";
import { load } from "../../../bindings/node.ts";
import type { Network } from "../../../bindings/types.ts";
import { stateChecksum } from "../../../convert/write/checksum.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { readContainer } from "../../reference/container.ts";
import { evaluate } from "../../reference/period.ts";
import { readModel } from "../../reference/reader.ts";
import { cases } from "../../support/core/networks.ts";
import { sample } from "../../support/core/sample.ts";
import { runs } from "../../support/core/settings.ts";

const valid = writeModel(sample);
const { dataStart } = readContainer(valid);
/** Networks beyond these are loaded but not run: damage that makes a map huge is valid, and slow in the reference. */
const MAX_SYNAPSES = 200_000;
const MAX_MEMORY = 2 ** 24;

/** Loads the bytes if they are a model; fails on any error but `bad-model`, and on a wait that looks like a hang. */
async function loadOrRefuse(bytes: Uint8Array): Promise<Network | null> {
  const start = performance.now();
  try {
    return await load(bytes);
  } catch (error) {
    assert.equal((error as { code?: string }).code, "bad-model", `${error}`);
    assert.ok((error as Error).message.length > 0);
    return null;
  } finally {
    assert.ok(performance.now() - start < 5000, "loading took more than 5 s");
  }
}

/** As it is, and with the checksum that it should have then, so that what lies behind is reached. */
async function check(bytes: Uint8Array): Promise<void> {
  await checkOne(bytes);
  const stated = bytes.slice();
  stateChecksum(stated);
  await checkOne(stated);
}

/** If a damaged file is still a model, it is one that both modes and the reference agree on. */
async function checkOne(bytes: Uint8Array): Promise<void> {
  const net = await loadOrRefuse(bytes);
  if (net === null) return;
  try {
    if (net.memory > MAX_MEMORY || net.projections.some(({ synapses }) => synapses > MAX_SYNAPSES)) return;
    const { height, width, channels } = net.input;
    const samples = Uint8Array.from({ length: height * width * channels }, (_, n) => (n * 73) % 256);
    const expected = evaluate(readModel(bytes), samples);
    for (const mode of ["period", "step"] as const) {
      net.run(samples, { mode });
      net.populations.forEach(({ kind, index }) => {
        if (kind === "bistable") assert.deepEqual([...net.levels(index)], expected.levels[index], mode);
        if (kind === "output") assert.deepEqual([...net.potentials(index)], expected.potentials[index], mode);
      });
    }
  } finally {
    net.dispose();
  }
}

const damage = fc.record({ at: fc.nat(), value: fc.nat(255), bit: fc.nat(7), how: fc.constantFrom("flip", "set") });

function damaged(bytes: Uint8Array, list: { at: number; value: number; bit: number; how: string }[], length: number) {
  const copy = bytes.slice();
  for (const { at, value, bit, how } of list) {
    const place = at % length;
    copy[place] = how === "flip" ? copy[place] ^ (1 << bit) : value;
  }
  return copy;
}

test("every byte of the header, one bit changed", async () => {
  for (let at = 0; at < dataStart; at++) {
    const copy = valid.slice();
    copy[at] ^= 1 << (at % 8);
    await check(copy);
  }
});

test("a few bytes changed anywhere", () =>
  fc.assert(
    fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 6 }), (list) =>
      check(damaged(valid, list, valid.length)),
    ),
    runs(400),
  ));

test("a few bytes of random networks' headers changed", () =>
  fc.assert(
    fc.asyncProperty(cases, fc.array(damage, { minLength: 1, maxLength: 3 }), async ({ network }, list) => {
      const bytes = writeModel(network);
      await check(damaged(bytes, list, readContainer(bytes).dataStart));
    }),
    runs(200),
  ));

test("32-bit words changed to numbers where arithmetic wraps", () =>
  fc.assert(
    fc.asyncProperty(
      fc.nat(),
      fc.constantFrom(0, 1, 0x7f, 0x7fff, 0x8000, 0xffff, 0x10000, 0x3fffffff, 0x7fffffff, 0x80000000, 0xffffffff),
      (place, value) => {
        const copy = valid.slice();
        new DataView(copy.buffer).setUint32(place % (copy.length - 4), value, true);
        return check(copy);
      },
    ),
    runs(600),
  ));

test("pieces cut out, doubled or moved", () =>
  fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(64), fc.nat(), fc.boolean(), (from, length, to, cut) => {
      const start = from % valid.length;
      const piece = valid.slice(start, start + length);
      const rest = cut ? [...valid.slice(0, start), ...valid.slice(start + length)] : [...valid];
      rest.splice(to % valid.length, 0, ...piece);
      return check(Uint8Array.from(rest));
    }),
    runs(300),
  ));

test("random bytes, with and without the magic", () =>
  fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, magic) =>
      check(magic ? Uint8Array.from([...valid.subarray(0, 24), ...bytes]) : bytes),
    ),
    runs(200),
  ));

test.run();
