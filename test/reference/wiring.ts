/**
 * Who is joined to whom: a projection written out as lists, one entry per pooling window and one per synapse. Nothing
 * here depends on time.
 */

import type { Model, Projection } from "./reader.ts";

export interface Synapse {
  /** Flat index of the target neuron, channels last. */
  target: number;
  /** Index into `Wiring.windows`, or -1 for a tap outside the image, which reads the zero point. */
  from: number;
  /** Channel of the source population; it tells which zero point an outside tap reads. */
  channel: number;
  weight: number;
}

export interface Wiring {
  projection: Projection;
  /** For each position of the (pooled) map, channels last: the flat indices of the source neurons it covers. */
  windows: number[][];
  synapses: Synapse[];
}

/** Writes out the windows and synapses of a projection. */
export function wire(model: Model, projection: Projection): Wiring {
  const source = model.populations[projection.source];
  const target = model.populations[projection.target];
  const windows = listWindows(model, projection);

  if (projection.weight === null) {
    // A relay has a map, not a kernel: every neuron gets its namesake's spikes.
    const synapses = windows.map((_, n) => ({ target: n, from: n, channel: n % source.channels, weight: 1 }));
    return { projection, windows, synapses };
  }

  const { region, kernel, stride, dilation, offset, groups } = projection;
  const [height, width] = projection.pool?.size ?? [source.height, source.width];
  const [firstSource, inputs] = projection.sourceChannels;
  const [firstTarget, outputs] = projection.targetChannels;
  const inputsPerGroup = inputs / groups;
  const outputsPerGroup = outputs / groups;
  const synapses: Synapse[] = [];

  for (let y = 0; y < region.height; y++)
    for (let x = 0; x < region.width; x++)
      for (let o = 0; o < outputs; o++) {
        const neuron = ((region.top + y) * target.width + region.left + x) * target.channels + firstTarget + o;
        const group = Math.floor(o / outputsPerGroup);
        for (let ky = 0; ky < kernel[0]; ky++)
          for (let kx = 0; kx < kernel[1]; kx++)
            for (let i = 0; i < inputsPerGroup; i++) {
              const mapY = y * stride[0] + ky * dilation[0] - offset[0];
              const mapX = x * stride[1] + kx * dilation[1] - offset[1];
              const mapC = group * inputsPerGroup + i;
              const inside = mapY >= 0 && mapY < height && mapX >= 0 && mapX < width;
              if (!inside && source.kind !== "input") continue;
              synapses.push({
                target: neuron,
                from: inside ? (mapY * width + mapX) * inputs + mapC : -1,
                channel: firstSource + mapC,
                weight: projection.weight[((o * kernel[0] + ky) * kernel[1] + kx) * inputsPerGroup + i],
              });
            }
      }
  return { projection, windows, synapses };
}

/** The map a projection's kernel slides over: without pooling every window holds one neuron. */
function listWindows(model: Model, { source: index, sourceChannels, pool }: Projection): number[][] {
  const source = model.populations[index];
  const [first, count] = sourceChannels;
  const { size, kernel, stride, dilation, offset } = pool ?? {
    size: [source.height, source.width],
    kernel: [1, 1],
    stride: [1, 1],
    dilation: [1, 1],
    offset: [0, 0],
  };
  const windows: number[][] = [];
  for (let y = 0; y < size[0]; y++)
    for (let x = 0; x < size[1]; x++)
      for (let c = first; c < first + count; c++) {
        const window: number[] = [];
        for (let ky = 0; ky < kernel[0]; ky++)
          for (let kx = 0; kx < kernel[1]; kx++) {
            const sourceY = y * stride[0] + ky * dilation[0] - offset[0];
            const sourceX = x * stride[1] + kx * dilation[1] - offset[1];
            if (sourceY >= 0 && sourceY < source.height && sourceX >= 0 && sourceX < source.width)
              window.push((sourceY * source.width + sourceX) * source.channels + c);
          }
        windows.push(window);
      }
  return windows;
}
