import { instantiate } from "@assemblyscript/loader";
import { BsnnError } from "./error.ts";

/** The core's exports (assembly/index.ts); pointers are byte offsets and may come back as negative int32. */
interface Exports extends Record<string, unknown> {
  readonly memory: WebAssembly.Memory;
  probe(): number;
  reserveModel(size: number): number;
  loadModel(file: number, size: number): number;
  messagePointer(): number;
  messageLength(): number;
  memoryUsed(): number;
  keyPointer(key: number): number;
  keyCount(key: number): number;
  labelCount(): number;
  labelPointer(index: number): number;
  labelLength(index: number): number;
  phases(): number;
  phaseCoded(): number;
  signedInput(): number;
  deepest(): number;
  populationCount(): number;
  populationNamePointer(population: number): number;
  populationNameLength(population: number): number;
  populationKind(population: number): number;
  populationHeight(population: number): number;
  populationWidth(population: number): number;
  populationChannels(population: number): number;
  populationDepth(population: number): number;
  unitPointer(population: number): number;
  shiftPointer(population: number): number;
  projectionCount(): number;
  projectionSource(projection: number): number;
  projectionTarget(projection: number): number;
  projectionPool(projection: number): number;
  projectionKernelHeight(projection: number): number;
  projectionKernelWidth(projection: number): number;
  projectionStrideHeight(projection: number): number;
  projectionStrideWidth(projection: number): number;
  projectionGroups(projection: number): number;
  projectionWeightBits(projection: number): number;
  projectionWeights(projection: number): number;
  samplePointer(): number;
  levelPointer(population: number): number;
  potentialPointer(population: number): number;
  runPeriods(presentations: number, carry: number): number;
  keepPotentials(): number;
  beginSteps(presentations: number, carry: number): number;
  advanceStep(): number;
  runSteps(): void;
  listPointer(): number;
  listSpikes(population: number): number;
  listMembranes(population: number): void;
  listInputs(population: number): void;
  listReached(population: number): void;
  decode(population: number, presentations: number): number;
  rank(population: number, count: number): number;
  countActivity(): void;
  spikesOf(population: number): number;
  synapticOperations(): number;
  inputOperations(): number;
  synapses(projection: number): number;
  valueCount(): number;
  valuePointer(): number;
  encode(): void;
  runUngated(periods: number): number;
  countInactivated(population: number): void;
  inactivated(): number;
  spikingInactivated(): number;
  inactivatedSpikes(): number;
  ungatedSpikes(): number;
}

/** Keys the bindings read themselves, by their number in assembly/model/keys.ts. */
export const Key = { name: 1, range: 7, scale: 9, mean: 10, std: 11, channelOrder: 12, macs: 14 } as const;

const utf8 = new TextDecoder();

/** One instance of the core, with typed access to its memory. */
export class Core {
  readonly exports: Exports;

  private constructor(exports: Exports) {
    this.exports = exports;
  }

  static async instantiate(module: WebAssembly.Module): Promise<Core> {
    return new Core((await instantiate<Exports>(module)).exports);
  }

  /** Copies a model file in, checks it and plans its memory. */
  load(file: Uint8Array): void {
    const pointer = this.require(this.exports.reserveModel(file.length)) >>> 0;
    new Uint8Array(this.exports.memory.buffer).set(file, pointer);
    const status = this.exports.loadModel(pointer, file.length);
    if (status) throw new BsnnError(status === 1 ? "bad-model" : "unsupported", this.message());
  }

  /** Throws the core's last error where a call that reserves memory has returned 0. */
  require(result: number): number {
    if (!result) throw new BsnnError("unsupported", this.message());
    return result;
  }

  /** Text of the core's last error. */
  message(): string {
    return this.text(this.exports.messagePointer(), this.exports.messageLength());
  }

  text(pointer: number, length: number): string {
    return utf8.decode(new Uint8Array(this.exports.memory.buffer, pointer >>> 0, length));
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
    return this.exports.memory.buffer.slice(pointer >>> 0, (pointer >>> 0) + bytes);
  }
}
