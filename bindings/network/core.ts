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
  /** Of the core for several threads. */
  readonly lost?: Int32Global;
}

/** Why a network cannot be used any more. */
export const LOST = "a thread has ended in the middle of a run: load the network anew";

// A byte order mark is part of a name: names that differ stay different.
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** One instance of the core, with typed access to its memory. */
export class Core {
  readonly exports: Exports;

  private constructor(exports: Exports) {
    this.exports = exports;
  }

  /** @param memory that others share; the core for one thread imports none */
  static instantiate(module: CompiledModule, memory?: WebAssembly.Memory): Core {
    // The module may be one of another realm.
    const instance = new WebAssembly.Instance(module as WebAssembly.Module, memory && { env: { memory } });
    const exports = instance.exports as unknown as Exports;
    if (typeof exports.loadModel !== "function") throw new Error("the module is no core of bsnn");
    return new Core(exports);
  }

  /** Whether a helper did not finish what it had begun. */
  get lost(): boolean {
    return !!this.exports.lost?.value;
  }

  /**
   * Copies a model file in, checks it and plans its memory.
   * @param maxMemory bytes that linear memory may have, now and while running
   * @throws BsnnError `bad-model`, or `unsupported` where memory ends
   */
  load(file: Uint8Array, maxMemory?: number): void {
    if (maxMemory !== undefined) this.exports.memoryLimit.value = maxMemory;
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
    return utf8.decode(this.exports.lost ? bytes.slice() : bytes);
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
