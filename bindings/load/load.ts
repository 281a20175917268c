/** Loading a model, whatever the host. */
import { BsnnError } from "../error.ts";
import { reasonOf } from "../kinds.ts";
import { Core } from "../network/core.ts";
import { CoreNetwork } from "../network/network.ts";
import type { CompiledModule, CoreBuild, LoadOptions, ModelSource, Network } from "../types.ts";

/** What differs between hosts: where the core and a model's bytes come from. */
export interface Host {
  /** The compiled core; rejects where the engine cannot compile that build. Called for every load: keep what is compiled. */
  core(build: CoreBuild): Promise<CompiledModule>;
  /** The bytes of a model source. */
  bytes(source: ModelSource): Promise<Uint8Array>;
}

/** Relaxed builds that have passed their known-answer test in this engine, or have not. */
const probed = new WeakMap<CompiledModule, boolean>();

async function relaxed(host: Host): Promise<Core> {
  const module = await host.core("relaxed");
  const core = Core.instantiate(module);
  if (!probed.has(module)) probed.set(module, core.exports.probe() !== 0);
  if (!probed.get(module)) throw new Error("the relaxed dot product fails its known-answer test");
  return core;
}

async function baseline(host: Host): Promise<Core> {
  return Core.instantiate(await host.core("baseline"));
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
  host: Host,
  { build = "auto" }: LoadOptions,
): Promise<{ core: Core; build: CoreBuild }> {
  if (build !== "auto" && build !== "baseline" && build !== "relaxed") {
    throw new BsnnError("bad-input", `build must be 'auto', 'baseline' or 'relaxed', found '${build}'`);
  }
  if (build !== "baseline") {
    const core = await relaxed(host).catch((error) => {
      if (build === "relaxed") throw unsupported(build, error);
      return null;
    });
    if (core) return { core, build: "relaxed" };
  }
  const core = await baseline(host).catch((error) => {
    throw unsupported("baseline", error);
  });
  return { core, build: "baseline" };
}

/** Loads a model through a host; the `load` of every host entry is this one with its host filled in. */
export async function loadWith(host: Host, source: ModelSource, options: LoadOptions = {}): Promise<Network> {
  const { core, build } = await chooseCore(host, options);
  core.load(await host.bytes(source));
  return new CoreNetwork(core, build);
}
