/** SHA-256 (FIPS 180-4), fed piece by piece. */

const BLOCK: u32 = 64;

// First 32 bits of the fractional parts of the cube roots of the first 64 primes.
const ROUNDS: StaticArray<u32> = [
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
];

/** The eight words of the running hash, the block being filled, and the message schedule. */
const state: usize = memory.data(32, 16);
const block: usize = memory.data(64, 16);
const schedule: usize = memory.data(256, 16);
let filled: u32 = 0;
let total: u64 = 0;

/** Begins a digest. */
export function beginDigest(): void {
  // First 32 bits of the fractional parts of the square roots of the first 8 primes.
  store<u32>(state, 0x6a09e667);
  store<u32>(state, 0xbb67ae85, 4);
  store<u32>(state, 0x3c6ef372, 8);
  store<u32>(state, 0xa54ff53a, 12);
  store<u32>(state, 0x510e527f, 16);
  store<u32>(state, 0x9b05688c, 20);
  store<u32>(state, 0x1f83d9ab, 24);
  store<u32>(state, 0x5be0cd19, 28);
  filled = 0;
  total = 0;
}

/** Adds `size` bytes. */
export function addToDigest(pointer: usize, size: u32): void {
  total += size;
  while (size) {
    const part = min(size, BLOCK - filled);
    memory.copy(block + filled, pointer, part);
    filled += part;
    pointer += part;
    size -= part;
    if (filled == BLOCK) compress();
  }
}

/** Ends the digest; returns a pointer to its 32 bytes, valid until the next one begins. */
export function endDigest(): usize {
  const bits = total << 3;
  store<u8>(block + filled++, 0x80);
  if (filled > 56) {
    memory.fill(block + filled, 0, BLOCK - filled);
    compress();
  }
  memory.fill(block + filled, 0, 56 - filled);
  store<u64>(block, bswap(bits), 56);
  compress();
  for (let i: usize = 0; i < 32; i += 4) store<u32>(state + i, bswap(load<u32>(state + i)));
  return state;
}

// @ts-ignore: decorator
@inline
function word(i: u32): u32 {
  return load<u32>(schedule + ((<usize>i) << 2));
}

function compress(): void {
  filled = 0;
  for (let i: u32 = 0; i < 16; i++) {
    const at = (<usize>i) << 2;
    store<u32>(schedule + at, bswap(load<u32>(block + at)));
  }
  for (let i: u32 = 16; i < 64; i++) {
    const w15 = word(i - 15);
    const w2 = word(i - 2);
    const s0 = rotr(w15, 7) ^ rotr(w15, 18) ^ (w15 >> 3);
    const s1 = rotr(w2, 17) ^ rotr(w2, 19) ^ (w2 >> 10);
    store<u32>(schedule + ((<usize>i) << 2), word(i - 16) + s0 + word(i - 7) + s1);
  }
  let a = load<u32>(state);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  let f = load<u32>(state, 20);
  let g = load<u32>(state, 24);
  let h = load<u32>(state, 28);
  for (let i: u32 = 0; i < 64; i++) {
    const choice = (e & f) ^ (~e & g);
    const t1 = h + (rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25)) + choice + unchecked(ROUNDS[i]) + word(i);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const t2 = (rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22)) + majority;
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  store<u32>(state, load<u32>(state) + a);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
  store<u32>(state, load<u32>(state, 20) + f, 20);
  store<u32>(state, load<u32>(state, 24) + g, 24);
  store<u32>(state, load<u32>(state, 28) + h, 28);
}
