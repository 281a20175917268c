/** The network, in a module worker: the page never waits for it. */

import { loadLab } from "../../../../../bindings/lab/load.ts";
import type { LabNetwork } from "../../../../../bindings/lab/types.ts";
import { compileOnce } from "../../../../../bindings/load/cache.ts";
import { fetchCore } from "../../../../../bindings/load/fetch-core.ts";
import type { Host } from "../../../../../bindings/load/load.ts";
import { sourceBytes } from "../../../../../bindings/load/source.ts";
import { type Model, readModel } from "../model/model.ts";
import { type Silenced, silence } from "../model/silence.ts";
import type { Recording, Way } from "../playback/recording.ts";
import type { About, Answer, Asked, Name, Questions, Recorded, Run } from "./protocol.ts";
import { joinPotentials, recordComparison, recordEarly, recordGated, traceOf } from "./record.ts";

const MOST_BYTES = 2 ** 30;

const host: Host = {
  core: compileOnce(() => fetchCore(new URL("./core.lab.wasm", import.meta.url))),
  bytes: sourceBytes,
  maxMemory: MOST_BYTES,
};

/** A network with some neurons silenced, the intact one among them; two are kept. */
interface Variant {
  readonly key: string;
  readonly net: LabNetwork;
}

let file: Uint8Array = new Uint8Array();
let model: Model | null = null;
let variants: Variant[] = [];

function opened(): Model {
  if (model) return model;
  throw new Error("no model has been opened");
}

async function variant(silenced: readonly Silenced[]): Promise<LabNetwork> {
  const key = JSON.stringify(silenced);
  const found = variants.find((candidate) => candidate.key === key);
  if (found) return found.net;
  const net = await loadLab(host, silence(file, silenced));
  variants.push({ key, net });
  while (variants.length > 2) variants.splice(variants[0].key === "[]" ? 1 : 0, 1)[0].net.dispose();
  return net;
}

const answers: { readonly [N in Name]: (ask: Questions[N]["ask"]) => Promise<Questions[N]["answer"]> } = {
  async open({ source }) {
    const address = typeof source === "string" ? new URL(source, import.meta.url).href : source;
    const bytes = await sourceBytes(address, { maxBytes: MOST_BYTES });
    const net = await loadLab(host, bytes);
    // Where it cannot be shown, what was open stays open.
    const read = readModel(bytes);
    for (const { net } of variants) net.dispose();
    file = bytes;
    model = read;
    variants = [{ key: "[]", net }];
    return { file: bytes.slice(), about: aboutOf(net) };
  },

  async classify({ samples, silenced }): Promise<Answer> {
    const net = await variant(silenced);
    const times: number[] = [];
    let result = net.run(samples);
    // Clocks of browsers are coarse: short runs are timed together.
    for (let k = 0; k < 3; k++) {
      const begin = performance.now();
      let runs = 0;
      do {
        result = net.run(samples);
        runs++;
      } while (performance.now() - begin < 1);
      times.push((performance.now() - begin) / runs);
    }
    const milliseconds = times.sort((a, b) => a - b)[1];
    return { values: result.logits, potentials: joinPotentials(result.outputs.map((o) => o.potentials)), milliseconds };
  },

  async record(ask): Promise<Recorded> {
    const recording = await recordAs(ask);
    const broken = ask.way !== "gated" || ask.silenced.length > 0;
    const intact = broken ? await recordAs({ ...ask, way: "gated", schedule: null, silenced: [] }) : null;
    return { recording, intact };
  },

  async trace({ samples, way, schedule, silenced, population, neuron }) {
    const net = await variant(silenced);
    return traceOf(net, opened(), samples, way, schedule, population, neuron);
  },
};

async function recordAs({ samples, way, schedule, silenced }: Run): Promise<Recording> {
  const net = await variant(silenced);
  if (way === "gated") return recordGated(net, opened(), samples);
  if (way !== "early") return recordComparison(net, opened(), samples, way);
  if (!schedule) throw new Error("early firing needs a schedule");
  return recordEarly(net, opened(), samples, schedule);
}

function aboutOf(net: LabNetwork): About {
  const { name, phases, latency, input, labels, classifier, preprocessing, macs, schedules, deepest, memory } = net;
  const synapses = net.projections.reduce((sum, projection) => sum + projection.synapses, 0);
  const ways: Way[] = ["gated", "phase", "alternating", "integrate-and-fire", "early"];
  return {
    name,
    phases,
    latency,
    input,
    labels,
    classifier,
    preprocessing,
    macs,
    schedules,
    deepest,
    memory,
    synapses,
    ways,
  };
}

/** Buffers that an answer gives away instead of copying. */
function buffersOf(value: unknown, found = new Set<ArrayBuffer>()): Set<ArrayBuffer> {
  if (ArrayBuffer.isView(value)) found.add(value.buffer as ArrayBuffer);
  else if (typeof value === "object" && value !== null) for (const part of Object.values(value)) buffersOf(part, found);
  return found;
}

/** One question after the other: a network does one thing at a time. */
let turn: Promise<unknown> = Promise.resolve();

addEventListener("message", ({ data: { id, name, ask } }: MessageEvent<Asked>) => {
  turn = turn.then(async () => {
    try {
      const answer = await (answers[name] as (ask: Run | unknown) => Promise<unknown>)(ask);
      postMessage({ id, answer }, { transfer: [...buffersOf(answer)] });
    } catch (error) {
      postMessage({ id, error: error instanceof Error ? error.message : String(error) });
    }
  });
});
