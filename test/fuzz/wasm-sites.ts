/**
 * Writes marks into a WebAssembly module: wherever control may go one way or another (functions, loops, both sides of ifs, what follows
 * a conditional branch) a bit of an exported global is set. Nothing else of the module changes, so that any module can be watched.
 */

/** Names of the exported globals: this and a number from 0. */
export const MARKS = "fuzz marks ";
const BITS = 32;

class Reader {
  at = 0;
  constructor(readonly bytes: Uint8Array) {}
  byte(): number {
    return this.bytes[this.at++];
  }
  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }
  skipLeb(): void {
    while (this.byte() >= 128);
  }
  skip(count: number): void {
    this.at += count;
  }
}

const leb = (value: number): number[] => {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
};

const signed = (value: number): number[] => {
  const bytes: number[] = [];
  for (;;) {
    const byte = value & 127;
    value >>= 7;
    if ((value === 0 && !(byte & 64)) || (value === -1 && byte & 64)) return [...bytes, byte];
    bytes.push(byte | 128);
  }
};

const named = (text: string): number[] => [...leb(text.length), ...Buffer.from(text)];

const BLOCK = 0x02;
const LOOP = 0x03;
const IF = 0x04;
const ELSE = 0x05;
const BRANCH_IF = 0x0d;
/** Sections that are written anew. */
const Section = { custom: 0, import: 2, global: 6, export: 7, code: 10 } as const;
/** The order that a module's sections have, with those that have no number of their own in it. */
const ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

function skipMemory(reader: Reader): void {
  reader.skipLeb();
  reader.skipLeb();
}

function skipVector(reader: Reader): void {
  const op = reader.u32();
  if (op <= 11 || op === 92 || op === 93) skipMemory(reader);
  else if (op === 12 || op === 13) reader.skip(16);
  else if (op >= 21 && op <= 34) reader.skip(1);
  else if (op >= 84 && op <= 91) {
    skipMemory(reader);
    reader.skip(1);
  }
}

function skipMiscellaneous(reader: Reader): void {
  const op = reader.u32();
  if (op < 8) return;
  // memory.fill and data.drop name one thing, memory.copy and memory.init two.
  reader.skipLeb();
  if (op === 8 || op === 10 || op === 12 || op === 14) reader.skipLeb();
}

/** Goes past one instruction's immediates. */
function skipImmediates(op: number, reader: Reader): void {
  if (op === BLOCK || op === LOOP || op === IF) reader.skipLeb();
  else if (op === 0x0c || op === BRANCH_IF || op === 0x10) reader.skipLeb();
  else if (op === 0x0e) for (let n = reader.u32() + 1; n > 0; n--) reader.skipLeb();
  else if (op === 0x11) skipMemory(reader);
  else if (op === 0x1c) for (let n = reader.u32(); n > 0; n--) reader.skip(1);
  else if (op >= 0x20 && op <= 0x26) reader.skipLeb();
  else if (op >= 0x28 && op <= 0x3e) skipMemory(reader);
  else if (op === 0x3f || op === 0x40 || op === 0x41 || op === 0x42) reader.skipLeb();
  else if (op === 0x43) reader.skip(4);
  else if (op === 0x44) reader.skip(8);
  else if (op === 0xd0 || op === 0xd2) reader.skipLeb();
  else if (op === 0xfc) skipMiscellaneous(reader);
  else if (op === 0xfd) skipVector(reader);
  else if ((op > 0x11 && op < 0x1a) || (op > 0x1c && op < 0x20) || op > 0xd2) {
    throw new Error(`instruction ${op.toString(16)} is none that this file knows`);
  }
}

/** A body with marks; `mark` gives the instructions of the next. */
function markBody(body: Uint8Array, mark: () => number[]): number[] {
  const reader = new Reader(body);
  for (let groups = reader.u32(); groups > 0; groups--) {
    reader.skipLeb();
    reader.skip(1);
  }
  const out = [...body.subarray(0, reader.at), ...mark()];
  while (reader.at < body.length) {
    const start = reader.at;
    const op = reader.byte();
    skipImmediates(op, reader);
    for (let i = start; i < reader.at; i++) out.push(body[i]);
    if (op === LOOP || op === IF || op === ELSE || op === BRANCH_IF) out.push(...mark());
  }
  return out;
}

interface Sections {
  readonly [id: number]: Uint8Array;
}

function sectionsOf(module: Uint8Array): Sections {
  const reader = new Reader(module);
  reader.skip(8);
  const sections: Record<number, Uint8Array> = {};
  while (reader.at < module.length) {
    const id = reader.byte();
    const size = reader.u32();
    if (id !== Section.custom) sections[id] = module.subarray(reader.at, reader.at + size);
    reader.skip(size);
  }
  return sections;
}

/** How many globals a module imports. */
function importedGlobals(section: Uint8Array | undefined): number {
  if (!section) return 0;
  const reader = new Reader(section);
  let globals = 0;
  for (let count = reader.u32(); count > 0; count--) {
    reader.skip(reader.u32());
    reader.skip(reader.u32());
    const kind = reader.byte();
    if (kind === 0) reader.skipLeb();
    else if (kind === 3) {
      reader.skip(2);
      globals++;
    } else {
      if (kind === 1) reader.skip(1);
      const limits = reader.byte();
      reader.skipLeb();
      if (limits & 1) reader.skipLeb();
    }
  }
  return globals;
}

/** A list of entries with more at its end. */
function extended(section: Uint8Array | undefined, entries: readonly number[][]): number[] {
  const reader = new Reader(section ?? Uint8Array.of(0));
  const count = reader.u32();
  return [...leb(count + entries.length), ...reader.bytes.subarray(reader.at), ...entries.flat()];
}

/** @returns the module with marks, and how many they are */
export function markModule(module: Uint8Array): { bytes: Uint8Array<ArrayBuffer>; sites: number } {
  const sections = sectionsOf(module);
  const imported = importedGlobals(sections[Section.import]);
  const first = imported + (sections[Section.global] ? new Reader(sections[Section.global]).u32() : 0);
  let sites = 0;
  const mark = (): number[] => {
    const index = leb(first + Math.floor(sites / BITS));
    const bit = signed((1 << (sites++ % BITS)) | 0);
    return [0x23, ...index, 0x41, ...bit, 0x72, 0x24, ...index]; // global.get, i32.const, i32.or, global.set
  };
  const code = new Reader(sections[Section.code]);
  const functions = code.u32();
  const bodies: number[] = leb(functions);
  for (let i = 0; i < functions; i++) {
    const size = code.u32();
    const body = markBody(code.bytes.subarray(code.at, code.at + size), mark);
    code.skip(size);
    for (const byte of leb(body.length)) bodies.push(byte);
    for (const byte of body) bodies.push(byte);
  }
  const globals = Array.from({ length: Math.ceil(sites / BITS) }, (_, i) => i);
  const written: Sections = {
    ...sections,
    [Section.global]: Uint8Array.from(
      extended(
        sections[Section.global],
        globals.map(() => [0x7f, 1, 0x41, 0, 0x0b]),
      ),
    ),
    [Section.export]: Uint8Array.from(
      extended(
        sections[Section.export],
        globals.map((i) => [...named(`${MARKS}${i}`), 3, ...leb(first + i)]),
      ),
    ),
    [Section.code]: Uint8Array.from(bodies),
  };
  const parts = ORDER.flatMap((id) =>
    written[id] ? [Uint8Array.from([id, ...leb(written[id].length)]), written[id]] : [],
  );
  return { bytes: new Uint8Array(Buffer.concat([module.subarray(0, 8), ...parts])), sites };
}
