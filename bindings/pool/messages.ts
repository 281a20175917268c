/** What is said to workers and by them, whichever host starts them. */
import type {
  CompiledModule,
  CoreBuild,
  ErrorCode,
  Inputs,
  LinearMemory,
  PoolResult,
  PoolRunOptions,
} from "../types.ts";

/** A worker as those see it who have started it, whatever the host's kind. */
export interface WorkerHandle {
  post(message: ToWorker, transfer: ArrayBuffer[]): void;
  /** Called once: what the worker says, and why it died. */
  listen(said: (message: FromWorker) => void, died: (reason: unknown) => void): void;
  terminate(): unknown;
  /** From here on the worker alone does not keep the program running, where that is for the host to say. */
  release?(): void;
}

/** What a host has that lets several threads compute one image. */
export interface ThreadHost {
  /** The compiled core for shared memory, as `Host.core`. */
  core(build: CoreBuild): Promise<CompiledModule>;
  startWorker(): WorkerHandle;
}

/** To a pool's worker: the model it is to load, then inputs. */
export type ToPoolWorker =
  | {
      readonly module: CompiledModule;
      readonly build: CoreBuild;
      readonly file: Uint8Array;
      readonly maxMemory: number;
      readonly maxSynapses: number;
    }
  | { readonly id: number; readonly samples: Inputs; readonly options: PoolRunOptions };

/** To a worker that is to help another in its memory: the core, and which thread it is. */
export interface Join {
  readonly join: number;
  readonly module: CompiledModule;
  readonly memory: LinearMemory;
}

export type ToWorker = ToPoolWorker | Join;

export type FromWorker = { readonly ready: true } | { readonly unready: Failure } | ({ readonly id: number } & Answer);

export type Answer = { readonly result: PoolResult } | { readonly failure: Failure };

/** Why something failed; the code of a `BsnnError`, null where it was none. */
export interface Failure {
  readonly code: ErrorCode | null;
  readonly message: string;
}
