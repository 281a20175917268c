/** The core as the bindings know it: its exports, and copies of what lies in its memory. */
import type { PopulationField, ProjectionField } from "../../layout/layout.ts";
import { BsnnError } from "../error.ts";
import type { CompiledModule } from "../types.ts";

/** `WebAssembly.Global`, whose type not every host declares alike. */
interface Int32Global {
  readonly value: number;
}

/** The core's exports (assembly/index.ts); pointers are byte offsets and may come back as negative int32. */
interface Exports extends Record<string, unknown> {
  readonly memory: WebAssembly.Memory;
  probe(): number;
  readonly memoryLimit: { value: number };
  reserveModel(size: number): number;
  loadModel(file: number, size: number): number;
  readonly messageText: Int32Global;
  readonly messageLength: Int32Global;
  keyPointer(key: number): number;
  keyCount(key: number): number;
  label(index: number): number;
  populationRecord(population: number): number;
  projectionRecord(projection: number): number;
  readonly phases: Int32Global;
  readonly phaseCoded: Int32Global;
  readonly populationCount: Int32Global;
  readonly projectionCount: Int32Global;
  readonly samples: Int32Global;
  runPeriods(presentations: number, carry: number): number;
  integratePopulation(population: number): void;
  keepPotentials(): number;
  stepsTo(presentations: number, registers: number): number;
  readonly time: Int32Global;
  beginSteps(presentations: number, carry: number, registers: number): number;
  advanceStep(): number;
  runSteps(): void;
  readonly listing: Int32Global;
  listSpikes(population: number): number;
  listMembranes(population: number): void;
  listInputs(population: number): void;
  listIntegrated(population: number): void;
  decode(population: number, presentations: number): number;
  rank(population: number, presentations: number, count: number): number;
  firstOutput(): number;
  isClassifier(): number;
  countActivity(): void;
  readonly counts: Int32Global;
  valueCount(): number;
  valuePointer(): number;
  encode(): number;
}

/** What the core for several threads has beside (assembly/threads.ts). */
interface ThreadExports {
  initialise(): void;
  readonly threads: { value: number };
  readonly mayWait: { value: number };
  readonly lost: Int32Global;
  signals(): number;
  wake(): void;
  joinAs(thread: number): void;
  serve(): void;
}

/** Why a network cannot be used any more. */
export const LOST = "a thread has ended in the middle of a run: load the network anew";

const PAGE = 2 ** 16;

/** Whether this thread may sleep in shared memory; the main thread of a page must not. */
function mayWait(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * A memory for threads. What it may grow to is set aside at once, as addresses: where a host has not so many, less.
 * @param maxMemory bytes
 */
function sharedMemory(maxMemory: number): { memory: WebAssembly.Memory; maximum: number } {
  for (let maximum = Math.floor(maxMemory / PAGE); ; maximum = Math.ceil(maximum / 2)) {
    try {
      return { memory: new WebAssembly.Memory({ initial: 1, maximum, shared: true }), maximum: maximum * PAGE };
    } catch (error) {
      if (!(error instanceof RangeError) || maximum < 2 ** 10) throw error;
    }
  }
}

// A byte order mark is part of a name: names that differ stay different.
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** One instance of the core, with typed access to its memory. */
export class Core {
  readonly exports: Exports;
  /** Of a core for several threads what it has beside. */
  readonly #threads: ThreadExports | null;
  /** Most bytes that its memory can have. */
  readonly #maximum: number;

  private constructor(exports: Exports, threads: ThreadExports | null = null, maximum = Number.POSITIVE_INFINITY) {
    this.exports = exports;
    this.#threads = threads;
    this.#maximum = maximum;
  }

  static instantiate(module: CompiledModule): Core {
    // The core imports nothing. The module may be one of another realm.
    const exports = new WebAssembly.Instance(module as WebAssembly.Module).exports as unknown as Exports;
    if (typeof exports.loadModel !== "function") throw new Error("the module is no core of bsnn");
    return new Core(exports);
  }

  /**
   * An instance of the core for several threads that leads, in a memory of its own.
   * @param threads that are going to compute, this one included
   * @param maxMemory bytes that the memory may have
   */
  static lead(module: CompiledModule, threads: number, maxMemory: number): Core {
    const { memory, maximum } = sharedMemory(maxMemory);
    const core = Core.#inMemory(module, memory, maximum);
    const own = core.#threads!;
    own.initialise();
    own.threads.value = threads;
    own.mayWait.value = Number(mayWait());
    return core;
  }

  /** An instance that helps the one that leads, in its memory and with the model it has loaded. */
  static join(module: CompiledModule, memory: WebAssembly.Memory, thread: number): Core {
    const core = Core.#inMemory(module, memory);
    core.#threads!.joinAs(thread);
    return core;
  }

  static #inMemory(module: CompiledModule, memory: WebAssembly.Memory, maximum?: number): Core {
    const instance = new WebAssembly.Instance(module as WebAssembly.Module, { env: { memory } });
    const exports = instance.exports as unknown as Exports & ThreadExports;
    if (typeof exports.joinAs !== "function") throw new Error("the module is no core of bsnn for several threads");
    return new Core(exports, exports, maximum);
  }

  /** Helps until the one that leads ends it. Blocks the thread. */
  help(): void {
    try {
      this.#threads!.serve();
    } catch (error) {
      // What it has begun is never done.
      this.#signal(0);
      throw error;
    }
  }

  /** Tells helpers to end. */
  endHelpers(): void {
    this.#signal(1);
    this.#threads!.wake();
  }

  /** Whether a helper did not finish what it had begun. */
  get lost(): boolean {
    return this.#threads !== null && this.#threads.lost.value !== 0;
  }

  #signal(which: 0 | 1): void {
    const signals = new Int32Array(this.exports.memory.buffer, this.#threads!.signals() >>> 0, 2);
    Atomics.store(signals, which, 1);
  }

  /**
   * Copies a model file in, checks it and plans its memory.
   * @param maxMemory bytes that linear memory may have, now and while running
   * @throws BsnnError `bad-model`, or `unsupported` where memory ends
   */
  load(file: Uint8Array, maxMemory?: number): void {
    if (maxMemory !== undefined) this.exports.memoryLimit.value = Math.min(maxMemory, this.#maximum);
    const pointer = this.require(this.exports.reserveModel(file.length)) >>> 0;
    new Uint8Array(this.exports.memory.buffer).set(file, pointer);
    const status = this.exports.loadModel(pointer, file.length);
    if (status) throw new BsnnError(status === 1 ? "bad-model" : "unsupported", this.message());
  }

  /** One field of a population's record. */
  populationField(index: number, field: PopulationField): number {
    return this.#u32(this.exports.populationRecord(index), field);
  }

  /** One field of a projection's record. */
  projectionField(index: number, field: ProjectionField): number {
    return this.#u32(this.exports.projectionRecord(index), field);
  }

  #u32(record: number, field: number): number {
    return new Uint32Array(this.exports.memory.buffer, record >>> 0, field + 1)[field];
  }

  /** Throws the core's last error where a call that reserves memory has returned 0. */
  require(result: number): number {
    if (result) return result;
    throw new BsnnError("unsupported", this.lost ? LOST : this.message());
  }

  /** Text of the core's last error. */
  message(): string {
    return this.text(this.exports.messageText.value, this.exports.messageLength.value);
  }

  text(pointer: number, length: number): string {
    const bytes = this.bytes(pointer, length);
    // Decoders of pages read no memory that is shared.
    return utf8.decode(this.#threads ? bytes.slice() : bytes);
  }

  /** A view of bytes, valid until the memory grows. */
  bytes(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.exports.memory.buffer, pointer >>> 0, length);
  }

  copyU8(pointer: number, length: number): Uint8Array {
    return this.bytes(pointer, length).slice();
  }

  copyI32(pointer: number, length: number): Int32Array {
    return new Int32Array(this.#copy(pointer, length * 4));
  }

  copyU32(pointer: number, length: number): Uint32Array {
    return new Uint32Array(this.#copy(pointer, length * 4));
  }

  copyF32(pointer: number, length: number): Float32Array {
    return new Float32Array(this.#copy(pointer, length * 4));
  }

  /** The file's own arrays need not be aligned in memory: copied, they are. */
  copyF64(pointer: number, length: number): Float64Array {
    return new Float64Array(this.#copy(pointer, length * 8));
  }

  #copy(pointer: number, bytes: number): ArrayBuffer {
    // A copy belongs to its caller alone, even of memory that is shared.
    return this.copyU8(pointer, bytes).buffer as ArrayBuffer;
  }
}
