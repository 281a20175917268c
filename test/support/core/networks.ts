/** Random small networks that keep every rule of docs/format.md, and inputs for them. */

import fc from "fast-check";
import type { QuantizedNetwork, QuantizedPopulation, QuantizedProjection } from "../../../convert/network/network.ts";
import type { Pair, Pool, Population, PopulationKind, Projection } from "../../../convert/wiring.ts";
import { type Choices, choices } from "./choices.ts";

export interface Case {
  network: QuantizedNetwork;
  /** H×W×C samples. */
  samples: Uint8Array;
  presentations: number;
  carry: boolean;
}

const MAX_INT32 = 2 ** 31 - 1;
/** Most synapses of a projection: what keeps the slow reference quick enough. */
const MAX_SYNAPSES = 15000;

/** A population and its incoming projections while they are being drawn; sources are drafts too, not indices. */
interface Draft {
  kind: PopulationKind;
  height: number;
  width: number;
  channels: number;
  depth: number;
  incoming: DraftProjection[];
}

type DraftProjection = Omit<Projection, "source" | "target"> & { source: Draft; weight: Int8Array | Int16Array };

/** One dimension of a window sliding over a map. */
interface Axis {
  /** Number of positions the window takes. */
  positions: number;
  kernel: number;
  stride: number;
  dilation: number;
  offset: number;
}

/** Random cases: a network, samples for it, 1…4 presentations with or without carry. */
export const cases: fc.Arbitrary<Case> = choices.map(drawCase).map((drawn) => ({
  ...drawn,
  [fc.toStringMethod]: () => describe(drawn),
}));

function drawCase(draw: Choices): Case {
  const presentations = draw.integer(1, 4);
  const carry = draw.oneIn(2);
  const style = draw.pick(["random", "zero", "full", "sparse"] as const);
  const random = draw.random();
  const network = drawNetwork(draw);
  const [{ height, width, channels }] = network.populations;
  const samples = Uint8Array.from({ length: height * width * channels }, () => {
    if (style === "zero") return 0;
    if (style === "full") return 255;
    if (style === "sparse" && random() % 4 > 0) return 0;
    return random() % 256;
  });
  return { network, samples, presentations, carry };
}

/** Draws a network: depth by depth, then in a random order of those its projections allow. */
export function drawNetwork(draw: Choices): QuantizedNetwork {
  const phases = draw.pick([7, 8, 1, 2, 3, 4, 5, 6]);
  const coding = draw.pick(["current", "phase"] as const);
  const input: Draft = {
    kind: "input",
    height: draw.integer(1, 8),
    width: draw.integer(1, 8),
    channels: draw.pick([1, 3, 2, 4, 5, 8, 17]),
    depth: 0,
    incoming: [],
  };
  const zeroPoint = Uint8Array.from({ length: input.channels }, () => draw.pick([0, 128, 255, 3, 77]));

  const hiddenDepths = draw.integer(0, 4);
  const drafts = [input];
  let previous = [input];
  for (let depth = 1; depth <= hiddenDepths + 1; depth++) {
    const here = Array.from({ length: depth > hiddenDepths ? 0 : draw.integer(1, 2) }, () =>
      drawPopulation(draw, phases, coding, depth, previous),
    );
    // Everything hidden must be heard by somebody.
    const unheard = previous.filter(
      (source) => source !== input && !here.some(({ incoming }) => incoming.some((p) => p.source === source)),
    );
    if (unheard.length > 0 || depth > hiddenDepths || draw.oneIn(4)) {
      here.push(drawIntegrating(draw, phases, coding, "output", depth, previous, unheard));
    }
    drafts.push(...here);
    previous = here.filter(({ kind }) => kind !== "output");
  }

  const order = sortTopologically(draw, drafts);
  const bounds = new Map(order.map((draft) => [draft, boundSynapses(draft, phases, coding)]));
  const populations = order.map((draft, i) => drawNeurons(draw, draft, bounds.get(draft)!, phases, `p${i}`));
  const projections = order.flatMap((draft, target) =>
    draft.incoming.map(
      ({ source, ...projection }): QuantizedProjection => ({ ...projection, source: order.indexOf(source), target }),
    ),
  );
  if (draw.oneIn(3)) projections.sort((a, b) => a.source - b.source || b.target - a.target);
  return { name: "random", phases, coding, zeroPoint, populations, projections, macs: 0 };
}

function drawPopulation(
  draw: Choices,
  phases: number,
  coding: QuantizedNetwork["coding"],
  depth: number,
  sources: Draft[],
): Draft {
  if (draw.oneIn(4)) return relayOf(draw.pick(sources));
  return drawIntegrating(draw, phases, coding, "bistable", depth, sources, []);
}

function relayOf(source: Draft): Draft {
  const { height, width, channels, depth } = source;
  const one: Pair = [1, 1];
  return {
    kind: "synchronous",
    height,
    width,
    channels,
    depth: depth + 1,
    incoming: [
      {
        source,
        sourceChannels: [0, channels],
        targetChannels: [0, channels],
        region: [0, 0, height, width],
        pool: null,
        kernel: one,
        stride: one,
        dilation: one,
        offset: [0, 0],
        groups: 1,
        weight: new Int8Array(0),
      },
    ],
  };
}

/** A bistable or output population with projections from every source in `required` and some more. */
function drawIntegrating(
  draw: Choices,
  phases: number,
  coding: QuantizedNetwork["coding"],
  kind: "bistable" | "output",
  depth: number,
  sources: Draft[],
  required: Draft[],
): Draft {
  const first = required[0] ?? draw.pick(sources);
  const like = draw.pick(["same", "half", "point", "free"] as const);
  const channels = draw.pick(["few", "blocks", "any"] as const);
  const draft: Draft = {
    kind,
    height: like === "point" ? 1 : like === "half" ? Math.ceil(first.height / 2) : first.height,
    width: like === "point" ? 1 : like === "half" ? Math.ceil(first.width / 2) : first.width,
    channels:
      channels === "few"
        ? draw.integer(1, 5)
        : channels === "blocks"
          ? draw.pick([8, 16, 32, 12])
          : draw.integer(6, 40),
    depth,
    incoming: [],
  };
  if (like === "free") {
    draft.height = draw.integer(1, 9);
    draft.width = draw.integer(1, 9);
  }
  const from = required.length > 0 ? [...required] : [first];
  while (draw.oneIn(2) && from.length < 4) from.push(draw.pick(sources));
  draft.incoming = from.map((source) => drawProjection(draw, source, draft));
  limitSynapses(draft, phases, coding);
  return draft;
}

function drawProjection(draw: Choices, source: Draft, target: Draft): DraftProjection {
  let map: Pair = [source.height, source.width];
  let pool: Pool | null = null;
  if (source.kind !== "input" && draw.oneIn(3)) {
    const kind = draw.pick(["max", "sum"] as const);
    const y = drawAxis(draw, source.height, draw.integer(1, source.height + 1), 3);
    const x = drawAxis(draw, source.width, draw.integer(1, source.width + 1), 3);
    map = [y.positions, x.positions];
    pool = { kind, size: map, ...windowOf(y, x) };
  }

  const dense = draw.oneIn(5);
  const wholeMap = !draw.oneIn(4);
  const [y, x] = ([0, 1] as const).map((axis): Axis => {
    const size = [target.height, target.width][axis];
    if (dense) return { positions: 1, kernel: map[axis], stride: 1, dilation: 1, offset: 0 };
    return drawAxis(draw, map[axis], wholeMap ? size : draw.integer(1, size), 4);
  });
  const top = draw.integer(0, target.height - y.positions);
  const left = draw.integer(0, target.width - x.positions);

  let { inputs, outputs, groups } = drawChannels(draw, source.channels, target.channels);
  const taps = () => (y.positions * x.positions * outputs * y.kernel * x.kernel * inputs) / groups;
  while (taps() > MAX_SYNAPSES && outputs > groups) outputs -= groups;
  while (taps() > MAX_SYNAPSES && inputs > groups) inputs -= groups;
  return {
    source,
    sourceChannels: [draw.integer(0, source.channels - inputs), inputs],
    targetChannels: [draw.integer(0, target.channels - outputs), outputs],
    region: [top, left, y.positions, x.positions],
    pool,
    ...windowOf(y, x),
    groups,
    weight: drawWeights(draw, (outputs * y.kernel * x.kernel * inputs) / groups),
  };
}

const windowOf = (y: Axis, x: Axis) => ({
  kernel: [y.kernel, x.kernel] as Pair,
  stride: [y.stride, x.stride] as Pair,
  dilation: [y.dilation, x.dilation] as Pair,
  offset: [y.offset, x.offset] as Pair,
});

/** A window that takes `wanted` positions, or as many as it can, over a map of `size`, never more than its extent off. */
function drawAxis(draw: Choices, size: number, wanted: number, maxKernel: number): Axis {
  const kernel = draw.integer(1, maxKernel);
  const dilation = draw.oneIn(4) ? draw.integer(2, 3) : 1;
  const extent = (kernel - 1) * dilation + 1;
  const reach = size - 1 + 2 * extent;
  const positions = Math.min(wanted, reach + 1);
  const maxStride = positions > 1 ? Math.min(3, Math.floor(reach / (positions - 1))) : 3;
  const stride = draw.integer(1, maxStride);
  const least = (positions - 1) * stride - (size - 1 + extent);
  const usual = Math.max(least, Math.floor((extent - 1) / 2));
  const offset = draw.oneIn(3) ? draw.integer(Math.max(least, -extent), extent) : usual;
  return { positions, kernel, stride, dilation, offset };
}

/** Channel counts and groups of a full, depthwise, multiplied or grouped convolution, of all channels or some. */
function drawChannels(draw: Choices, available: number, wanted: number) {
  const kind = draw.pick(["full", "part", "depthwise", "multiplied", "grouped"] as const);
  if (kind === "full") return { inputs: available, outputs: wanted, groups: 1 };
  if (kind === "part") return { inputs: draw.integer(1, available), outputs: draw.integer(1, wanted), groups: 1 };
  const both = Math.min(available, wanted);
  if (kind === "depthwise") {
    const groups = draw.oneIn(2) ? draw.integer(1, both) : both;
    return { inputs: groups, outputs: groups, groups };
  }
  const groups = draw.integer(1, Math.min(both, 6));
  const inputs = kind === "multiplied" ? groups : groups * draw.integer(1, Math.floor(available / groups));
  return { inputs, outputs: groups * draw.integer(1, Math.floor(wanted / groups)), groups };
}

function drawWeights(draw: Choices, count: number): Int8Array | Int16Array {
  const wide = draw.oneIn(3);
  const style = draw.pick(["small", "any", "extreme", "sparse", "positive"] as const);
  const random = draw.random();
  const limit = wide ? 32768 : 128;
  const weight = (): number => {
    const any = (random() % (2 * limit)) - limit;
    if (style === "small") return (random() % 5) - 2;
    if (style === "extreme") return [-limit, limit - 1, 0][random() % 3];
    if (style === "sparse") return random() % 5 > 0 ? 0 : any;
    if (style === "positive") return random() % limit;
    return any;
  };
  return wide ? Int16Array.from({ length: count }, weight) : Int8Array.from({ length: count }, weight);
}

/** Most that a source's neuron can send in a period through a projection. */
function mostSent({ source, pool }: DraftProjection, phases: number, coding: QuantizedNetwork["coding"]): number {
  const single = source.kind === "input" && coding === "current" ? 255 : 2 ** phases - 1;
  return pool?.kind === "sum" ? single * pool.kernel[0] * pool.kernel[1] : single;
}

/** Per target channel: the most that synapses can bring in a period, either sign, and what random signs make likely. */
interface Bounds {
  most: number[];
  likely: number[];
}

function boundSynapses(draft: Draft, phases: number, coding: QuantizedNetwork["coding"]): Bounds {
  const most = new Array<number>(draft.channels).fill(0);
  const squares = [...most];
  for (const projection of draft.incoming) {
    const { targetChannels, weight } = projection;
    const [first, count] = targetChannels;
    const each = weight.length / count;
    for (let o = 0; o < count; o++)
      for (let i = 0; i < each; i++) {
        const synapse = Math.abs(weight[o * each + i]) * mostSent(projection, phases, coding);
        most[first + o] += synapse;
        squares[first + o] += synapse ** 2;
      }
  }
  return { most, likely: squares.map(Math.sqrt) };
}

/** Halves weights until a potential has half of its range left for bias, initial potential and threshold. */
function limitSynapses(draft: Draft, phases: number, coding: QuantizedNetwork["coding"]): void {
  while (Math.max(...boundSynapses(draft, phases, coding).most) >= 2 ** 30) {
    for (const { weight } of draft.incoming)
      for (let i = 0; i < weight.length; i++) weight[i] = Math.trunc(weight[i] / 2);
  }
}

/** Biases, initial potentials and shifts such that levels vary, at times at the very limit of the no-overflow rule. */
function drawNeurons(
  draw: Choices,
  draft: Draft,
  { most, likely }: Bounds,
  phases: number,
  name: string,
): QuantizedPopulation {
  const { kind, height, width, channels, depth } = draft;
  const shared: Population = {
    name,
    kind,
    height,
    width,
    channels,
    depth,
    view: null,
    signed: false,
    ceiling: Number.POSITIVE_INFINITY,
  };
  const none = {
    bias: new Int32Array(0),
    initial: new Int32Array(0),
    shift: new Int8Array(0),
    unit: new Float32Array(0),
  };
  if (kind === "input" || kind === "synchronous") return { ...shared, ...none };

  const biasStyle = draw.pick(["zero", "moderate", "moderate", "limit"] as const);
  const biasMap = draw.oneIn(4);
  const shiftStyle = draw.pick(["fitting", "fitting", "fitting", "any"] as const);
  const initialStyle = draw.pick(["half", "zero", "any", "full"] as const);
  const random = draw.random();

  const shift = Int8Array.from({ length: channels }, (_, c) => {
    if (shiftStyle === "any") return random() % 31;
    const bits = Math.floor(Math.log2(likely[c] + 1)) - phases + 1 - (random() % 3);
    return Math.min(Math.max(bits, 0), 30);
  });
  const initial = Int32Array.from(shift, (s) => {
    if (initialStyle === "zero") return 0;
    if (initialStyle === "full") return 2 ** s - 1;
    return initialStyle === "half" ? Math.floor(2 ** s / 2) : random() % 2 ** s;
  });
  const bias = Int32Array.from({ length: (biasMap ? height * width : 1) * channels }, (_, n) => {
    const c = n % channels;
    const reserved = most[c] + (kind === "bistable" ? 2 ** shift[c] - 1 : 0);
    const limit = Math.min(MAX_INT32 - reserved, biasStyle === "moderate" ? likely[c] : MAX_INT32);
    if (biasStyle === "zero") return 0;
    if (biasStyle === "limit") return [limit, -limit, 0][random() % 3];
    return Math.round(((random() / 2 ** 32) * 2 - 1) * limit);
  });
  const unit = Float32Array.from({ length: channels }, () => 2 ** ((random() % 24) - 20) * (1 + (random() % 97) / 97));
  return {
    ...shared,
    bias,
    unit,
    ...(kind === "bistable" ? { initial, shift } : { initial: none.initial, shift: none.shift }),
  };
}

/** Any order in which sources come before targets. */
function sortTopologically(draw: Choices, drafts: Draft[]): Draft[] {
  const placed: Draft[] = [];
  const left = [...drafts];
  while (left.length > 0) {
    const ready = left.filter(({ incoming }) => incoming.every(({ source }) => placed.includes(source)));
    const next = draw.pick(ready);
    placed.push(next);
    left.splice(left.indexOf(next), 1);
  }
  return placed;
}

/** A case in few lines, for failures. */
export function describe({ network, samples, presentations, carry }: Case): string {
  const values = (list: ArrayLike<number>) =>
    list.length > 64 ? `[${Array.from(list).slice(0, 64).join(",")},… ${list.length} in all]` : `[${Array.from(list)}]`;
  const lines = [
    `K=${network.phases} ${network.coding} zero ${values(network.zeroPoint)}, ${presentations}× carry ${carry}`,
    `samples ${values(samples)}`,
    ...network.populations.map(
      (p, i) =>
        `  ${i} ${p.kind} ${p.height}×${p.width}×${p.channels} depth ${p.depth}` +
        (p.bias.length > 0 ? ` bias ${values(p.bias)}` : "") +
        (p.shift.length > 0 ? ` initial ${values(p.initial)} shift ${values(p.shift)}` : ""),
    ),
    ...network.projections.map(({ source, target, weight, ...rest }) => {
      const type = weight instanceof Int16Array ? "int16" : "int8";
      return `  ${source}→${target} ${JSON.stringify(rest)} ${type} ${values(weight)}`;
    }),
  ];
  return `\n${lines.join("\n")}`;
}
