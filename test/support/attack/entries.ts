/** Attacks the package's entries for the host that this runs on, and gives what came of it as JSON. */

import type { load as loadModel } from "../../../bindings/node.ts";
import { attack, type Sound } from "./attack.ts";

/** Modules by name, as the host has them; the first has `load`. */
export type Entries = Readonly<Record<string, object>>;

export interface Report {
  /** What was wrong, and with what. */
  readonly faults: readonly string[];
  /** Names of all functions that were attacked. */
  readonly attacked: readonly string[];
  readonly attempts: number;
  /** Rejections that nobody handled. */
  readonly unhandled: readonly string[];
}

const events = globalThis as unknown as {
  addEventListener?(type: "unhandledrejection", listen: (event: { reason: unknown }) => void): void;
};

/**
 * @param model the digits model
 * @param picture a PNG
 * @param extra hostile values that this host alone has
 */
export async function attackEntries(
  entries: Entries,
  model: Uint8Array,
  picture: Uint8Array,
  extra: Readonly<Record<string, () => unknown>> = {},
): Promise<Report> {
  const unhandled: string[] = [];
  events.addEventListener?.("unhandledrejection", ({ reason }) => void unhandled.push(String(reason)));
  const samples = new Uint8Array(784).map((_, i) => (i * 7) % 256);
  const image = { height: 14, width: 14, data: new Uint8ClampedArray(784) };
  const shape = { height: 28, width: 28, channels: 1 };
  const sound: Sound = {
    load: [model, {}],
    loadPool: [model, { workers: 1 }],
    run: [samples, {}],
    classify: [samples, {}],
    steps: [samples, {}],
    continuous: [samples, { neuron: "phase", steps: 2 }],
    levels: [1],
    potentials: [1],
    units: [1],
    scales: [1],
    spikeCounts: [1],
    spikes: [1],
    input: [1],
    createImageReader: [{}],
    decode: [picture],
    samples: [picture, shape],
    toSamples: [image, shape],
  };
  const [{ load }] = Object.values(entries) as { load: typeof loadModel }[];
  const network = await load(model);
  const expected = String(network.run(samples).logits);
  const found = [];
  for (const [name, entry] of Object.entries(entries)) found.push(await attack(name, entry, sound, extra));
  // What is not handled is told when nothing else is to be done.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const faults = found.flatMap(({ faults }) => faults);
  if (String(network.run(samples).logits) !== expected) faults.push("another network answers otherwise afterwards");
  const counts = found.flatMap(({ attacked }) => Object.entries(attacked));
  return {
    faults,
    unhandled,
    attacked: counts.map(([name]) => name),
    attempts: counts.reduce((sum, [, count]) => sum + count, 0),
  };
}
