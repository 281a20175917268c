/** Rounds weights that meet at a neuron together. */

import { covariance } from "../calibrate/covariance.ts";
import type { Patches } from "../calibrate/patches.ts";

/** Synapses rounded together; wider kernels are rounded in blocks of this size. */
const BLOCK = 576;

/** Weights from which blocks are smaller: so wide a dense layer takes most of a conversion, and has one position an image. */
const WIDE_LAYER = 1 << 24;
const SMALL_BLOCK = 144;

/** Rows of weights that are rounded side by side. */
const ABREAST = 8;

/** Share of the mean variance added to the diagonal, so that synapses that never varied stay near their own rounding. */
const DAMPING = 0.01;

/** What the weights of one group are rounded by. */
interface Group {
  /** The weights, `[O][synapses]`. */
  readonly weight: Float32Array | Float64Array;
  /** ANN units per level of what each synapse reads. */
  readonly scales: Float64Array;
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
 * @param into receives weight·scale/unit as integers, `[O][synapses]`
 */
export async function roundTogether(
  { weight, scales, units, patches, group, limit }: Group,
  into: Int8Array | Int16Array,
): Promise<void> {
  const { count, synapses } = patches;
  const levels = patches.group(group);
  const most = weight.length < WIDE_LAYER ? BLOCK : SMALL_BLOCK;
  for (let first = 0; first < synapses; first += most) {
    const size = Math.min(most, synapses - first);
    const block = new Float32Array(count * size);
    for (let s = 0; s < count; s++) {
      block.set(levels.subarray(s * synapses + first, s * synapses + first + size), s * size);
    }
    const c = await covariance(block, count, size);
    const { order, factor } = orderedCholesky(c, size);
    const errors = new Float64Array(size * ABREAST);
    const carried = new Float64Array(ABREAST);
    for (let o = 0; o < units.length; o += ABREAST) {
      const rows = Math.min(ABREAST, units.length - o);
      for (let j = size - 1; j >= 0; j--) {
        carry(factor, errors, { row: j, size, into: carried });
        const synapse = first + order[j];
        const pivot = factor[j * size + j];
        for (let r = 0; r < rows; r++) {
          const at = (o + r) * synapses + synapse;
          const unit = units[o + r];
          const product = weight[at] * scales[synapse];
          const ideal = (product + carried[r] / pivot) / unit;
          const integer = Math.max(-limit, Math.min(limit, Math.round(ideal)));
          errors[j * ABREAST + r] = product - integer * unit;
          into[at] = integer;
        }
      }
    }
  }
}

/** Σ factor[row][k]·error[k] over k > row, of several rows of weights at once: each sum waits for itself alone. */
function carry(
  factor: Float64Array,
  errors: Float64Array,
  { row, size, into }: { readonly row: number; readonly size: number; readonly into: Float64Array },
): void {
  let [a, b, c, d, e, f, g, h] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let k = row + 1, at = k * ABREAST; k < size; k++, at += ABREAST) {
    const by = factor[row * size + k];
    a += by * errors[at];
    b += by * errors[at + 1];
    c += by * errors[at + 2];
    d += by * errors[at + 3];
    e += by * errors[at + 4];
    f += by * errors[at + 5];
    g += by * errors[at + 6];
    h += by * errors[at + 7];
  }
  into[0] = a;
  into[1] = b;
  into[2] = c;
  into[3] = d;
  into[4] = e;
  into[5] = f;
  into[6] = g;
  into[7] = h;
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
  // Row by row, so that one row is written while those before it are read; a value's subtractions keep their order.
  for (let i = 0; i < size; i++) {
    const own = upper.subarray(i * size, (i + 1) * size);
    let j = 0;
    for (; j + 3 < i; j += 4) {
      const rows = [0, 1, 2, 3].map((k) => upper.subarray((j + k) * size, (j + k + 1) * size));
      subtractFour(own, rows, i);
    }
    for (; j < i; j++) {
      const row = upper.subarray(j * size, (j + 1) * size);
      const by = row[i];
      for (let k = i; k < size; k++) own[k] -= by * row[k];
    }
    const pivot = Math.sqrt(Math.max(own[i], damping));
    for (let k = i; k < size; k++) own[k] /= pivot;
  }
  return { order, factor: upper };
}

/** Takes multiples of four rows from another, one after the other, from column `first` on. */
function subtractFour(own: Float64Array, [a, b, c, d]: readonly Float64Array[], first: number): void {
  const [byA, byB, byC, byD] = [a[first], b[first], c[first], d[first]];
  for (let k = first; k < own.length; k++) {
    own[k] = own[k] - byA * a[k] - byB * b[k] - byC * c[k] - byD * d[k];
  }
}
