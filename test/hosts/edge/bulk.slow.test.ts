/** Bulk work on workerd: a queue names objects of a bucket, and what they show is written to another. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import { available } from "../../support/hosts/available.ts";
import { type Bundle, bundleService } from "../../support/hosts/edge.ts";
import { PROJECT } from "../../support/hosts/folders.ts";
import { COMPATIBILITY, type Miniflare, miniflare, workerd } from "../../support/hosts/workerd.ts";

/** How long all results may take. */
const LIMIT_MS = 30_000;

const test = suite("edge, bulk");

if (await available(workerd)) {
  let bundle: Bundle;
  let server: Miniflare;
  const logged: string[] = [];
  test.before(async () => {
    bundle = await bundleService("wrangler.bulk.jsonc");
    const { Miniflare, Log, LogLevel } = miniflare();
    server = new Miniflare({
      name: "bulk",
      modules: bundle.modules,
      compatibilityDate: COMPATIBILITY,
      log: new Log(LogLevel.NONE),
      handleRuntimeStdio: (...streams: NodeJS.ReadableStream[]) => {
        for (const stream of streams) stream.on("data", (chunk) => logged.push(String(chunk)));
      },
      bindings: { MODEL: "model.bsnn.gguf" },
      r2Buckets: ["IMAGES", "RESULTS", "MODELS_R2"],
      queueProducers: { JOBS: "images" },
      // More than the three of the configuration: the first image comes again until its model is there, however long that takes.
      queueConsumers: { images: { maxBatchSize: 10, maxBatchTimeout: 0.1, maxRetries: 100 } },
    });
    await server.ready;
  });
  test.after(async () => {
    await server?.dispose();
    await bundle?.remove();
  });

  const bytes = async (name: string): Promise<ArrayBuffer> =>
    new Uint8Array(await readFile(join(PROJECT, name))).buffer as ArrayBuffer;

  /** What is written of a key, as soon as it is. */
  async function resultOf(key: string): Promise<unknown> {
    const results = await server.getR2Bucket("RESULTS");
    for (const begin = performance.now(); performance.now() - begin < LIMIT_MS; await wait(50)) {
      const found = await results.get(`${key}.json`);
      if (found) return JSON.parse(await found.text());
    }
    throw new Error(`there is no result of ${key}; the worker said:\n${logged.join("")}`);
  }

  test("what fails for another reason than the object comes again", async () => {
    await (await server.getR2Bucket("IMAGES")).put("early.png", await bytes("models/seven.png"));
    await (await server.getQueueProducer("JOBS")).sendBatch([{ body: { object: { key: "early.png" } } }]);
    const failed = () => logged.join("").includes("holds no 'model.bsnn.gguf'");
    for (const begin = performance.now(); !failed() && performance.now() - begin < LIMIT_MS; ) await wait(20);
    assert.ok(failed(), "the model is not there yet");
    await (await server.getR2Bucket("MODELS_R2")).put("model.bsnn.gguf", await bytes("models/digits.bsnn.gguf"));
    assert.equal(((await resultOf("early.png")) as { label: string }).label, "7");
  });

  test("every object that is named has its result, whatever it is", async () => {
    const images = await server.getR2Bucket("IMAGES");
    const seven = await bytes("models/seven.png");
    const keys = Array.from({ length: 24 }, (_, k) => `day/${k}.png`);
    for (const key of keys) await images.put(key, seven);
    await images.put("text.txt", new TextEncoder().encode("no image").buffer as ArrayBuffer);
    await images.put("cut.png", seven.slice(0, 100));
    await images.put("long.png", new ArrayBuffer(2 ** 20 + 1));
    const jobs = await server.getQueueProducer("JOBS");
    const named = [...keys, "text.txt", "cut.png", "long.png", "gone.png"];
    await jobs.sendBatch([
      ...named.map((key) => ({ body: { action: "PutObject", object: { key, size: 1 } } })),
      { body: { object: {} } },
      { body: "day/0.png" },
    ]);
    for (const key of keys) {
      const { index, label } = (await resultOf(key)) as { index: number; label: string };
      assert.deepEqual([index, label], [7, "7"], key);
    }
    const errorOf = async (key: string) => ((await resultOf(key)) as { error: string }).error;
    assert.match(await errorOf("text.txt"), /is not an image/);
    assert.match(await errorOf("cut.png"), /the image /);
    assert.match(await errorOf("long.png"), /longer than 1048576 bytes/);
    assert.match(await errorOf("gone.png"), /holds no such object/);
  });

  test("what fails each time is left to a queue of its own, as the configuration says, and the others go on", async () => {
    const text = await readFile(join(PROJECT, "hosts/edge/wrangler.bulk.jsonc"), "utf8");
    const { queues } = JSON.parse(text.replace(/^ *\/\/.*$/gm, ""));
    const [{ queue, max_retries: maxRetries, dead_letter_queue: deadLetterQueue }] = queues.consumers;
    const { Miniflare, Log, LogLevel } = miniflare();
    // Both write to one bucket: the one that has no model, and one that says what was left.
    const failing = new Miniflare({
      log: new Log(LogLevel.NONE),
      handleRuntimeStdio: () => {},
      workers: [
        {
          name: "bulk",
          modules: bundle.modules,
          compatibilityDate: COMPATIBILITY,
          bindings: { MODEL: "model.bsnn.gguf" },
          r2Buckets: ["IMAGES", "RESULTS", "MODELS_R2"],
          queueProducers: { JOBS: queue },
          queueConsumers: { [queue]: { maxBatchSize: 10, maxBatchTimeout: 0.1, maxRetries, deadLetterQueue } },
        },
        {
          name: "failed",
          modules: true,
          script: `export default { async queue({ messages }, { RESULTS }) {
            for (const { body } of messages) await RESULTS.put("left/" + body.object.key, "");
          } }`,
          compatibilityDate: COMPATIBILITY,
          r2Buckets: ["RESULTS"],
          queueConsumers: { [deadLetterQueue]: { maxBatchTimeout: 0.1 } },
        },
      ],
    });
    try {
      await failing.ready;
      await (await failing.getR2Bucket("IMAGES", "bulk")).put("seven.png", await bytes("models/seven.png"));
      const jobs = await failing.getQueueProducer("JOBS", "bulk");
      await jobs.sendBatch(["seven.png", "gone.png"].map((key) => ({ body: { object: { key } } })));
      const results = await failing.getR2Bucket("RESULTS", "bulk");
      const there = async (key: string): Promise<boolean> => (await results.get(key)) !== null;
      for (const begin = performance.now(); performance.now() - begin < LIMIT_MS; await wait(50)) {
        if ((await there("left/seven.png")) && (await there("gone.png.json"))) break;
      }
      assert.ok(await there("left/seven.png"), "what cannot be classified is left");
      assert.ok(await there("gone.png.json"), "an object that is gone has its result");
      assert.ok(!(await there("seven.png.json")) && !(await there("left/gone.png")));
    } finally {
      await failing.dispose();
    }
  });
}

test.run();
