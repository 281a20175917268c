/** Many inputs at once: a network in each of several workers, behind one queue. */
import { mustBe, readOptions } from "../arguments.ts";
import { BsnnError } from "../error.ts";
import { reasonOf } from "../kinds.ts";
import { unlessAborted } from "../load/aborted.ts";
import { chooseCore, type Host, LOAD_OPTIONS, limitsOf } from "../load/load.ts";
import { copyInputs } from "../network/inputs.ts";
import { checkOptions, RUN_OPTIONS } from "../network/network.ts";
import { partsOf, requireSamples } from "../network/samples.ts";
import type {
  CoreBuild,
  Inputs,
  LoadOptions,
  ModelSource,
  Pool,
  PoolOptions,
  PoolResult,
  PoolRunOptions,
} from "../types.ts";
import type { Answer, Failure, ToPoolWorker, WorkerHandle } from "./messages.ts";

/** What a host with threads has beyond loading. */
export interface PoolHost extends Host {
  startWorker(): WorkerHandle;
  /** Workers where none are asked for. */
  processors(): number;
}

/** Inputs a worker holds: the one it runs and the next, so that it does not wait for the queue. */
const AHEAD = 2;
const MOST_WORKERS = 256;

/** Workers that may end while they run one input, before it is given up. */
const MOST_TRIES = 2;

interface Job {
  readonly id: number;
  /** The caller's input as it was when it was given. */
  readonly samples: Inputs;
  readonly options: PoolRunOptions;
  tries: number;
  resolve(result: PoolResult): void;
  reject(error: unknown): void;
}

interface Member {
  readonly handle: WorkerHandle;
  /** In the order they were handed over: the worker runs the first. */
  readonly jobs: Map<number, Job>;
  ready: boolean;
}

/** Bytes that all workers read where they are, on hosts that share memory; elsewhere each worker gets a copy. */
function shared(file: Uint8Array): Uint8Array {
  if (typeof SharedArrayBuffer === "undefined") return file;
  const bytes = new Uint8Array(new SharedArrayBuffer(file.length));
  bytes.set(file);
  return bytes;
}

/** A copy of the samples, and of the options: what the caller does with his own later does not matter. */
function copyInput(samples: Inputs, options: PoolRunOptions | null | undefined): Pick<Job, "samples" | "options"> {
  const { activity = false, ...given } = readOptions(options, [...RUN_OPTIONS, "activity"]);
  if (typeof activity !== "boolean") throw mustBe("activity", "true or false", activity);
  const checked = { ...checkOptions(given), activity };
  try {
    return { samples: copyInputs(samples), options: checked };
  } catch (cause) {
    if (cause instanceof BsnnError) throw cause;
    throw new BsnnError("bad-input", `the samples cannot be read: ${reasonOf(cause)}`, { cause });
  }
}

/** Loads a model in a pool of workers; the `loadPool` of every host with threads is this one with its host filled in. */
export async function loadPoolWith(host: PoolHost, source: ModelSource, options?: PoolOptions | null): Promise<Pool> {
  const given = readOptions<PoolOptions & LoadOptions>(options, [...LOAD_OPTIONS, "workers"]);
  const { workers = Math.min(MOST_WORKERS, host.processors()) } = given;
  if (!Number.isInteger(workers) || workers < 1 || workers > MOST_WORKERS) {
    throw mustBe("workers", `an integer in 1…${MOST_WORKERS}`, workers);
  }
  // Its workers compute images of their own.
  if ((given.threads ?? 1) !== 1) throw mustBe("threads", "1 in a pool", given.threads);
  const { maxMemory, maxSynapses, signal } = limitsOf(host, given);
  signal?.throwIfAborted();
  const { build, module } = await chooseCore(host, given);
  const file = shared(await host.bytes(source, { maxBytes: maxMemory, signal }));
  signal?.throwIfAborted();
  const pool = new WorkerPool(build, workers, host, { module, build, file, maxMemory, maxSynapses });
  try {
    await unlessAborted(Promise.all(Array.from({ length: workers }, () => pool.add())), signal);
  } catch (error) {
    await pool.dispose();
    signal?.throwIfAborted();
    if (error instanceof BsnnError) throw error;
    throw new BsnnError("unsupported", `workers cannot be started: ${reasonOf(error)}`, { cause: error });
  }
  return pool;
}

class WorkerPool implements Pool {
  readonly build: CoreBuild;
  readonly #host: PoolHost;
  readonly #load: ToPoolWorker;
  /** Those that are there; one that has ended is replaced when it is missed. */
  readonly #members = new Set<Member>();
  readonly #queue: Job[] = [];
  #workers: number;
  #next = 0;
  #closed: BsnnError | null = null;

  constructor(build: CoreBuild, workers: number, host: PoolHost, load: ToPoolWorker) {
    this.build = build;
    this.#workers = workers;
    this.#host = host;
    this.#load = load;
  }

  get workers(): number {
    return this.#workers;
  }

  /** Starts a worker; resolves when it has loaded the model. */
  add(): Promise<void> {
    return new Promise((resolve, reject) => {
      const member: Member = { handle: this.#host.startWorker(), jobs: new Map(), ready: false };
      this.#members.add(member);
      member.handle.listen(
        (message) => {
          if ("ready" in message) {
            member.ready = true;
            resolve();
            this.#hand();
          } else if ("unready" in message) {
            reject(errorOf(message.unready));
            this.#members.delete(member);
            member.handle.terminate();
          } else this.#finish(member, message.id, message);
        },
        (reason) => {
          const error = new BsnnError("unsupported", `a worker has ended: ${reasonOf(reason)}`, { cause: reason });
          reject(error);
          this.#lose(member, error);
        },
      );
      member.handle.post(this.#load, []);
    });
  }

  async run(samples: Inputs, options?: PoolRunOptions | null): Promise<PoolResult> {
    if (!partsOf(samples)) requireSamples(samples);
    if (this.#closed) throw this.#closed;
    const input = copyInput(samples, options);
    return new Promise((resolve, reject) => {
      this.#queue.push({ id: this.#next++, ...input, tries: 0, resolve, reject });
      this.#hand();
    });
  }

  async dispose(): Promise<void> {
    await this.#close(new BsnnError("disposed", "the pool has been disposed of"));
  }

  /** The worker with the fewest inputs, if it has room for another. */
  #free(): Member | null {
    let least: Member | null = null;
    for (const member of this.#members) {
      if (member.ready && member.jobs.size < (least?.jobs.size ?? AHEAD)) least = member;
    }
    return least;
  }

  /** Hands queued inputs to the workers with the fewest, and replaces workers that are missed. */
  #hand(): void {
    while (this.#queue.length > 0) {
      const member = this.#free();
      if (!member) break;
      const job = this.#queue.shift()!;
      const { id, samples, options } = job;
      try {
        member.handle.post({ id, samples, options }, []);
        member.jobs.set(id, job);
      } catch (cause) {
        job.reject(new BsnnError("bad-input", `the run's options cannot be sent: ${reasonOf(cause)}`, { cause }));
      }
    }
    if (this.#queue.length > 0 && !this.#closed && this.#members.size < this.#workers) this.#replace();
  }

  /** Starts a worker in place of one that has ended; where that fails the pool goes on with fewer, or ends with the last. */
  #replace(): void {
    this.add().catch(async (cause) => {
      if (this.#closed) return;
      this.#workers = Math.max(1, this.#workers - 1);
      if ([...this.#members].some(({ ready }) => ready)) return;
      await this.#close(
        new BsnnError("unsupported", `no worker is left, and none can be started: ${reasonOf(cause)}`, { cause }),
      );
    });
  }

  /** Takes leave of a worker that has ended: what it ran is tried once more, what it had not begun goes to another. */
  #lose(member: Member, error: BsnnError): void {
    if (!this.#members.delete(member) || this.#closed) return;
    member.handle.terminate();
    const [running, ...waiting] = member.jobs.values();
    member.jobs.clear();
    this.#queue.unshift(...waiting);
    if (running && ++running.tries < MOST_TRIES) this.#queue.unshift(running);
    else running?.reject(error);
    if (member.ready) this.#hand();
  }

  #finish(member: Member, id: number, answer: Answer): void {
    const job = member.jobs.get(id);
    // Answers may still arrive while the workers are being ended.
    if (!job) return;
    member.jobs.delete(id);
    if ("result" in answer) job.resolve(answer.result);
    else job.reject(errorOf(answer.failure));
    this.#hand();
  }

  async #close(error: BsnnError): Promise<void> {
    if (this.#closed) return;
    this.#closed = error;
    const members = [...this.#members];
    const unanswered = [...members.flatMap(({ jobs }) => [...jobs.values()]), ...this.#queue.splice(0)];
    for (const member of members) member.jobs.clear();
    for (const job of unanswered) job.reject(error);
    await Promise.all(members.map(({ handle }) => handle.terminate()));
  }
}

function errorOf({ code, message }: Failure): Error {
  return new BsnnError(code ?? "unsupported", message);
}
