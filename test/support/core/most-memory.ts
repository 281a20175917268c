/** A core whose memory an engine lets grow only so far. */

/** Number of the section that says how large memory is. */
const MEMORY = 5;

/**
 * @param module with one memory of its own, without a bound, as asc writes it
 * @param pages of 64 KiB, below 128; a module that begins with more keeps those
 * @returns the module, which may have no more
 */
export function withMostMemory(module: Uint8Array, pages: number): Uint8Array<ArrayBuffer> {
  let at = 8;
  const number = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++];
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < module.length) {
    const start = at;
    const id = module[at++];
    const size = number();
    const [count, bounded, first] = module.subarray(at, at + size);
    at += size;
    if (id !== MEMORY) continue;
    if (size !== 3 || count !== 1 || bounded !== 0) throw new Error("the module's memory is not as asc writes it");
    const section = Uint8Array.of(MEMORY, 4, 1, 1, first, Math.max(first, pages));
    return new Uint8Array(Buffer.concat([module.subarray(0, start), section, module.subarray(at)]));
  }
  throw new Error("the module has no memory");
}
