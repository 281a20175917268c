/**
 * Classifies the images of a bucket in batches, as a queue names them: the consumer of its event notifications. What was found of
 * KEY is written to another bucket as KEY.json.
 */

import { Refusal } from "./http.ts";
import { currentNetwork, discardNetwork, type Env } from "./model.ts";
import { readStored, type StoredObject } from "./samples.ts";

/** The parts of the platform's bindings that are used here. */
export interface BulkEnv extends Env {
  readonly IMAGES: { get(key: string): Promise<StoredObject | null> };
  readonly RESULTS: { put(key: string, value: string): Promise<unknown> };
}

interface Message {
  /** An event notification of the bucket, or what names a key likewise. */
  readonly body: { readonly object?: { readonly key?: unknown } } | null;
  ack(): void;
  retry(): void;
}

interface Batch {
  readonly messages: readonly Message[];
}

async function classify(key: string, env: BulkEnv): Promise<object> {
  const object = await env.IMAGES.get(key);
  if (object === null) throw new Refusal(404, "the bucket holds no such object any more");
  const network = await currentNetwork(env);
  const samples = await readStored(object, network);
  try {
    if (network.classifier) {
      const [{ index, label, value }] = network.classify(samples, { top: 1 });
      return { index, label, value };
    }
    const { outputs } = network.run(samples);
    return { outputs: outputs.map(({ name, shape, values }) => ({ name, shape, values: Array.from(values) })) };
  } catch (error) {
    discardNetwork();
    throw error;
  }
}

/** Answers one message. What cannot be classified is said in its result; what failed for another reason comes again. */
async function answer(message: Message, env: BulkEnv): Promise<void> {
  const key = message.body?.object?.key;
  if (typeof key !== "string") {
    console.error("a message names no object");
    return message.ack();
  }
  try {
    const found = await classify(key, env).catch((error) => {
      // What is too much at once comes again.
      if (error instanceof Refusal && error.status !== 503) return { error: error.message };
      throw error;
    });
    await env.RESULTS.put(`${key}.json`, JSON.stringify(found));
    message.ack();
  } catch (error) {
    console.error(error);
    message.retry();
  }
}

export default {
  /** One image after another: a worker has one processor, and memory for one large image. */
  async queue({ messages }: Batch, env: BulkEnv): Promise<void> {
    for (const message of messages) await answer(message, env);
  },
};
