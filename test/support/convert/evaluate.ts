/** What a network computes before it is quantised, written from docs/format.md. */

import type { UnquantizedNetwork } from "../../../convert/network/network.ts";
import type { Projection } from "../../../convert/wiring.ts";

/**
 * What a network computes before it is quantised, in double precision: pre-activations of every population, channels last
 * (levels, for synchronous ones). Written from docs/format.md, *Projections*, with ReLU and ceiling in place of levels.
 * @param samples H×W×C of the input population, of several inputs one after the other; any reals
 */
export function evaluate(network: UnquantizedNetwork, samples: ArrayLike<number>): Float64Array[] {
  const { populations, projections, input } = network;
  const incoming = populations.map((_, i) => projections.filter((q) => q.target === i));
  const sums: Float64Array[] = [];
  const activations: Float64Array[] = [];
  populations.forEach((population, i) => {
    const { kind, height, width, channels, bias, ceiling, above } = population;
    const size = height * width * channels;
    if (kind === "input") {
      sums.push(inputMap(network, samples));
      activations.push(sums[0]);
      return;
    }
    if (kind === "synchronous") {
      sums.push(activations[incoming[i][0].source]);
      activations.push(sums[i]);
      return;
    }
    const v = Float64Array.from({ length: size }, (_, k) => bias[bias.length === size ? k : k % channels]);
    for (const q of incoming[i]) {
      const source = populations[q.source];
      const map = { ...source, values: activations[q.source] };
      project(q, map, population, v, source.kind === "input" ? input.zeroPoint : null);
    }
    sums.push(v);
    // Without levels the first neuron of a channel holds all, and nothing is left above it.
    activations.push(v.map((x) => (above === undefined ? Math.min(ceiling, Math.max(0, x)) : 0)));
  });
  return sums;
}

/** The input population's samples; of several inputs each where docs/format.md, *Several inputs*, has it, on the zero point. */
function inputMap({ populations, input }: UnquantizedNetwork, samples: ArrayLike<number>): Float64Array {
  const { inputs } = input;
  if (!inputs) return Float64Array.from(samples);
  const [{ height, width, channels }] = populations;
  const map = Float64Array.from({ length: height * width * channels }, (_, k) => input.zeroPoint[k % channels]);
  let at = 0;
  for (const own of inputs) {
    const spread = own.each < own.channels;
    for (let y = 0; y < own.height; y++) {
      for (let x = 0; x < own.width; x++) {
        for (let part = 0; part < (own.signed ? 2 : 1); part++) {
          for (let c = 0; c < own.channels; c++) {
            const place = spread ? Math.floor(c / own.each) : y * width + x;
            map[place * channels + own.first + part * own.each + (c % own.each)] = samples[at++];
          }
        }
      }
    }
  }
  return map;
}

export interface FlatMap {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly values: Float64Array;
}

function pooled(q: Projection, source: FlatMap): FlatMap {
  const { pool } = q;
  if (!pool) return source;
  const [height, width] = pool.size;
  const values = new Float64Array(height * width * source.channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let ky = 0; ky < pool.kernel[0]; ky++) {
        const sy = y * pool.stride[0] + ky * pool.dilation[0] - pool.offset[0];
        if (sy < 0 || sy >= source.height) continue;
        for (let kx = 0; kx < pool.kernel[1]; kx++) {
          const sx = x * pool.stride[1] + kx * pool.dilation[1] - pool.offset[1];
          if (sx < 0 || sx >= source.width) continue;
          for (let c = 0; c < source.channels; c++) {
            const value = source.values[(sy * source.width + sx) * source.channels + c];
            const at = (y * width + x) * source.channels + c;
            values[at] = pool.kind === "sum" ? values[at] + value : Math.max(values[at], value);
          }
        }
      }
    }
  }
  return { height, width, channels: source.channels, values };
}

/** Adds what a projection's synapses deliver from a map of values, none negative where it pools, to a target's sums. */
export function project(
  q: Projection & { readonly weight: ArrayLike<number> },
  source: FlatMap,
  target: { width: number; channels: number },
  into: Float64Array,
  zeroPoint: Uint8Array | null,
): void {
  const map = pooled(q, source);
  const [top, left, height, width] = q.region;
  const [firstOut, outputs] = q.targetChannels;
  const inputs = q.sourceChannels[1] / q.groups;
  const perGroup = outputs / q.groups;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const to = ((top + y) * target.width + left + x) * target.channels + firstOut;
      for (let ky = 0; ky < q.kernel[0]; ky++) {
        const sy = y * q.stride[0] + ky * q.dilation[0] - q.offset[0];
        for (let kx = 0; kx < q.kernel[1]; kx++) {
          const sx = x * q.stride[1] + kx * q.dilation[1] - q.offset[1];
          const inside = sy >= 0 && sx >= 0 && sy < map.height && sx < map.width;
          if (!inside && !zeroPoint) continue;
          const from = (sy * map.width + sx) * map.channels;
          for (let o = 0; o < outputs; o++) {
            const channel = q.sourceChannels[0] + Math.floor(o / perGroup) * inputs;
            const row = ((o * q.kernel[0] + ky) * q.kernel[1] + kx) * inputs;
            let sum = 0;
            for (let i = 0; i < inputs; i++) {
              sum += q.weight[row + i] * (inside ? map.values[from + channel + i] : zeroPoint![channel + i]);
            }
            into[to + o] += sum;
          }
        }
      }
    }
  }
}
