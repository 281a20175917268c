/** Rounds weights that meet at a neuron together. */

import { covariance } from "../calibrate/covariance.ts";
import type { Patches } from "../calibrate/patches.ts";

/** Synapses rounded together; wider kernels are rounded in blocks of this size. */
const BLOCK = 576;

/** Share of the mean variance added to the diagonal, so that synapses that never varied stay near their own rounding. */
const DAMPING = 0.01;

/** What the weights of one group are rounded by. */
interface Group {
  /** Unit of each of the O rows. */
  readonly units: Float64Array;
  /** Levels that the synapses received. */
  readonly patches: Patches;
  /** Index of the group. */
  readonly group: number;
  /** Largest magnitude of an integer weight. */
  readonly limit: number;
}

/**
 * Rounds the weights of one group of a projection so that the error of the summed input is small, rather than that of each
 * weight: the levels that meet at a neuron are correlated, so a later weight can make up for what an earlier one lost. With the
 * covariance C = L·Lᵀ of the levels, the error is |Lᵀ·(w − ŵ)|², minimised one weight after another from the last row up (the
 * nearest-plane algorithm of Babai 1986; known for neural weights as GPTQ, Frantar et al. 2022, arXiv 2210.17323).
 * @param products weight·λ, ANN units per level: `[O][synapses]`, replaced by integers
 */
export async function roundTogether(products: Float64Array, { units, patches, group, limit }: Group): Promise<void> {
  const { count, synapses } = patches;
  const levels = patches.group(group);
  for (let first = 0; first < synapses; first += BLOCK) {
    const size = Math.min(BLOCK, synapses - first);
    const block = new Float32Array(count * size);
    for (let s = 0; s < count; s++) {
      block.set(levels.subarray(s * synapses + first, s * synapses + first + size), s * size);
    }
    const c = await covariance(block, count, size);
    const { order, factor } = orderedCholesky(c, size);
    const error = new Float64Array(size);
    for (let o = 0; o < units.length; o++) {
      const row = products.subarray(o * synapses + first, o * synapses + first + size);
      const unit = units[o];
      for (let j = size - 1; j >= 0; j--) {
        let carried = 0;
        for (let k = j + 1, at = j * size; k < size; k++) carried += factor[at + k] * error[k];
        const product = row[order[j]];
        const ideal = (product + carried / factor[j * size + j]) / unit;
        const integer = Math.max(-limit, Math.min(limit, Math.round(ideal)));
        error[j] = product - integer * unit;
        row[order[j]] = integer;
      }
    }
  }
}

/** Lᵀ (row-major, upper) of the damped covariance with its variables in ascending order of variance. */
function orderedCholesky(c: Float32Array, size: number): { order: Uint32Array; factor: Float64Array } {
  const order = Uint32Array.from({ length: size }, (_, k) => k).sort((a, b) => c[a * size + a] - c[b * size + b]);
  let trace = 0;
  for (let k = 0; k < size; k++) trace += c[k * size + k];
  const damping = (DAMPING * trace) / size + Number.EPSILON;
  const upper = new Float64Array(size * size);
  for (let j = 0; j < size; j++) {
    for (let k = j; k < size; k++) upper[j * size + k] = c[order[j] * size + order[k]];
    upper[j * size + j] += damping;
  }
  for (let j = 0; j < size; j++) {
    const pivot = Math.sqrt(Math.max(upper[j * size + j], damping));
    for (let k = j; k < size; k++) upper[j * size + k] /= pivot;
    for (let i = j + 1; i < size; i++) {
      const scale = upper[j * size + i];
      if (scale === 0) continue;
      for (let k = i; k < size; k++) upper[i * size + k] -= scale * upper[j * size + k];
    }
  }
  return { order, factor: upper };
}
