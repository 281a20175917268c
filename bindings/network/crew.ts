/** Threads that compute a network's populations together: instances of one core in one memory, of which the caller's leads. */
import { BsnnError } from "../error.ts";
import { reasonOf } from "../kinds.ts";
import { unlessAborted } from "../load/aborted.ts";
import type { WorkerHandle } from "../pool/messages.ts";
import type { CompiledModule, CoreBuild, Signal } from "../types.ts";
import type { Core } from "./core.ts";

/** What a host has that lets several threads compute one image. */
export interface ThreadHost {
  /** The compiled core for shared memory, as `Host.core`. */
  core(build: CoreBuild): Promise<CompiledModule>;
  startWorker(): WorkerHandle;
}

/** Most threads of a network; the core's own limit. */
export const MOST_THREADS = 32;

/** @throws BsnnError `unsupported`, naming what is missing, where threads cannot share memory */
export function requireThreads(host: ThreadHost | undefined): ThreadHost {
  if (typeof SharedArrayBuffer === "undefined" || globalThis.crossOriginIsolated === false) {
    throw unsupported(
      "SharedArrayBuffer, which pages have only where they are cross-origin isolated (headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp)",
    );
  }
  if (host) return host;
  throw unsupported("workers, which this entry does not start");
}

const unsupported = (missing: string) =>
  new BsnnError("unsupported", `several threads for one image need ${missing}; threads: 1 does without`);

/** The helpers of a network. */
export class Crew {
  readonly #core: Core;
  readonly #helpers = new Set<WorkerHandle>();

  constructor(core: Core) {
    this.#core = core;
  }

  /** Threads that there are: the caller's, and helpers that have not ended. */
  get threads(): number {
    return 1 + this.#helpers.size;
  }

  /**
   * Starts helpers in the memory of a core that has loaded its model, and waits until they are there.
   * @param count of threads, the caller's included
   * @throws BsnnError `unsupported` where they cannot be started; the signal's reason where it ends the waiting
   */
  async start(host: ThreadHost, module: CompiledModule, count: number, signal: Signal | undefined): Promise<void> {
    const { memory } = this.#core.exports;
    try {
      const starts = Array.from({ length: count - 1 }, (_, k) => this.#add(host, { join: k + 1, module, memory }));
      await unlessAborted(Promise.all(starts), signal);
      for (const helper of this.#helpers) helper.release?.();
    } catch (cause) {
      this.end();
      signal?.throwIfAborted();
      throw new BsnnError("unsupported", `threads cannot be started: ${reasonOf(cause)}`, { cause });
    }
  }

  #add(host: ThreadHost, message: Parameters<WorkerHandle["post"]>[0]): Promise<void> {
    return new Promise((resolve, reject) => {
      const helper = host.startWorker();
      this.#helpers.add(helper);
      helper.listen(
        (said) => {
          if ("ready" in said) resolve();
          else if ("unready" in said) reject(new Error(said.unready.message));
        },
        // Parts that it has not claimed are computed by others.
        (reason) => {
          this.#helpers.delete(helper);
          reject(reason);
        },
      );
      helper.post(message, []);
    });
  }

  /** Ends the helpers. */
  end(): void {
    const helpers = [...this.#helpers];
    this.#helpers.clear();
    this.#core.endHelpers();
    for (const helper of helpers) void helper.terminate();
  }
}
