/** Many inputs at once: a network in each of several workers, behind one queue. */
import { BsnnError } from "../error.ts";
import { reasonOf } from "../kinds.ts";
import { chooseCore, type Host } from "../load/load.ts";
import { requireSamples } from "../network/samples.ts";
import type {
  CompiledModule,
  CoreBuild,
  ErrorCode,
  ModelSource,
  Pool,
  PoolOptions,
  PoolResult,
  PoolRunOptions,
  Samples,
} from "../types.ts";

/** A worker as the pool sees it, whatever the host's kind. */
export interface WorkerHandle {
  post(message: ToWorker, transfer: ArrayBuffer[]): void;
  /** Called once: what the worker says, and why it died. */
  listen(said: (message: FromWorker) => void, died: (reason: unknown) => void): void;
  terminate(): unknown;
}

/** What a host with threads has beyond loading. */
export interface PoolHost extends Host {
  startWorker(): WorkerHandle;
  /** Workers where none are asked for. */
  processors(): number;
}

export type ToWorker =
  | { readonly module: CompiledModule; readonly build: CoreBuild; readonly file: Uint8Array }
  | { readonly id: number; readonly samples: Samples; readonly options: PoolRunOptions };

export type FromWorker = { readonly ready: true } | { readonly unready: Failure } | ({ readonly id: number } & Answer);

type Answer = { readonly result: PoolResult } | { readonly failure: Failure };

interface Failure {
  readonly code: ErrorCode | null;
  readonly message: string;
}

/** Inputs a worker holds: the one it runs and the next, so that it does not wait for the queue. */
const AHEAD = 2;
const MOST_WORKERS = 256;

interface Job {
  readonly id: number;
  readonly samples: Samples;
  readonly options: PoolRunOptions;
  resolve(result: PoolResult): void;
  reject(error: unknown): void;
}

interface Member {
  readonly handle: WorkerHandle;
  readonly jobs: Map<number, Job>;
}

/** Bytes that all workers read where they are, on hosts that share memory; elsewhere each worker gets a copy. */
function shared(file: Uint8Array): Uint8Array {
  if (typeof SharedArrayBuffer === "undefined") return file;
  const bytes = new Uint8Array(new SharedArrayBuffer(file.length));
  bytes.set(file);
  return bytes;
}

/** Loads a model in a pool of workers; the `loadPool` of every host with threads is this one with its host filled in. */
export async function loadPoolWith(host: PoolHost, source: ModelSource, options: PoolOptions = {}): Promise<Pool> {
  const { workers = Math.min(MOST_WORKERS, host.processors()) } = options;
  if (!Number.isInteger(workers) || workers < 1 || workers > MOST_WORKERS) {
    throw new BsnnError("bad-input", `workers must be an integer in 1…${MOST_WORKERS}, found ${workers}`);
  }
  const { build } = await chooseCore(host, options);
  const module = await host.core(build);
  const file = shared(await host.bytes(source));
  const pool = new WorkerPool(build);
  try {
    await Promise.all(Array.from({ length: workers }, () => pool.add(host.startWorker(), { module, build, file })));
  } catch (error) {
    await pool.dispose();
    if (error instanceof BsnnError) throw error;
    throw new BsnnError("unsupported", `workers cannot be started: ${reasonOf(error)}`, { cause: error });
  }
  return pool;
}

class WorkerPool implements Pool {
  readonly build: CoreBuild;
  readonly #members: Member[] = [];
  readonly #queue: Job[] = [];
  #next = 0;
  #closed: BsnnError | null = null;

  constructor(build: CoreBuild) {
    this.build = build;
  }

  get workers(): number {
    return this.#members.length;
  }

  /** Resolves when the worker has loaded the model. */
  add(handle: WorkerHandle, load: ToWorker): Promise<void> {
    const member: Member = { handle, jobs: new Map() };
    this.#members.push(member);
    return new Promise((resolve, reject) => {
      handle.listen(
        (message) => {
          if ("ready" in message) resolve();
          else if ("unready" in message) reject(errorOf(message.unready));
          else this.#finish(member, message.id, message);
        },
        (reason) => {
          const error = new BsnnError("unsupported", `a worker has ended: ${reasonOf(reason)}`, { cause: reason });
          reject(error);
          this.#close(error);
        },
      );
      handle.post(load, []);
    });
  }

  async run(samples: Samples, options: PoolRunOptions = {}): Promise<PoolResult> {
    requireSamples(samples);
    if (this.#closed) throw this.#closed;
    return new Promise((resolve, reject) => {
      this.#queue.push({ id: this.#next++, samples, options, resolve, reject });
      this.#hand();
    });
  }

  async dispose(): Promise<void> {
    await this.#close(new BsnnError("disposed", "the pool has been disposed of"));
  }

  /** Hands queued inputs to the workers with the fewest. */
  #hand(): void {
    while (this.#queue.length > 0) {
      const member = this.#members.reduce((least, other) => (other.jobs.size < least.jobs.size ? other : least));
      if (member.jobs.size >= AHEAD) return;
      const job = this.#queue.shift()!;
      const { id, options } = job;
      // A copy of its own can be handed over; a view would take all of its buffer along.
      const samples = new Uint8Array(job.samples);
      try {
        member.handle.post({ id, samples, options }, [samples.buffer]);
        member.jobs.set(id, job);
      } catch (cause) {
        job.reject(new BsnnError("bad-input", `the run's options cannot be sent: ${reasonOf(cause)}`, { cause }));
      }
    }
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
    const unanswered = [...this.#members.flatMap(({ jobs }) => [...jobs.values()]), ...this.#queue.splice(0)];
    for (const member of this.#members) member.jobs.clear();
    for (const job of unanswered) job.reject(error);
    await Promise.all(this.#members.map(({ handle }) => handle.terminate()));
  }
}

function errorOf({ code, message }: Failure): Error {
  return code ? new BsnnError(code, message) : new Error(message);
}
