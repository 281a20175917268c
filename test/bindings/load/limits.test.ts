/** What loading may take: memory, work, bytes and time, as the caller says, and what it says where they do not suffice. */

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "uvu";
import { load, loadPool } from "../../../bindings/node.ts";
import type { FileSource, LoadOptions } from "../../../bindings/types.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { network, population, projection, repeat } from "../../reference/build.ts";

const MODEL = new URL("../../../models/digits.bsnn.gguf", import.meta.url);
const bytes = new Uint8Array(readFileSync(MODEL));

async function rejects(source: unknown, options: unknown, code: string, message: RegExp): Promise<void> {
  for (const attempt of [load, loadPool]) {
    const error = await attempt(source as FileSource, options as LoadOptions).then(
      () => assert.fail("should be rejected"),
      (reason) => reason,
    );
    assert.equal(error.code, code, String(error));
    assert.match(error.message, message);
  }
}

/** A response whose body is made of chunks, the last of which may be a failure. */
function response(...chunks: (Uint8Array | Error)[]): Response {
  return new Response(
    new ReadableStream({
      pull(controller) {
        const next = chunks.shift();
        if (next instanceof Error) controller.error(next);
        else if (next) controller.enqueue(next);
        else controller.close();
      },
    }),
  );
}

test("a network keeps to the memory it is given, while loading and later", async () => {
  const free = await load(bytes);
  const needed = free.memory;
  await rejects(bytes, { maxMemory: 2 ** 17 }, "unsupported", /not enough memory: \d+ bytes are needed, found 131072/);
  const tight = await load(bytes, { maxMemory: needed });
  assert.equal(tight.memory, needed);
  const image = new Uint8Array(784).fill(99);
  assert.deepEqual(tight.run(image).logits, free.run(image).logits);
  assert.throws(() => tight.run(image, { mode: "step" }), { code: "unsupported" });
  assert.deepEqual(tight.run(image).logits, free.run(image).logits);
});

test("a network keeps to the work it is given", async () => {
  const { projections } = await load(bytes);
  const synapses = projections.reduce((sum, projection) => sum + projection.synapses, 0);
  await rejects(bytes, { maxSynapses: synapses - 1 }, "unsupported", new RegExp(`has ${synapses} synapses`));
  assert.equal((await load(bytes, { maxSynapses: synapses })).phases, 7);
});

test("limits that are none are refused", async () => {
  for (const maxMemory of [0, -1, 1.5, 2 ** 33, Number.NaN, "1"]) {
    await rejects(bytes, { maxMemory }, "bad-input", /maxMemory must be/);
  }
  for (const maxSynapses of [-1, Number.NaN, "1"]) await rejects(bytes, { maxSynapses }, "bad-input", /maxSynapses/);
});

test("options that are not there are none", async () => {
  assert.equal((await load(bytes, undefined)).phases, 7);
  assert.equal((await load(bytes, null as unknown as LoadOptions)).phases, 7);
});

test("what breaks off, has been read or is gone is bad input", async () => {
  const read = response(bytes);
  await read.arrayBuffer();
  await rejects(read, {}, "bad-input", /read already/);
  const locked = response(bytes);
  locked.body!.getReader();
  await rejects(locked, {}, "bad-input", /read already/);
  for (const attempt of [load, loadPool]) {
    const broken = response(bytes.slice(0, 100), new Error("connection lost"));
    await assert.rejects(attempt(broken), { code: "bad-input", message: /connection lost/ });
    const strings = response("text" as unknown as Uint8Array);
    await assert.rejects(attempt(strings), { code: "bad-input" });
  }
  await rejects(new Response("no", { status: 404 }), {}, "bad-input", /status 404/);
  const gone = bytes.slice();
  structuredClone(gone, { transfer: [gone.buffer] });
  await rejects(gone, {}, "bad-input", /cannot be read/);
  await rejects(gone.buffer, {}, "bad-input", /cannot be read/);
  for (const path of ["a\0b", "no/such/file", ".", "file://host/x", "http://127.0.0.1:1/"]) {
    await rejects(path, {}, "bad-input", /./);
  }
  for (const nothing of [undefined, null, 5, {}, [1]])
    await rejects(nothing, {}, "bad-input", /a model is loaded from/);
});

test("no more is read than memory may hold, of responses and of files without an end", async () => {
  const endless = () =>
    new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(2 ** 16)) }));
  for (const attempt of [load, loadPool]) {
    await assert.rejects(attempt(endless(), { maxMemory: 2 ** 20 }), { code: "unsupported", message: /longer than/ });
    const stated = new Response("x", { headers: { "content-length": "99999999999" } });
    await assert.rejects(attempt(stated), { code: "unsupported", message: /longer than/ });
  }
  if (existsSync("/dev/zero")) await rejects("/dev/zero", { maxMemory: 2 ** 24 }, "unsupported", /longer than/);
  await rejects(MODEL, { maxMemory: 2 ** 16 }, "unsupported", /./);
});

test("a signal ends the loading, with its reason", async () => {
  const reason = new Error("changed my mind");
  await assert.rejects(load(bytes, { signal: AbortSignal.abort(reason) }), reason);
  const controller = new AbortController();
  const stalled = new Response(new ReadableStream({ pull: () => new Promise(() => {}) }));
  const loading = load(stalled, { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 20);
  await assert.rejects(loading, reason);
});

interface Along {
  size: number;
  pool: { count: number; kernel: number; stride: number; dilation: number; offset: number } | null;
  count: number;
  kernel: number;
  stride: number;
  dilation: number;
  offset: number;
}

/** A network whose second projection has these windows down its one column. */
function column({ size, pool, count, kernel, stride, dilation, offset }: Along): Uint8Array {
  const shape: [number, number, number] = [size, 1, 1];
  const windows = projection({
    source: 1,
    target: 2,
    sourceChannels: [0, 1],
    targetChannels: [0, 1],
    region: [0, 0, count, 1],
    kernel: [kernel, 1],
    stride: [stride, 1],
    dilation: [dilation, 1],
    offset: [offset, 0],
    weight: new Int8Array(kernel),
    pool: pool && {
      kind: "sum",
      size: [pool.count, 1],
      kernel: [pool.kernel, 1],
      stride: [pool.stride, 1],
      dilation: [pool.dilation, 1],
      offset: [pool.offset, 0],
    },
  });
  const populations = [
    population("input", shape, 0),
    population("bistable", shape, 1),
    population("output", [count, 1, 1], 2),
  ];
  return writeModel(network(1, populations, [repeat(0, 1, shape), windows]));
}

/** Pairs of an output and what it reads, counted one by one. */
function countedOneByOne({ size, pool, count, kernel, stride, dilation, offset }: Along): number {
  let total = 0;
  for (let n = 0; n < count; n++) {
    for (let k = 0; k < kernel; k++) {
      const place = n * stride + k * dilation - offset;
      if (place < 0 || place >= (pool?.count ?? size)) continue;
      for (let j = 0; j < (pool?.kernel ?? 1); j++) {
        const from = pool ? place * pool.stride + j * pool.dilation - pool.offset : 0;
        if (from >= 0 && from < size) total++;
      }
    }
  }
  return total;
}

test("synapses are those that are there, whatever the windows", async () => {
  const random = (most: number, least = 1) => least + Math.floor(Math.random() * (most - least + 1));
  const windowsOver = (size: number) => {
    const [kernel, stride, dilation] = [random(6), random(4), random(3)];
    const extent = (kernel - 1) * dilation + 1;
    const offset = random(extent, -Math.min(3, size - 1 + extent));
    const count = random(Math.min(12, Math.floor((size - 1 + extent + offset) / stride) + 1));
    return { count, kernel, stride, dilation, offset };
  };
  for (let run = 0; run < 400; run++) {
    const size = random(12);
    const pool = run % 2 === 0 ? windowsOver(size) : null;
    const along = { size, pool, ...windowsOver(pool?.count ?? size) };
    const { projections } = await load(column(along));
    assert.equal(projections[1].synapses, countedOneByOne(along), JSON.stringify(along));
  }
});

test("maps and windows of any size load in time linear in them", async () => {
  const wide = { kernel: 32767, stride: 1, dilation: 1, offset: 16383 };
  const size = 2 ** 18;
  const cases: Along[] = [
    { size, count: size, pool: null, ...wide },
    { size, count: size / 8, pool: null, ...wide, stride: 7, dilation: 5 },
    { size, count: size, pool: { count: size, ...wide, kernel: 30000 }, ...wide },
    { size, count: 8, pool: { count: size, ...wide, kernel: 30000 }, ...wide, stride: 32767 },
  ];
  for (const along of cases) {
    const file = column(along);
    const begin = performance.now();
    const { projections } = await load(file);
    const milliseconds = performance.now() - begin;
    assert.ok(projections[1].synapses > 0);
    assert.ok(milliseconds < 1000, `${JSON.stringify(along)}: ${milliseconds.toFixed()} ms`);
  }
});

test("files that took minutes to load, or all memory, load at once or are refused", async () => {
  const folder = new URL("../../../../shared/cases/trust/", import.meta.url);
  if (!existsSync(folder)) return;
  for (const [name, synapses] of [
    ["hang-synapses-16384", 16384 ** 2],
    ["hang-sumpool-1024", 792_576_000],
  ]) {
    const begin = performance.now();
    const net = await load(new URL(`${name}.bsnn.gguf`, folder), { maxMemory: 2 ** 27 });
    assert.equal(net.projections.at(-1)!.synapses, synapses);
    assert.ok(performance.now() - begin < 500);
  }
  await assert.rejects(load(new URL("mem-1.bsnn.gguf", folder), { maxMemory: 2 ** 27 }), { code: "unsupported" });
});

test.run();
