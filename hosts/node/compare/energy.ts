/** Energy of one inference, from counts of operations and what each is taken to cost. */

/** Picojoules. */
export interface EnergyCosts {
  /** Of a multiply-accumulate, and of an accumulate, 32-bit, 45 nm (Horowitz, ISSCC 2014: float multiply 3.7 + add 0.9; add 0.9). */
  readonly mac: number;
  readonly ac: number;
  /** Of an access to 32 bits of on-chip memory (Horowitz: 10 pJ for 64 bits of an 8 kB SRAM). */
  readonly access: number;
}

/** Accesses of an operation: an accumulate reads a weight, reads and writes a potential; a multiply-accumulate keeps its sum. */
const ACCESSES = { ac: 3, mac: 2 };

export interface Energy {
  /** Microjoules of the arithmetic, and with memory accesses. */
  readonly arithmetic: number;
  readonly withMemory: number;
}

/**
 * @param accumulates of spikes that reach a synapse
 * @param multiplies of graded values
 */
export function energyOf(accumulates: number, multiplies: number, costs: EnergyCosts): Energy {
  const arithmetic = accumulates * costs.ac + multiplies * costs.mac;
  const memory = (accumulates * ACCESSES.ac + multiplies * ACCESSES.mac) * costs.access;
  return { arithmetic: arithmetic / 1e6, withMemory: (arithmetic + memory) / 1e6 };
}
