/**
 * A JPEG file read as libjpeg reads it, marker by marker, before it is decoded: what it holds, whether all of it is there, and
 * how much work it makes. The decoder then gets only what was read here, so that it cannot see another image in the same bytes.
 */

/** A file that is broken, or holds less, or makes more work, than its own header says. */
export class JpegFileError extends Error {
  override readonly name = "JpegFileError";
}

export interface JpegFrame {
  readonly width: number;
  readonly height: number;
  /** Colour components: 1 grey, 3 colour, 4 CMYK. */
  readonly components: number;
}

interface Component {
  readonly id: number;
  /** Blocks across and down: alone in a scan, and in whole MCUs. */
  readonly alone: number;
  readonly joint: number;
  /** Blocks in an MCU. */
  readonly inUnit: number;
  /** Per coefficient: the lowest bit that has been sent, −1 before the first. */
  readonly sent: Int8Array;
}

export interface Segment {
  readonly marker: number;
  /** What follows the length; empty where the marker has none. */
  readonly body: Uint8Array;
  /** Where the next byte lies. */
  readonly end: number;
}

const SOI = 0xd8;
const EOI = 0xd9;
export const SOS = 0xda;
const DHT = 0xc4;
const DQT = 0xdb;
const DRI = 0xdd;
const APP0 = 0xe0;
const APP14 = 0xee;
const COM = 0xfe;

/** Every block is visited so often at most: encoders need about ten scans, files made to keep a decoder busy thousands. */
const MOST_PASSES = 64;
const COEFFICIENTS = 64;
/** Segments that a file has at most; those of cameras have some dozens, progressive ones some hundreds. */
const MOST_SEGMENTS = 2 ** 14;

function fail(text: string): never {
  throw new JpegFileError(text);
}

/** Frame headers: SOF0…SOF15 without DHT, JPG and DAC, which share their range. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== DHT && marker !== 0xc8 && marker !== 0xcc;
}

function isRestart(marker: number): boolean {
  return marker >= 0xd0 && marker <= 0xd7;
}

/** The marker at or after a place; libjpeg skips what is none, `FF 00` among it, and bytes that fill. */
export function nextSegment(bytes: Uint8Array, from: number): Segment {
  let at = from;
  for (;;) {
    at = bytes.indexOf(0xff, at);
    if (at < 0) return fail("a JPEG that breaks off");
    while (bytes[at] === 0xff) at++;
    if (at >= bytes.length) return fail("a JPEG that breaks off");
    const marker = bytes[at++];
    if (marker === 0) continue;
    if (marker === EOI || marker === SOI || marker === 1 || isRestart(marker)) {
      return { marker, body: bytes.subarray(at, at), end: at };
    }
    const length = at + 2 <= bytes.length ? bytes[at] * 256 + bytes[at + 1] : 0;
    if (length < 2 || at + length > bytes.length) return fail("a JPEG that breaks off");
    return { marker, body: bytes.subarray(at + 2, at + length), end: at + length };
  }
}

/** Where entropy-coded data ends: at the next marker but restarts. */
function endOfData(bytes: Uint8Array, from: number): number {
  let at = from;
  for (;;) {
    const marker = bytes.indexOf(0xff, at);
    if (marker < 0) return fail("a JPEG that breaks off");
    at = marker;
    while (bytes[at] === 0xff) at++;
    if (at >= bytes.length) return fail("a JPEG that breaks off");
    if (bytes[at] !== 0 && !isRestart(bytes[at])) return marker;
    at++;
  }
}

/**
 * Reads the frame's size, whatever lies before it.
 * @throws JpegFileError where there is none
 */
export function readJpegFrame(bytes: Uint8Array): JpegFrame {
  let at = 2;
  for (let segments = 0; ; segments++) {
    if (segments > MOST_SEGMENTS) fail("a JPEG of too many segments");
    const { marker, body, end } = nextSegment(bytes, at);
    if (isFrame(marker)) {
      if (body.length < 6) fail("a JPEG without a complete header");
      return { height: body[1] * 256 + body[2], width: body[3] * 256 + body[4], components: body[5] };
    }
    if (marker === EOI || marker === SOS) fail("a JPEG without a header");
    at = end;
  }
}

function readComponents(body: Uint8Array, { width, height, components: count }: JpegFrame): Component[] {
  if (body[0] !== 8 || body.length !== 6 + 3 * count || width === 0 || height === 0) fail("a JPEG with a bad header");
  const sampling = Array.from({ length: count }, (_, i) => ({
    id: body[6 + 3 * i],
    across: body[7 + 3 * i] >> 4,
    down: body[7 + 3 * i] & 15,
  }));
  for (const { across, down } of sampling) {
    if (across < 1 || across > 4 || down < 1 || down > 4) fail("a JPEG with a bad header");
  }
  if (new Set(sampling.map(({ id }) => id)).size !== count) fail("a JPEG with a bad header");
  const mostAcross = Math.max(...sampling.map(({ across }) => across));
  const mostDown = Math.max(...sampling.map(({ down }) => down));
  const units = Math.ceil(width / (8 * mostAcross)) * Math.ceil(height / (8 * mostDown));
  return sampling.map(({ id, across, down }) => ({
    id,
    alone: Math.ceil((width * across) / (8 * mostAcross)) * Math.ceil((height * down) / (8 * mostDown)),
    joint: units * across * down,
    inUnit: across * down,
    sent: new Int8Array(COEFFICIENTS).fill(-1),
  }));
}

/** A scan's header, read; for sequential files with the four numbers that only progressive ones use. */
interface Scan {
  readonly components: readonly Component[];
  readonly header: Uint8Array;
  readonly blocks: number;
  /** Bits that its blocks take at the very least. */
  readonly leastBits: number;
}

function readScan(body: Uint8Array, all: readonly Component[], progressive: boolean): Scan {
  const count = body[0];
  if (!(count >= 1 && count <= 4) || body.length !== 4 + 2 * count) fail("a JPEG with a bad scan");
  const components = Array.from({ length: count }, (_, i) => {
    return all.find(({ id }) => id === body[1 + 2 * i]) ?? fail("a JPEG with a bad scan");
  });
  if (new Set(components).size !== count) fail("a JPEG with a bad scan");
  if (count > 1 && components.reduce((sum, { inUnit }) => sum + inUnit, 0) > 10) fail("a JPEG with a bad scan");
  const blocks = count === 1 ? components[0].alone : components.reduce((sum, { joint }) => sum + joint, 0);
  const header = body.slice();
  const [first, last, bits] = progressive ? body.subarray(1 + 2 * count) : [0, COEFFICIENTS - 1, 0];
  header.set([first, last, bits], 1 + 2 * count);
  const high = bits >> 4;
  const low = bits & 15;
  const plain = first === 0 ? last === (progressive ? 0 : COEFFICIENTS - 1) : count === 1;
  if (!plain || first > last || last >= COEFFICIENTS || low > 13 || (high > 0 && high !== low + 1)) {
    fail("a JPEG with a bad scan");
  }
  for (const { sent } of components) {
    // The constant part comes before the others.
    if (first > 0 && sent[0] < 0) fail("a JPEG whose scans are out of order");
    for (let k = first; k <= last; k++) {
      if (sent[k] !== (high > 0 ? high : -1)) fail("a JPEG whose scans are out of order");
      sent[k] = low;
    }
  }
  // The shortest code is a bit; runs of empty blocks have up to 32767 of them for 15 bits.
  const leastBits = first > 0 ? (15 * blocks) / 32767 : progressive ? blocks : 2 * blocks;
  return { components, header, blocks, leastBits };
}

/** Writes the file that the decoder gets, which is never longer than the one that was read. */
class Writer {
  readonly #file: Uint8Array;
  #size = 0;

  constructor(most: number) {
    this.#file = new Uint8Array(most);
  }

  mark(marker: number): void {
    this.#file[this.#size++] = 0xff;
    this.#file[this.#size++] = marker;
  }

  segment(marker: number, body: Uint8Array): void {
    const size = body.length + 2;
    this.mark(marker);
    this.#file[this.#size++] = size >> 8;
    this.#file[this.#size++] = size & 255;
    this.data(body);
  }

  data(bytes: Uint8Array): void {
    this.#file.set(bytes, this.#size);
    this.#size += bytes.length;
  }

  file(): Uint8Array {
    return this.#file.subarray(0, this.#size);
  }
}

/** Adds the Huffman tables of a segment to those that there are: its class (0 of the constant parts, 1 of the others) and its number. */
function readTables(body: Uint8Array, tables: Set<number>): void {
  for (let at = 0; at < body.length; ) {
    const table = body[at];
    const symbols = body.subarray(at + 1, at + 17).reduce((sum, count) => sum + count, 0);
    if (at + 17 + symbols > body.length) fail("a JPEG with a bad table");
    tables.add(table);
    at += 17 + symbols;
  }
}

/** libjpeg has tables of its own in place of those that a file lacks, which are others than the file's were. */
function requireTables({ header, components }: Scan, tables: ReadonlySet<number>): void {
  const [first, last, bits] = header.subarray(1 + 2 * components.length);
  for (const k of components.keys()) {
    const numbers = header[2 + 2 * k];
    const constant = first === 0 && bits >> 4 === 0;
    if ((constant && !tables.has(numbers >> 4)) || (last > 0 && !tables.has(16 + (numbers & 15)))) {
      fail("a JPEG that lacks some of its tables");
    }
  }
}

function beginsWith(body: Uint8Array, text: string): boolean {
  return Array.from(text).every((letter, i) => body[i] === letter.charCodeAt(0));
}

/** What of the segments that applications define says how colours are coded, as libjpeg takes it. */
function colourSegment(marker: number, body: Uint8Array): Uint8Array | null {
  if (marker === APP0 && body.length >= 14 && beginsWith(body, "JFIF\0")) {
    return Uint8Array.of(0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0);
  }
  if (marker === APP14 && body.length >= 12 && beginsWith(body, "Adobe")) {
    return Uint8Array.of(0x41, 0x64, 0x6f, 0x62, 0x65, 0, 100, 0, 0, 0, 0, body[11] === 0 ? 0 : 1);
  }
  return null;
}

/**
 * Checks a whole JPEG: that its scans bring every coefficient once, bit by bit, that their data can hold that many blocks, and
 * that there are not so many of them as to keep a decoder busy. Takes time linear in the file's bytes.
 * @returns a file of the same image, for the decoder, without what it does not need
 * @throws JpegFileError
 */
export function checkedJpeg(bytes: Uint8Array): Uint8Array {
  const writer = new Writer(bytes.length);
  writer.mark(SOI);
  const tables = new Set<number>();
  let components: readonly Component[] | null = null;
  let progressive = false;
  let work = 0;
  let at = 2;
  for (let segments = 0; ; segments++) {
    if (segments > MOST_SEGMENTS) fail("a JPEG of too many segments");
    const { marker, body, end } = nextSegment(bytes, at);
    at = end;
    if (marker === EOI) break;
    if (isFrame(marker)) {
      if (components) fail("a JPEG with two headers");
      if (marker > 0xc2) fail("a JPEG that is lossless, hierarchical or arithmetic-coded");
      progressive = marker === 0xc2;
      components = readComponents(body, readJpegFrame(bytes));
      writer.segment(marker, body);
    } else if (marker === SOS) {
      if (!components) return fail("a JPEG without a header");
      const scan = readScan(body, components, progressive);
      const dataEnd = endOfData(bytes, at);
      requireTables(scan, tables);
      if ((dataEnd - at) * 8 < scan.leastBits) fail("a JPEG whose data ends before its image");
      work += scan.blocks;
      writer.segment(SOS, scan.header);
      writer.data(bytes.subarray(at, dataEnd));
      at = dataEnd;
    } else if (marker === DHT || marker === DQT || marker === DRI) {
      if (marker === DHT) readTables(body, tables);
      writer.segment(marker, body);
    } else if (marker >= APP0 && marker <= 0xef) {
      const colour = colourSegment(marker, body);
      if (colour) writer.segment(marker, colour);
    } else if (marker !== COM && marker !== 1 && marker !== 0xcc && marker !== 0xdc && !isRestart(marker)) {
      fail("a JPEG with an unknown marker");
    }
    const frame = components?.reduce((sum, { joint }) => sum + joint, 0) ?? 0;
    if (work > MOST_PASSES * frame) fail(`a JPEG whose scans go over the image more than ${MOST_PASSES} times`);
  }
  if (!components) return fail("a JPEG without a header");
  for (const { sent } of components) if (sent.some((bit) => bit !== 0)) fail("a JPEG that lacks some of its scans");
  writer.mark(EOI);
  return writer.file();
}
