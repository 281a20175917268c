/**
 * HDF5 files, as far as event data needs them: groups with attributes, and arrays that lie in one piece. Written in the oldest
 * layout (superblock 0, object headers 1), which every version of the library reads. Libraries that write all of HDF5 are larger than
 * everything else here together.
 */

export type Attribute = string | { readonly int: number } | { readonly real: number };

/** An array of numbers. */
export interface Dataset {
  readonly shape: readonly number[];
  readonly data: Int32Array | Float64Array;
}

/** Names hold no `/`, which would part groups. */
export interface Group {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly members: Readonly<Record<string, Group | Dataset>>;
}

const UNDEFINED = 0xffff_ffff_ffff_ffffn;
const SUPERBLOCK = 96;

/** Types of messages of an object header. */
const Message = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  fillValue: 0x05,
  link: 0x06,
  layout: 0x08,
  groupInfo: 0x0a,
  attribute: 0x0c,
} as const;

/** Little-endian bytes, one number or list of bytes after the other. */
class Bytes {
  #parts: Uint8Array[] = [];

  u8(...values: number[]): this {
    this.#parts.push(Uint8Array.from(values));
    return this;
  }

  u16(...values: number[]): this {
    return this.raw(new Uint8Array(Uint16Array.from(values).buffer));
  }

  u32(...values: number[]): this {
    return this.raw(new Uint8Array(Uint32Array.from(values).buffer));
  }

  u64(...values: (number | bigint)[]): this {
    return this.raw(new Uint8Array(BigUint64Array.from(values, BigInt).buffer));
  }

  raw(bytes: Uint8Array): this {
    this.#parts.push(bytes);
    return this;
  }

  /** Fills up with zeros to a multiple of 8. */
  padded(): Uint8Array {
    const bytes = Buffer.concat(this.#parts);
    return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 7)]);
  }

  all(): Uint8Array {
    return Buffer.concat(this.#parts);
  }
}

const INT32 = new Bytes().u8(0x10, 0x08, 0, 0).u32(4).u16(0, 32).padded();
const INT64 = new Bytes().u8(0x10, 0x08, 0, 0).u32(8).u16(0, 64).padded();
const FLOAT64 = new Bytes().u8(0x11, 0x20, 63, 0).u32(8).u16(0, 64).u8(52, 11, 0, 52).u32(1023).padded();
/** UTF-8 of any length, which lies in the file's heap. */
const STRING = new Bytes().u8(0x19, 0x01, 0x01, 0).u32(16).u8(0x10, 0, 0, 0).u32(1).u16(0, 8).padded();

const dataspace = (shape: readonly number[]): Uint8Array =>
  new Bytes()
    .u8(1, shape.length, 0, 0)
    .u32(0)
    .u64(...shape)
    .all();

/** Strings of attributes, each once. */
class Heap {
  readonly #places = new Map<string, number>();

  constructor(
    readonly address: number,
    strings: Iterable<string>,
  ) {
    for (const text of strings) if (!this.#places.has(text)) this.#places.set(text, this.#places.size + 1);
  }

  /** What an attribute of this text holds. */
  reference(text: string): Uint8Array {
    return new Bytes().u32(Buffer.byteLength(text)).u64(this.address).u32(this.#places.get(text)!).all();
  }

  bytes(): Uint8Array {
    const objects = new Bytes();
    for (const [text, index] of this.#places) {
      const bytes = new TextEncoder().encode(text);
      objects.u16(index, 0).u32(0).u64(bytes.length).raw(new Bytes().raw(bytes).padded());
    }
    const used = objects.all();
    // The library takes no smaller one; what is free is its last object.
    const size = Math.max(4096, used.length + 32);
    const free = size - 16 - used.length;
    const heap = new Bytes()
      .raw(Buffer.from("GCOL"))
      .u8(1, 0, 0, 0)
      .u64(size)
      .raw(used)
      .u16(0, 0)
      .u32(0)
      .u64(free)
      .all();
    return Buffer.concat([heap, Buffer.alloc(size - heap.length)]);
  }
}

/** Writes a file from its root group. */
export function hdf5(root: Group): Uint8Array {
  const heap = new Heap(SUPERBLOCK, stringsOf(root));
  const parts: Uint8Array[] = [heap.bytes()];
  let end = SUPERBLOCK + parts[0].length;
  /** Puts bytes at the end; where they lie. */
  const put = (bytes: Uint8Array): number => {
    const address = end;
    const padding = -bytes.length & 7;
    parts.push(bytes, new Uint8Array(padding));
    end += bytes.length + padding;
    return address;
  };
  const header = (messages: readonly [type: number, content: Uint8Array][]): number => {
    const body = new Bytes();
    for (const [type, content] of messages) {
      const padded = new Bytes().raw(content).padded();
      body.u16(type, padded.length).u8(0, 0, 0, 0).raw(padded);
    }
    const bytes = body.all();
    return put(new Bytes().u8(1, 0).u16(messages.length).u32(1, bytes.length, 0).raw(bytes).all());
  };
  const attribute = (name: string, value: Attribute): [number, Uint8Array] => {
    const bytes = new TextEncoder().encode(`${name}\0`);
    const [type, data] =
      typeof value === "string"
        ? [STRING, heap.reference(value)]
        : "int" in value
          ? [INT64, new Uint8Array(BigInt64Array.of(BigInt(value.int)).buffer)]
          : [FLOAT64, new Uint8Array(Float64Array.of(value.real).buffer)];
    const space = dataspace([]);
    const message = new Bytes().u8(3, 0).u16(bytes.length, type.length, space.length).u8(1);
    return [Message.attribute, message.raw(bytes).raw(type).raw(space).raw(data).all()];
  };
  const dataset = ({ shape, data }: Dataset): number => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const address = bytes.length === 0 ? UNDEFINED : put(bytes);
    return header([
      [Message.dataspace, dataspace(shape)],
      [Message.datatype, data instanceof Int32Array ? INT32 : FLOAT64],
      // Space is there from the beginning, and filled with nothing.
      [Message.fillValue, new Bytes().u8(2, 1, 2, 0).all()],
      [Message.layout, new Bytes().u8(3, 1).u64(address, bytes.length).all()],
    ]);
  };
  const link = (name: string, address: number): [number, Uint8Array] => {
    const bytes = new TextEncoder().encode(name);
    // Flags: the name's character set is told, and its length in two bytes.
    return [Message.link, new Bytes().u8(1, 0x11, 1).u16(bytes.length).raw(bytes).u64(address).all()];
  };
  const group = ({ attributes = {}, members }: Group): number => {
    const links = Object.entries(members).map(([name, member]) =>
      link(name, "members" in member ? group(member) : dataset(member)),
    );
    return header([
      [Message.linkInfo, new Bytes().u8(0, 0).u64(UNDEFINED, UNDEFINED).all()],
      [Message.groupInfo, new Bytes().u8(0, 0).all()],
      ...links,
      ...Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    ]);
  };
  const address = group(root);
  const superblock = new Bytes()
    .raw(Buffer.from("\x89HDF\r\n\x1a\n", "latin1"))
    .u8(0, 0, 0, 0, 0, 8, 8, 0)
    .u16(4, 16)
    .u32(0)
    .u64(0, UNDEFINED, end, UNDEFINED)
    // The root group: no name, its header, nothing cached.
    .u64(0, address)
    .u32(0, 0)
    .u64(0, 0)
    .all();
  return Buffer.concat([superblock, ...parts]);
}

function* stringsOf({ attributes = {}, members }: Group): Generator<string> {
  for (const value of Object.values(attributes)) if (typeof value === "string") yield value;
  for (const member of Object.values(members)) if ("members" in member) yield* stringsOf(member);
}
