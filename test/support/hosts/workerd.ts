/** Edge workers: workerd, started by Miniflare, an isolate of its own for each measurement. */

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";
import { RUNTIMES } from "./folders.ts";
import type { Host, Measurement, Work } from "./host.ts";
import { versionOf } from "./programs.ts";

/** The parts of Miniflare's interface that are used here; it is installed apart, so the project does not see its types. */
export interface Miniflare {
  readonly ready: Promise<URL>;
  /** The worker without what Miniflare puts in front of it. */
  unsafeGetDirectURL(): Promise<URL>;
  getInspectorURL(): Promise<URL>;
  getKVNamespace(name: string): Promise<{ put(key: string, value: ArrayBuffer): Promise<unknown> }>;
  getR2Bucket(
    name: string,
    worker?: string,
  ): Promise<{
    put(key: string, value: ArrayBuffer): Promise<unknown>;
    get(key: string): Promise<{ text(): Promise<string> } | null>;
  }>;
  getQueueProducer(
    name: string,
    worker?: string,
  ): Promise<{ sendBatch(messages: { readonly body: unknown }[]): Promise<unknown> }>;
  dispose(): Promise<void>;
}

interface MiniflareModule {
  readonly Miniflare: new (options: Record<string, unknown>) => Miniflare;
  readonly Log: new (level: number) => unknown;
  readonly LogLevel: { readonly NONE: number; readonly ERROR: number };
}

/** The day whose runtime behaviour is asked for. */
export const COMPATIBILITY = "2026-04-01";

/** Further passes over the inputs by which the time per image is told. */
const PASSES = 5;

export function miniflare(): MiniflareModule {
  return createRequire(join(RUNTIMES, "x.js"))("miniflare");
}

/** The two entries for edge runtimes: they import the compiled core in two ways. */
type Entry = "workerd" | "edge-light";

/** The worker and the compiled modules it imports, as Miniflare takes them. */
async function workerModules(root: string, entry: Entry): Promise<unknown[]> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ["worker.js"],
    bundle: true,
    format: "esm",
    conditions: [entry],
    external: ["*.wasm", "*.wasm?module"],
    write: false,
  });
  const wasm = async (name: string) => ({
    type: "CompiledWasm",
    path: entry === "edge-light" ? `${name}?module` : name,
    contents: await readFile(join(root, "node_modules/bsnn/dist", name)),
  });
  return [
    { type: "ESModule", path: "worker.js", contents: outputFiles[0].text },
    await wasm("core.wasm"),
    await wasm("core.relaxed.wasm"),
  ];
}

async function measure(modules: unknown[], { model, inputs, build, mode }: Work): Promise<Measurement> {
  const samples = await readFile(inputs.path);
  const form = (count: number): FormData => {
    const data = new FormData();
    data.set("model", new Blob([bytes]));
    data.set("samples", new Blob([samples.subarray(0, (samples.length / inputs.count) * count)]));
    return data;
  };
  const bytes = await readFile(model.path);
  const { Miniflare, Log, LogLevel } = miniflare();
  const begin = performance.now();
  const server = new Miniflare({ modules, compatibilityDate: COMPATIBILITY, log: new Log(LogLevel.NONE) });
  try {
    const address = await server.ready;
    const ask = async (count: number, passes: number): Promise<{ digest: string; ms: number }> => {
      const start = performance.now();
      const question = { count: String(count), passes: String(passes), build, mode };
      const url = new URL(`?${new URLSearchParams(question)}`, address);
      const response = await fetch(url, { method: "POST", body: form(count) });
      if (!response.ok) throw new Error(`the worker answered ${response.status}: ${await response.text()}`);
      const answer = (await response.json()) as { digest: string; build: string };
      if (answer.build !== build) throw new Error(`workerd took the ${answer.build} build, not the ${build} one`);
      return { digest: answer.digest, ms: performance.now() - start };
    };
    await ask(1, 1);
    const coldMs = performance.now() - begin;
    // Sending and loading take the same time in both, so that the difference is what the further passes took.
    const { digest } = await ask(inputs.count, 1);
    const fastest = async (passes: number): Promise<number> => {
      return Math.min((await ask(inputs.count, passes)).ms, (await ask(inputs.count, passes)).ms);
    };
    const furtherMs = (await fastest(1 + PASSES)) - (await fastest(1));
    return { digest, coldMs, msPerImage: Math.max(0, furtherMs) / (PASSES * inputs.count) };
  } finally {
    await server.dispose();
  }
}

function edgeHost(name: string, entry: Entry): Host {
  return {
    name,
    words: "wrangler",
    // Edge functions have no relaxed build (bindings/edge-light.ts).
    builds: entry === "edge-light" ? ["baseline"] : ["baseline", "relaxed"],
    install: "npm ci --prefix test/hosts",
    version: () => versionOf(join(RUNTIMES, ".bin/workerd")),
    open: async (root) => {
      const modules = await workerModules(root, entry);
      return { measure: (work) => measure(modules, work), close: async () => undefined };
    },
  };
}

export const workerd = edgeHost("workerd", "workerd");
/** The entry for bundlers that mark compiled modules by `?module`, on the same runtime. */
export const edgeLight = edgeHost("workerd, edge-light", "edge-light");
