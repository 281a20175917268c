/**
 * Threads that compute a network's populations together: instances of one core in one memory, of which the caller's leads. Loaded where threads
 * are asked for.
 */
import { BsnnError } from "../error.ts";
import { reasonOf } from "../kinds.ts";
import { unlessAborted } from "../load/aborted.ts";
import type { Join, ThreadHost, WorkerHandle } from "../pool/messages.ts";
import type { CompiledModule, CoreBuild, Signal } from "../types.ts";
import type { Core } from "./core.ts";

/** What the core for several threads has beside the others' exports (assembly/threads.ts). */
interface ThreadExports {
  readonly memory: WebAssembly.Memory;
  initialise(): void;
  readonly threads: { value: number };
  readonly mayWait: { value: number };
  signals(): number;
  wake(): void;
  joinAs(thread: number): void;
  serve(): void;
}

const exportsOf = (core: Core) => core.exports as unknown as ThreadExports;

/** What is told through memory: that a helper has failed, and that helpers are to end. */
function signal({ memory, signals }: ThreadExports, which: 0 | 1): void {
  Atomics.store(new Int32Array(memory.buffer, signals() >>> 0, 2), which, 1);
}

/** Whether this thread may sleep in shared memory; the main thread of a page must not. */
function mayWait(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}

const PAGE = 2 ** 16;
/** Below so many pages a host has not even the addresses for a small network. */
const FEWEST_PAGES = 2 ** 10;

/** A memory that may grow to so many bytes. Their addresses are set aside at once: where a host has not so many, fewer. */
function sharedMemory(maxMemory: number): WebAssembly.Memory {
  for (let maximum = Math.floor(maxMemory / PAGE); ; maximum = Math.ceil(maximum / 2)) {
    try {
      return new WebAssembly.Memory({ initial: 1, maximum, shared: true });
    } catch (error) {
      if (!(error instanceof RangeError) || maximum < FEWEST_PAGES) throw error;
    }
  }
}

const unsupported = (missing: string) =>
  new BsnnError("unsupported", `several threads for one image need ${missing}; threads: 1 does without`);

/** What threads are made of. */
interface Given {
  /** Absent where there are none. */
  readonly host: ThreadHost | undefined;
  /** How many, the caller's included. */
  readonly count: number;
  readonly maxMemory: number;
  readonly signal: Signal | undefined;
  /** `Core.instantiate`. */
  instantiate(module: CompiledModule, memory: WebAssembly.Memory): Core;
}

/** The threads of one network, the caller's and its helpers'. */
export class Crew {
  readonly #given: Given;
  readonly #host: ThreadHost;
  readonly #helpers = new Set<WorkerHandle>();
  #core: Core | null = null;

  /** @throws BsnnError `unsupported`, naming what is missing, where threads cannot share memory */
  constructor(given: Given) {
    if (typeof SharedArrayBuffer === "undefined" || globalThis.crossOriginIsolated === false) {
      throw unsupported(
        "SharedArrayBuffer, which pages have only where they are cross-origin isolated (headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp)",
      );
    }
    if (!given.host) throw unsupported("workers, which this entry does not start");
    this.#given = given;
    this.#host = given.host;
  }

  /** Threads that there are: the caller's, and helpers that have not ended. */
  get threads(): number {
    return 1 + this.#helpers.size;
  }

  core(build: CoreBuild): Promise<CompiledModule> {
    return this.#host.core(build);
  }

  /** The instance that leads, in a memory of its own. */
  instantiate(module: CompiledModule): Core {
    const { count, maxMemory, instantiate } = this.#given;
    const core = instantiate(module, sharedMemory(maxMemory));
    const exports = exportsOf(core);
    if (typeof exports.joinAs !== "function") throw new Error("the module is no core of bsnn for several threads");
    exports.initialise();
    exports.threads.value = count;
    exports.mayWait.value = Number(mayWait());
    return core;
  }

  /**
   * Starts helpers in the memory of a core that has loaded its model, and waits until they are there.
   * @throws BsnnError `unsupported` where they cannot be started; the signal's reason where it ends the waiting
   */
  async start(core: Core, module: CompiledModule): Promise<void> {
    const { count, signal } = this.#given;
    const { memory } = core.exports;
    this.#core = core;
    try {
      const starts = Array.from({ length: count - 1 }, (_, k) => this.#add({ join: k + 1, module, memory }));
      await unlessAborted(Promise.all(starts), signal);
      for (const helper of this.#helpers) helper.release?.();
    } catch (cause) {
      this.end();
      signal?.throwIfAborted();
      throw new BsnnError("unsupported", `threads cannot be started: ${reasonOf(cause)}`, { cause });
    }
  }

  #add(message: Join): Promise<void> {
    return new Promise((resolve, reject) => {
      const helper = this.#host.startWorker();
      this.#helpers.add(helper);
      helper.listen(
        (said) => {
          if ("ready" in said) resolve();
          else if ("unready" in said) reject(new Error(said.unready.message));
        },
        // Parts that it has not claimed are computed by others. Workers of the web outlive what fails in them.
        (reason) => {
          this.#helpers.delete(helper);
          void helper.terminate();
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
    if (this.#core) {
      const exports = exportsOf(this.#core);
      signal(exports, 1);
      exports.wake();
    }
    for (const helper of helpers) void helper.terminate();
  }
}

/**
 * What a worker does that helps: joins the instance that leads, in its memory and with the model it has loaded, and helps until it is ended.
 * @param ready called once, before the thread blocks
 */
export function help({ join, module, memory }: Join, ready: () => void): void {
  const instance = new WebAssembly.Instance(module as WebAssembly.Module, {
    env: { memory: memory as WebAssembly.Memory },
  });
  const exports = instance.exports as unknown as ThreadExports;
  exports.joinAs(join);
  ready();
  // What has been said may need the thread to be sent.
  setTimeout(() => {
    try {
      exports.serve();
    } catch (error) {
      // What it has begun is never done.
      signal(exports, 0);
      throw error;
    }
  }, 0);
}
