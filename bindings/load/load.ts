/** Loading a model, whatever the host. */
import { mustBe, reading, readOptions } from "../arguments.ts";
import { BsnnError } from "../error.ts";
import { arrayKind, reasonOf } from "../kinds.ts";
import { Core } from "../network/core.ts";
import type { Crew } from "../network/crew.ts";
import { CoreNetwork } from "../network/network.ts";
import type { ThreadHost } from "../pool/messages.ts";
import type { CompiledModule, CoreBuild, LoadOptions, ModelSource, Network, Signal } from "../types.ts";

/** What differs between hosts: where the core and a model's bytes come from. */
export interface Host {
  /** The compiled core; rejects where the engine cannot compile that build. Called for every load: keep what is compiled. */
  core(build: CoreBuild): Promise<CompiledModule>;
  /** The bytes of a model source; of what is read or fetched no more than `limits` allow. */
  bytes(source: ModelSource, limits: ReadLimits): Promise<Uint8Array>;
  /** What lets several threads compute one image; absent where the host has none. */
  readonly threads?: ThreadHost;
  /** Most bytes of linear memory where the caller does not say; 2 GiB where neither does. */
  readonly maxMemory?: number;
}

/** Bounds on reading a model. */
export interface ReadLimits {
  /** Longest file, in bytes. */
  readonly maxBytes: number;
  /** Ends the reading. */
  readonly signal?: Signal | undefined;
}

/** What a load may take. */
export interface LoadLimits {
  readonly maxMemory: number;
  readonly maxSynapses: number;
  readonly signal?: Signal | undefined;
}

const MOST_MEMORY = 2 ** 32 - 2 ** 16;

/** Options of loading, each read once. */
export const LOAD_OPTIONS = [
  "build",
  "maxMemory",
  "maxSynapses",
  "signal",
  "threads",
] as const satisfies (keyof LoadOptions)[];

/**
 * The limits that options state, or a host.
 * @throws BsnnError `bad-input` where they are none
 */
export function limitsOf(host: Host, options: LoadOptions): LoadLimits {
  const { maxMemory = host.maxMemory ?? 2 ** 31, maxSynapses = Number.POSITIVE_INFINITY, signal } = options;
  if (!Number.isInteger(maxMemory) || maxMemory < 2 ** 16 || maxMemory > MOST_MEMORY) {
    throw mustBe("maxMemory", `an integer in 65536…${MOST_MEMORY}`, maxMemory);
  }
  if (typeof maxSynapses !== "number" || !(maxSynapses >= 0)) throw mustBe("maxSynapses", "a number ≥ 0", maxSynapses);
  return { maxMemory, maxSynapses, signal: signalOf(signal) };
}

/** @throws BsnnError `bad-input` where a signal is none */
function signalOf(signal: unknown): Signal | undefined {
  if (signal === undefined || signal === null) return undefined;
  const own = signal as { readonly [name in keyof Signal]?: unknown };
  const methods = ["throwIfAborted", "addEventListener", "removeEventListener"] as const;
  if (methods.every((name) => reading(`${name} of signal`, () => typeof own[name]) === "function")) {
    return signal as Signal;
  }
  throw mustBe("signal", "an AbortSignal", signal);
}

/** @throws BsnnError `unsupported` where a run of a network would take more work than allowed */
function requireSynapses({ projections }: Network, maxSynapses: number): void {
  const synapses = projections.reduce((sum, projection) => sum + projection.synapses, 0);
  if (synapses <= maxSynapses) return;
  throw new BsnnError("unsupported", `the model has ${synapses} synapses, ${maxSynapses} are allowed`);
}

/** Relaxed builds that have passed their known-answer test in this engine, or have not. */
const probed = new WeakMap<CompiledModule, boolean>();

/** How a build becomes an instance. */
interface Builds {
  core(build: CoreBuild): Promise<CompiledModule>;
  instantiate(module: CompiledModule): Core;
}

/** An instance of the core, of which build it is, and what it is an instance of. */
interface Chosen {
  readonly core: Core;
  readonly build: CoreBuild;
  readonly module: CompiledModule;
}

async function relaxed(builds: Builds): Promise<Chosen> {
  const module = await builds.core("relaxed");
  const core = builds.instantiate(module);
  if (!probed.has(module)) probed.set(module, core.exports.probe() !== 0);
  if (!probed.get(module)) throw new Error("the relaxed dot product fails its known-answer test");
  return { core, build: "relaxed", module };
}

async function baseline(builds: Builds): Promise<Chosen> {
  const module = await builds.core("baseline");
  return { core: builds.instantiate(module), build: "baseline", module };
}

function unsupported(build: string, cause: unknown): BsnnError {
  // Where the core was looked for has been told.
  if (cause instanceof BsnnError) return cause;
  const reason = reasonOf(cause);
  // Engines name the directive one way or the other.
  const policy = /unsafe-eval|content security policy/i.test(reason)
    ? "; the page's content security policy must allow 'wasm-unsafe-eval' in script-src"
    : "";
  return new BsnnError("unsupported", `this engine cannot run the ${build} build of the core: ${reason}${policy}`, {
    cause,
  });
}

/**
 * An instance of the build asked for, or of the better one that this engine can run.
 * @internal
 */
export async function chooseCore(
  from: Pick<Builds, "core"> & Partial<Builds>,
  { build = "auto" }: LoadOptions,
): Promise<Chosen> {
  if (build !== "auto" && build !== "baseline" && build !== "relaxed") {
    throw mustBe("build", "'auto', 'baseline' or 'relaxed'", build);
  }
  const builds: Builds = {
    core: (which) => from.core(which),
    instantiate: (module) => (from.instantiate ? from.instantiate(module) : Core.instantiate(module)),
  };
  if (build !== "baseline") {
    const chosen = await relaxed(builds).catch((error) => {
      if (build === "relaxed") throw unsupported(build, error);
      return null;
    });
    if (chosen) return chosen;
  }
  return baseline(builds).catch((error) => {
    throw unsupported("baseline", error);
  });
}

/** The core's own limit. */
const MOST_THREADS = 32;

/** @throws BsnnError `bad-input` where it is no number of threads */
function threadsOf({ threads = 1 }: LoadOptions): number {
  if (Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS) return threads;
  throw mustBe("threads", `an integer in 1…${MOST_THREADS}`, threads);
}

/** @throws BsnnError `bad-input` where a host is none */
function requireHost(host: Host): void {
  if (reading("host", () => typeof host.core === "function" && typeof host.bytes === "function")) return;
  throw mustBe("host", "an object with the functions core and bytes", host);
}

/** Loads a model through a host; the `load` of every host entry is this one with its host filled in. */
export function loadWith(host: Host, source: ModelSource, options?: LoadOptions | null): Promise<Network> {
  return loadAs(host, source, options, (core, build, crew) => new CoreNetwork(core, build, crew));
}

/**
 * Loads a model through a host, as what `make` makes of the core that has read it.
 * @internal
 */
export async function loadAs<N extends Network>(
  host: Host,
  source: ModelSource,
  options: LoadOptions | null | undefined,
  make: (core: Core, build: CoreBuild, crew: Crew | null) => N,
): Promise<N> {
  requireHost(host);
  const given = readOptions(options, LOAD_OPTIONS);
  const { maxMemory, maxSynapses, signal } = limitsOf(host, given);
  const threads = threadsOf(given);
  signal?.throwIfAborted();
  const crew = threads > 1 ? await openCrew(host, threads, maxMemory, signal) : null;
  const { core, build, module } = await chooseCore(crew ?? host, given);
  const file = await host.bytes(source, { maxBytes: maxMemory, signal });
  if (arrayKind(file) !== "Uint8Array") throw mustBe("what the host's bytes gives", "a Uint8Array", file);
  signal?.throwIfAborted();
  core.load(file, maxMemory);
  const network = make(core, build, crew);
  requireSynapses(network, maxSynapses);
  await crew?.start(core, module);
  return network;
}

/** @throws BsnnError `unsupported` where there are no threads */
async function openCrew(
  { threads: host }: Host,
  count: number,
  maxMemory: number,
  signal: Signal | undefined,
): Promise<Crew> {
  const { Crew } = await import("../network/crew.ts");
  return new Crew({ host, count, maxMemory, signal, instantiate: Core.instantiate });
}
