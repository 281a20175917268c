/**
 * Whatever is handed to a public function, it gives an answer or the project's own error, which names the argument; and what it was
 * handed to still answers as before.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { test } from "uvu";
import { createImageReader as createWebReader } from "../../bindings/images/index.ts";
import { createImageReader, ImageError } from "../../bindings/images/node.ts";
import { load as loadLab } from "../../bindings/lab.ts";
import { sourceBytes } from "../../bindings/load/source.ts";
import { BsnnError, load, loadPool, loadWith } from "../../bindings/node.ts";
import { loadPool as loadNoPool } from "../../bindings/pool/no-threads.ts";
import { ConversionError } from "../../convert/errors.ts";
import { annInput, convert, encodeValues, readView } from "../../convert/index.ts";
import { writeModel } from "../../convert/write/model.ts";
import { network, population, repeat } from "../reference/build.ts";
import { HOSTILE, OWN_FAILURE } from "../support/attack/hostile.ts";
import { OnnxBuilder } from "../support/convert/onnx-builder.ts";
import { runs } from "../support/core/settings.ts";

const at = (path: string): Uint8Array => new Uint8Array(readFileSync(new URL(`../../${path}`, import.meta.url)));
const MODEL = at("models/digits.bsnn.gguf");
const PICTURE = at("models/seven.png");
const SAMPLES = new Uint8Array(784).map((_, i) => (i * 7) % 256);

/** A function under test: what it is handed in order, sound values, and options by name where the last argument is such. */
interface Entry {
  readonly name: string;
  readonly call: (...given: unknown[]) => unknown;
  /** Names and sound values of the arguments. */
  readonly sound: readonly (readonly [name: string, value: unknown])[];
  /** Options beside those that the last argument has. */
  readonly options?: readonly string[];
  /** Options that are functions of the caller's: what they throw comes through as it is. */
  readonly callbacks?: readonly string[];
  /** Hostile values that the language itself refuses to hand over. */
  readonly except?: readonly string[];
  /** Throws where what the function belongs to does not answer as before. */
  readonly usable?: () => unknown;
}

/** Runs what was returned as far as a caller would: awaits, and takes the first steps. */
async function used(value: unknown): Promise<void> {
  const found = (await value) as Iterator<unknown> | null | undefined;
  const next = typeof found === "object" && found && "next" in found ? found : null;
  for (let i = 0; next && i < 3; i++) next.next();
}

const isOwn = (error: unknown): error is Error =>
  error instanceof BsnnError || error instanceof ImageError || error instanceof ConversionError;

/** Says what is wrong with how a function took some arguments; null where nothing is. */
async function faultOf(entry: Entry, given: readonly unknown[], names: readonly string[]): Promise<string | null> {
  try {
    await used(entry.call(...given));
  } catch (error) {
    if (error === OWN_FAILURE && names.some((name) => name === "signal" || entry.callbacks?.includes(name)))
      return null;
    if (!isOwn(error)) return `throws ${error instanceof Error ? (error.stack ?? error.name) : typeof error}`;
    const message = error.message.replaceAll(" ", "").toLowerCase();
    const named = names.some((name) => message.includes(name.toLowerCase()));
    if (error instanceof BsnnError && error.code === "bad-input" && !named) return `does not name it: ${error.message}`;
  }
  try {
    await entry.usable?.();
  } catch (error) {
    return `is not usable afterwards: ${error}`;
  }
  return null;
}

/** Every argument, and every option of the last, taken by every hostile value. */
function* attempts(entry: Entry): Iterable<{ what: string; given: unknown[]; names: string[] }> {
  const sound = entry.sound.map(([, value]) => value);
  const last = sound.at(-1);
  const options = typeof last === "object" && last && Object.getPrototypeOf(last) === Object.prototype ? last : {};
  const names = [...new Set([...Object.keys(options), ...(entry.options ?? [])])];
  for (const [kind, make] of Object.entries(HOSTILE)) {
    if (entry.except?.includes(kind)) continue;
    for (const [i, [name]] of entry.sound.entries()) {
      yield { what: `${name}: ${kind}`, given: sound.with(i, make()), names: [name, ...names] };
    }
    for (const name of names) {
      yield { what: `${name}: ${kind}`, given: [...sound.slice(0, -1), { ...options, [name]: make() }], names: [name] };
    }
    // What a getter gives is treated alike; that it may throw is enough.
    for (const name of kind.startsWith("failing") ? names : []) {
      const getter = Object.defineProperty({ ...options }, name, {
        enumerable: true,
        get: () => (make as () => never)(),
      });
      yield { what: `${name} by a getter: ${kind}`, given: [...sound.slice(0, -1), getter], names: [name] };
    }
  }
}

const RUN = ["mode", "presentations", "carry", "registers"];
const LIMITS = ["maxMemory", "maxSynapses", "signal"];

const net = await load(MODEL);
const lab = await loadLab(MODEL);
const disposed = await load(MODEL);
disposed.dispose();
disposed.dispose();
const real = await load(
  writeModel(
    network(2, [population("input", [1, 1, 2], 0), population("output", [1, 1, 2], 1)], [repeat(0, 1, [1, 1, 2])], {
      coding: "current",
      range: [-1, 1],
    }),
  ),
);
const pool = await loadPool(MODEL, { workers: 1 });
test.after(() => pool.dispose());
const full = (value: number): number[] => new Array<number>(lab.deepest).fill(value);
const expected = net.run(SAMPLES).logits;
const usable = (): void => assert.deepEqual(net.run(SAMPLES).logits, expected);
const labUsable = (): void => assert.deepEqual(lab.run(SAMPLES).logits, expected);
const images = createImageReader();
const samples = await images.samples(PICTURE, net.input);
const imageUsable = async (): Promise<void> => assert.deepEqual(await images.samples(PICTURE, net.input), samples);

const graph = new OnnxBuilder({ input: ["N", 1, 4, 4] });
graph.output(graph.relu(graph.conv(graph.input, 1, 2, [3, 3])));
const onnx = graph.encode();
const calibration = async () => [new Uint8Array(16).map((_, i) => i * 16)];
const conversion = await convert(onnx, { calibration });
const output = conversion.unquantized.populations.at(-1)!;

const host = {
  core: async () => WebAssembly.compile(readFileSync(new URL("../../dist/core.wasm", import.meta.url))),
  bytes: sourceBytes as never,
  maxMemory: 2 ** 27,
};

const any = <F>(call: F): Entry["call"] => call as Entry["call"];
const samplesArgument = ["samples", SAMPLES] as const;
const populationCalls = (["levels", "potentials", "units", "scales"] as const).flatMap((method): Entry[] => [
  { name: `network.${method}`, call: any(net[method].bind(net)), sound: [["population", 1]], usable },
  { name: `lab.${method}`, call: any(lab[method].bind(lab)), sound: [["population", 1]], usable: labUsable },
]);
/** A step's own methods, on the first step. */
const stepCalls = (["spikes", "potentials", "input"] as const).map(
  (method): Entry => ({
    name: `step.${method}`,
    call: (which) => {
      for (const step of net.steps(SAMPLES)) return step[method](which as number);
    },
    sound: [["population", 1]],
    usable,
  }),
);

const ENTRIES: readonly Entry[] = [
  {
    name: "load",
    call: any(load),
    sound: [
      ["model", MODEL],
      ["options", { build: "auto" }],
    ],
    options: LIMITS,
  },
  {
    name: "loadWith",
    call: any((s: never, o: never) => loadWith(host, s, o)),
    sound: [
      ["model", MODEL],
      ["options", {}],
    ],
    options: LIMITS,
  },
  {
    name: "lab.load",
    call: any(loadLab),
    sound: [
      ["model", MODEL],
      ["options", {}],
    ],
    options: LIMITS,
  },
  {
    name: "loadPool without threads",
    call: any(loadNoPool),
    sound: [
      ["model", MODEL],
      ["options", {}],
    ],
    options: ["workers"],
  },
  {
    name: "loadWith of any host",
    call: any((given: never) => loadWith(given, MODEL)),
    sound: [["host", host]],
    callbacks: ["bytes"],
  },
  {
    name: "loadPool",
    call: any(async (s: never, o: never) => (await loadPool(s, o)).dispose()),
    sound: [
      ["model", MODEL],
      ["options", { workers: 1 }],
    ],
    options: LIMITS,
  },
  {
    name: "pool.run",
    call: any(pool.run.bind(pool)),
    sound: [samplesArgument, ["options", {}]],
    options: [...RUN, "activity"],
    usable: async () => assert.deepEqual((await pool.run(SAMPLES)).logits, expected),
  },
  { name: "network.encode", call: any(real.encode.bind(real)), sound: [["values", [0.5, -0.5]]] },
  {
    name: "network.run",
    call: any(net.run.bind(net)),
    sound: [samplesArgument, ["options", {}]],
    options: RUN,
    usable,
  },
  {
    name: "network.classify",
    call: any(net.classify.bind(net)),
    sound: [samplesArgument, ["options", { top: 3 }]],
    options: RUN,
    usable,
  },
  {
    name: "network.steps",
    call: any(net.steps.bind(net)),
    sound: [samplesArgument, ["options", {}]],
    options: RUN.slice(1),
    usable,
  },
  ...populationCalls,
  ...stepCalls,
  {
    name: "disposed.run",
    call: any(disposed.run.bind(disposed)),
    sound: [samplesArgument, ["options", {}]],
    options: RUN,
  },
  { name: "disposed.classify", call: any(disposed.classify.bind(disposed)), sound: [samplesArgument, ["options", {}]] },
  { name: "disposed.levels", call: any(disposed.levels.bind(disposed)), sound: [["population", 1]] },
  {
    name: "lab.run",
    call: any(lab.run.bind(lab)),
    sound: [samplesArgument, ["options", { delay: 2 }]],
    options: RUN,
    usable: labUsable,
  },
  {
    name: "lab.steps",
    call: any(lab.steps.bind(lab)),
    sound: [samplesArgument, ["options", { delay: 2 }]],
    options: RUN.slice(1),
    usable: labUsable,
  },
  {
    name: "lab.run with a schedule",
    call: (delay) => lab.run(SAMPLES, { delay: delay as number }),
    sound: [["delay", { delays: full(2), shares: full(8), corrections: 0 }]],
    usable: labUsable,
  },
  {
    name: "lab.continuous",
    call: any(lab.continuous.bind(lab)),
    sound: [samplesArgument, ["options", { neuron: "integrate-and-fire", steps: 4, thresholds: [], initial: 0 }]],
    usable: labUsable,
  },
  {
    name: "thresholds of one population",
    call: (levels) =>
      lab.continuous(SAMPLES, { neuron: "integrate-and-fire", steps: 2, thresholds: [null, levels as number[]] }),
    sound: [["thresholds", null]],
    usable: labUsable,
  },
  { name: "lab.spikeCounts", call: any(lab.spikeCounts.bind(lab)), sound: [["population", 1]], usable: labUsable },
  {
    name: "createImageReader",
    call: any(createImageReader),
    sound: [["options", {}]],
    options: ["maxPixels", "codecs"],
  },
  {
    name: "createImageReader elsewhere",
    call: any(createWebReader),
    sound: [["options", {}]],
    options: ["maxPixels", "codecs"],
  },
  {
    name: "codecs",
    call: any(async (codecs: never) => createWebReader({ codecs }).decode(PICTURE)),
    sound: [["codecs", {}]],
    options: ["png", "jpeg", "resize"],
  },
  { name: "images.decode", call: any(images.decode), sound: [["source", PICTURE]], usable: imageUsable },
  {
    name: "images.samples",
    call: any(images.samples),
    sound: [
      ["source", PICTURE],
      ["shape", { height: 28, width: 28, channels: 1 }],
    ],
    usable: imageUsable,
  },
  {
    name: "shape of samples",
    call: any((shape: never) => images.samples(PICTURE, shape)),
    sound: [["shape", { height: 28, width: 28, channels: 1 }]],
    usable: imageUsable,
  },
  {
    name: "images.toSamples",
    call: any((image: never) => images.toSamples(image, net.input)),
    sound: [["image", { height: 14, width: 14, data: new Uint8ClampedArray(784) }]],
    usable: imageUsable,
  },
  {
    name: "convert",
    call: any(convert),
    sound: [
      ["model", onnx],
      ["options", { calibration }],
    ],
    options: [
      "name",
      "phases",
      "weightBits",
      "coding",
      "preprocessing",
      "labels",
      "fittedValues",
      "outputs",
      "external",
      "inputShape",
      "without",
      "simulator",
      "executor",
      "onProgress",
      "signal",
    ],
    callbacks: ["calibration", "external", "simulator", "executor", "onProgress"],
  },
  {
    name: "convert of real values",
    call: any(convert),
    sound: [
      ["model", onnx],
      ["options", { calibration, range: [-1, 1], signed: false }],
    ],
    callbacks: ["calibration"],
  },
  {
    name: "preprocessing",
    call: any((preprocessing: never) => convert(onnx, { calibration, preprocessing })),
    sound: [["preprocessing", { scale: 1, mean: [0], std: [1], channelOrder: "rgb" }]],
  },
  {
    name: "calibration inputs",
    call: any((inputs: never) => convert(onnx, { calibration: async () => inputs })),
    sound: [["calibration", null]],
    callbacks: ["calibration"],
    except: ["revoked proxy", "thenable that rejects"],
  },
  {
    name: "one calibration input",
    call: any((input: never) => convert(onnx, { calibration: async () => [input] })),
    sound: [["calibration", null]],
  },
  {
    name: "ann.run",
    call: any(conversion.ann.run.bind(conversion.ann)),
    sound: [
      ["input", new Float32Array(16)],
      ["tensors", conversion.ann.outputs],
    ],
  },
  {
    name: "annInput",
    call: any(annInput),
    sound: [
      ["coding", conversion.unquantized.input],
      ["samples", new Uint8Array(16)],
    ],
  },
  {
    name: "readView",
    call: any(readView),
    sound: [
      ["population", output],
      ["data", new Float32Array(99)],
      ["into", new Float32Array(99)],
      ["at", 0],
    ],
  },
  {
    name: "encodeValues",
    call: any(encodeValues),
    sound: [
      ["values", [0, 1]],
      ["channels", 1],
      ["encoding", { range: [-1, 1], signed: true }],
    ],
  },
];

for (const entry of ENTRIES) {
  test(`${entry.name} takes any argument, or says what is wrong with it`, async () => {
    const faults: string[] = [];
    for (const { what, given, names } of attempts(entry)) {
      const fault = await faultOf(entry, given, names);
      if (fault) faults.push(`${what}: ${fault}`);
    }
    if (entry.callbacks) assert.deepEqual((await convert(onnx, { calibration })).file, conversion.file);
    assert.ok(faults.length === 0, faults.join("\n"));
  });
}

test("all arguments are hostile at once", async () => {
  const hostile = fc.constantFrom(...Object.keys(HOSTILE));
  const draws = fc.tuple(fc.constantFrom(...ENTRIES), fc.array(hostile, { minLength: 4, maxLength: 4 }), fc.boolean());
  await fc.assert(
    fc.asyncProperty(draws, async ([entry, kinds, asOptions]) => {
      if (entry.except?.some((kind) => kinds.includes(kind))) return;
      const given = entry.sound.map((_, i) => HOSTILE[kinds[i]]());
      const names = entry.sound.map(([name]) => name);
      const options = entry.options ?? [];
      if (asOptions && options.length > 0) {
        given[given.length - 1] = Object.fromEntries(options.map((name, i) => [name, HOSTILE[kinds[i % 4]]()]));
      }
      const fault = await faultOf(entry, given, [...names, ...options, "top", "delay", "neuron"]);
      assert.equal(fault, null, `${entry.name}: ${kinds}: ${fault}`);
    }),
    runs(500),
  );
});

test("a name that is no option's is refused, wherever it stands", async () => {
  const mistyped = { maxmemory: 1 } as object;
  const refusals: Readonly<Record<string, () => unknown>> = {
    load: () => load(MODEL, mistyped),
    "lab.load": () => loadLab(MODEL, mistyped),
    loadPool: () => loadPool(MODEL, mistyped),
    "pool.run": () => pool.run(SAMPLES, mistyped),
    "network.run": () => net.run(SAMPLES, mistyped),
    "network.classify": () => net.classify(SAMPLES, { top: 3, ...mistyped }),
    "network.steps": () => net.steps(SAMPLES, mistyped),
    "lab.run": () => lab.run(SAMPLES, { delay: 2, ...mistyped }),
    "lab.continuous": () => lab.continuous(SAMPLES, { neuron: "phase", steps: 2, ...mistyped }),
    createImageReader: () => createImageReader(mistyped),
    codecs: () => createImageReader({ codecs: mistyped as never }),
    convert: () => convert(onnx, { calibration, ...mistyped }),
    preprocessing: () => convert(onnx, { calibration, preprocessing: mistyped }),
  };
  for (const [name, call] of Object.entries(refusals)) {
    const error = await (async () => call())().then(
      () => assert.fail(`${name} takes it`),
      (reason: unknown) => reason,
    );
    assert.ok(isOwn(error), `${name}: ${error}`);
    assert.match(error.message, /found '?maxmemory/, name);
  }
  // What has more to tell than is asked for is no list of options.
  const { input } = net;
  assert.deepEqual(await images.samples(PICTURE, { ...input, ...mistyped }), samples);
});

test("a signal ends the waiting for the other end of a pipe", async () => {
  if (process.platform === "win32") return;
  const folder = mkdtempSync(join(tmpdir(), "bsnn-pipe-"));
  const pipe = join(folder, "model");
  execFileSync("mkfifo", [pipe]);
  const reason = new Error("waited long enough");
  const later = new AbortController();
  const loading = load(pipe, { signal: later.signal });
  setTimeout(() => later.abort(reason), 50);
  await assert.rejects(loading, reason);
  // Before anything is waited for.
  const atOnce = new AbortController();
  const stopped = load(pipe, { signal: atOnce.signal });
  atOnce.abort(reason);
  await assert.rejects(stopped, reason);
  // Lets go of the thread that still waits.
  closeSync(openSync(pipe, "r+"));
  rmSync(folder, { recursive: true });
});

test("a signal ends the wait for a body of which nothing comes, however early it is given", async () => {
  for (const wait of [0, 50]) {
    const reason = new Error("waited long enough");
    const stopping = new AbortController();
    const loading = load(new Response(new ReadableStream()), { signal: stopping.signal });
    if (wait === 0) stopping.abort(reason);
    else setTimeout(() => stopping.abort(reason), wait);
    await assert.rejects(loading, reason);
  }
});

test.run();
