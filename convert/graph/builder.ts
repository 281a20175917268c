/** Collects populations and projections while the graph is walked. */

import { canonical, toChannels } from "../form/canonical.ts";
import {
  type Form,
  type IdentityTerm,
  isAligned,
  isIdentity,
  isNonNegative,
  requireChannels,
  scale,
  selectChannels,
} from "../form/form.ts";
import { gathered } from "../form/gather.ts";
import type { InputSamples } from "../form/input.ts";
import { type Layout, offsets, reshape, rowMajor, viewOffsets } from "../form/layout.ts";
import { projectionsOf, segments } from "../form/realise.ts";
import type { GraphNode } from "../onnx/node.ts";
import type { Tensor } from "../onnx/tensor.ts";
import { Refusal } from "../refusal.ts";
import {
  mostInFile,
  type OutputTensor,
  type PopulationKind,
  type TensorView,
  type UnquantizedPopulation,
  type UnquantizedProjection,
} from "../wiring.ts";

/** A tensor on the data path. */
export interface Value {
  readonly form: Form;
  readonly layout: Layout;
  /** A tensor of the graph that holds the form's values, and how. */
  readonly view: { readonly tensor: string; readonly layout: Layout };
  /** True after an operator that was left out: the graph's own tensor then holds something else. */
  readonly ended?: boolean;
}

/** A tensor padded with −∞. */
export interface Padded {
  readonly operand: string;
  /** Padding at the beginning, by axis. */
  readonly begins: ReadonlyMap<number, number>;
}

/** What integers stand for: (integer − zero)·scale. */
export interface Steps {
  readonly scale: number;
  readonly zero: number;
}

/** Tensors that are given one by one, and how a tensor joins them; null where that is not known. */
interface Parts {
  readonly tensors: readonly string[];
  readonly joint: Joint | null;
}

/** How a tensor joins others: element `i` of part k is its element `bases[k] + Σ i[axis]·steps[axis]`, row-major. */
interface Joint {
  readonly dims: readonly number[];
  readonly steps: readonly number[];
  readonly bases: readonly number[];
}

/** What the builder knows of the graph. */
export interface GraphFacts {
  /** Bytes that it was read from. */
  readonly read: number;
  dims(tensor: string): readonly number[];
  elementType(tensor: string): string;
  constant(tensor: string): Tensor | null;
  /** Nodes on the data path that read a tensor. */
  consumers(tensor: string): readonly GraphNode[];
  isOutput(tensor: string): boolean;
  /** Adds a tensor that the graph does not compute, and returns its name. */
  derive(op: string, inputs: readonly (string | Tensor)[], attributes?: Readonly<Record<string, number>>): string;
}

/** Populations that a convolution reads one by one for one channel before their sum becomes a population of its own. */
const MOST_ADDENDS = 2;

/** Channels that populations may have in all, beside one for each byte that was read: each is given a scale of its own. */
const ANY_CHANNELS = 2 ** 16;

/** Weights that a network may have in all: 2 GiB of them before they are rounded. */
const MOST_WEIGHTS = 2 ** 29;

/** Terms of all forms together: each is looked at wherever a tensor is read. */
const MOST_TERMS = 2 ** 23;

/** How a form is carried by a population. */
interface Carrier {
  readonly name: string;
  /** Where the ANN holds the form's values. */
  readonly view: TensorView;
  /** True for values of either sign, carried by ON and OFF channels. */
  readonly signed?: boolean;
  /** Upper bound in ANN units; default none. */
  readonly ceiling?: number;
  /** Of an output. */
  readonly output?: OutputTensor;
}

/** The state of a walk: the form of every tensor met, and the populations and projections these need. */
export class Builder {
  readonly populations: UnquantizedPopulation[] = [];
  readonly projections: UnquantizedProjection[] = [];
  readonly notes: string[] = [];
  readonly samples: InputSamples;
  readonly graph: GraphFacts;
  macs = 0;
  readonly #values = new Map<string, Value>();
  readonly #rectified = new Map<string, Form>();
  readonly #parts = new Map<string, Parts>();
  readonly #padded = new Map<string, Padded>();
  readonly #steps = new Map<string, Steps>();
  readonly #names: Set<string>;
  /** How many populations were to have a name. */
  readonly #named = new Map<string, number>();
  #terms = 0;
  #weights = 0;
  #channels = 0;

  constructor(graph: GraphFacts, samples: InputSamples, inputName: string) {
    this.graph = graph;
    this.samples = samples;
    this.#names = new Set([inputName]);
    const { height, width, channels } = samples.shape;
    this.populations.push({
      name: inputName,
      kind: "input",
      height,
      width,
      channels,
      depth: 0,
      view: null,
      signed: false,
      ceiling: Number.POSITIVE_INFINITY,
      bias: new Float64Array(0),
    });
  }

  /** Takes back what was set for tensors, so that what reads them is not judged. */
  forget(tensors: readonly string[]): void {
    for (const tensor of tensors) for (const map of [this.#values, this.#parts, this.#padded]) map.delete(tensor);
  }

  /** Notes that a tensor holds integers, which stand for its value. */
  setSteps(tensor: string, steps: Steps): void {
    this.#steps.set(tensor, steps);
  }

  /** What the integers of a tensor stand for; undefined for one of real numbers. */
  stepsOf(tensor: string): Steps | undefined {
    return this.#steps.get(tensor);
  }

  /** True for a tensor on the data path that has been met. */
  has(tensor: string): boolean {
    return this.#values.has(tensor) || this.#parts.has(tensor) || this.#padded.has(tensor);
  }

  /** Sets a tensor to another that is padded with −∞, of which only maxima are taken. */
  setPadded(tensor: string, padded: Padded): void {
    this.#padded.set(tensor, padded);
  }

  /** What a tensor is the −∞-padded of; undefined for any other. */
  padded(tensor: string): Padded | undefined {
    return this.#padded.get(tensor);
  }

  /** The value of a tensor that has been met and stands for itself alone. */
  value(tensor: string): Value {
    return this.#values.get(tensor)!;
  }

  /** Sets the value of a tensor. @throws Refusal where it is a sum of too many parts, or has too many channels */
  set(tensor: string, value: Value): void {
    const { height, width, channels } = this.samples.shape;
    requireChannels(value.form.channels, height * width * channels);
    const form = gathered(value.form);
    this.#terms += form.terms.length;
    if (this.#terms > MOST_TERMS) {
      throw new Refusal(`adds to sums of more than ${MOST_TERMS} parts in all; as many are supported`);
    }
    this.#values.set(tensor, { ...value, form });
  }

  /**
   * The value of a tensor that does not depend on the input.
   * @param what how the tensor is named in the refusal
   * @throws Refusal where it does
   */
  constant(tensor: string, what: string): Tensor {
    const found = this.graph.constant(tensor);
    if (!found) throw new Refusal(`${what} depends on the input; a constant is supported`);
    return found;
  }

  /** A value that the layout's tensor itself holds. */
  held(tensor: string, form: Form, layout: Layout): Value {
    return { form, layout, view: { tensor, layout } };
  }

  /** The same values under another name and layout. */
  relabel(from: string, to: string, layout: Layout): void {
    const value = this.value(from);
    const view = value.ended ? value.view : { tensor: to, layout };
    this.set(to, { ...value, layout, view });
  }

  /**
   * Gives a tensor another shape of as many elements.
   * @throws Refusal where that splits channels unevenly, after an operator that was left out
   */
  reshape(tensor: string, dims: readonly number[]): void {
    const value = this.value(tensor);
    const elements = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);
    // The graph's own tensor is smaller after the choice of the largest.
    if (value.ended && elements(dims) !== elements(value.layout.dims)) return;
    const layout = reshape(value.layout, dims);
    if (layout) {
      this.relabel(tensor, tensor, layout);
      return;
    }
    const flat = toChannels(value);
    const split = reshape(flat.layout, dims);
    if (!split || value.ended) throw new Refusal(`reshapes [${value.layout.dims}] to [${dims}] across channels`);
    this.set(tensor, this.held(tensor, flat.form, split));
  }

  /** True where the tensor can be shown never to be negative. */
  isNonNegative(tensor: string): boolean {
    return isNonNegative(this.value(tensor).form);
  }

  /** The tensor's value as few identities over populations; what is more than that becomes a population. */
  identity(tensor: string): Value {
    return this.#carryParts(tensor, (_, terms) => areFewIdentities(terms));
  }

  /** The tensor's value without the input's samples: what reads them becomes a population. */
  withoutSamples(tensor: string): Value {
    return this.#carryParts(tensor, (_, terms) => terms.every((term) => term.source !== 0));
  }

  /** The tensor's value carried by populations, position by position. */
  materialise(tensor: string): Value {
    return this.#carryParts(tensor, (part) => {
      const [first, second] = part.terms;
      if (!first) return true;
      const aligned = !second && isAligned(part, first) && first.source !== 0;
      return aligned || this.#half(part) !== null;
    });
  }

  /** Makes populations for those channels of a value that are not to be kept as they are. */
  #carryParts(tensor: string, keep: (part: Form, terms: Form["terms"]) => boolean): Value {
    const runs = (form: Form) => {
      const found: { first: number; count: number; kept: boolean; signed: boolean }[] = [];
      for (const { first, count, terms } of segments(form)) {
        const part = selectChannels({ ...form, terms }, range(first, count));
        const kept = keep(part, terms);
        const signed = !kept && !isNonNegative(part);
        const last = found.at(-1);
        if (last && last.kept === kept && last.signed === signed) last.count += count;
        else found.push({ first, count, kept, signed });
      }
      return found;
    };
    if (runs(this.value(tensor).form).every(({ kept }) => kept)) return this.value(tensor);
    const value = this.#viewable(tensor);
    const { form } = value;
    const parts = runs(form).map(({ first, count, kept, signed }) => {
      const part = selectChannels(form, range(first, count));
      if (kept) return part;
      const name = count === form.channels ? tensor : `${tensor}[${first}:${first + count}]`;
      return this.carry(part, { name, view: this.viewOf(value, first, count), signed });
    });
    const carried = { ...value, form: parts.length === 1 ? parts[0] : concatenated(parts, form) };
    this.set(tensor, carried);
    return this.#mixesDepths(carried.form) ? this.withoutSamples(tensor) : carried;
  }

  /** A population for a form's values, and the form that reads it back. */
  carry(form: Form, carrier: Carrier): Form {
    const { height, width, channels } = form;
    const source = this.#add(form, "bistable", carrier);
    const half = (sign: 1 | -1) => ({
      kind: "identity" as const,
      source,
      size: [height, width] as const,
      pool: null,
      region: [0, 0, height, width] as const,
      stride: [1, 1] as const,
      offset: [0, 0] as const,
      first: 0,
      count: channels,
      channels: Int32Array.from({ length: channels }, (_, c) => (sign > 0 ? c : channels + c)),
      gain: new Float64Array(channels).fill(sign),
    });
    const terms = carrier.signed ? [half(1), half(-1)] : [half(1)];
    return { height, width, channels, terms, constant: new Float64Array(channels) };
  }

  /** max(0, min(ceiling, tensor)): the value itself, halves of signed populations, or a population of its own. */
  rectify(tensor: string, ceiling: number, name: string): Form {
    const { form } = this.value(tensor);
    const known = this.#alreadyRectified(form, ceiling);
    if (known) return known;
    const key = `${ceiling} ${tensor}`;
    const made = this.#rectified.get(key);
    if (made) return made;
    const value = this.#viewable(tensor);
    const carried = this.carry(value.form, { name, view: this.viewOf(value), ceiling });
    this.#rectified.set(key, carried);
    return carried;
  }

  /**
   * max(0, tensor) and max(0, −tensor): halves of a signed population, or what there is already. The tensor's value is
   * then read from the same populations.
   */
  halves(tensor: string): { readonly on: Form; readonly off: Form } {
    const { form } = this.value(tensor);
    const negative = scale(form, new Float64Array(form.channels).fill(-1));
    if (isNonNegative(form)) return { on: form, off: nothing(form) };
    if (isNonNegative(negative)) return { on: nothing(form), off: negative };
    const on = this.#alreadyRectified(form, Number.POSITIVE_INFINITY);
    const off = this.#alreadyRectified(negative, Number.POSITIVE_INFINITY);
    if (on && off) return { on, off };
    const value = this.#viewable(tensor);
    const carried = this.carry(value.form, { name: tensor, view: this.viewOf(value), signed: true });
    this.set(tensor, { ...value, form: carried });
    const [positive, opposite] = carried.terms as readonly IdentityTerm[];
    return {
      on: { ...carried, terms: [positive] },
      off: { ...carried, terms: [{ ...opposite, gain: opposite.gain.map((g) => -g) }] },
    };
  }

  /** The rectified form where it can be read from populations that there are. */
  #alreadyRectified(form: Form, ceiling: number): Form | null {
    const parts: Form[] = [];
    for (const { first, count, terms } of segments(form)) {
      const part = selectChannels({ ...form, terms }, range(first, count));
      const within = isNonNegative(part) && this.#bound(part) <= ceiling;
      const rectified = within ? part : ceiling === Number.POSITIVE_INFINITY ? this.#half(part) : null;
      if (!rectified) return null;
      parts.push(rectified);
    }
    return parts.length === 1 ? parts[0] : concatenated(parts, form);
  }

  /** Makes a tensor an output population, or several where it joins tensors that fit in no one map. */
  output(tensor: string): void {
    const parts = this.partsOf(tensor);
    const joint = this.#parts.get(tensor)?.joint;
    if (parts.length > 1 && !joint) {
      this.notes.push(`output '${tensor}' is given in ${parts.length} parts, in the order joined`);
    }
    parts.forEach((part, k) => {
      const value = this.#viewable(part);
      const view = this.viewOf(value);
      const name = parts.length > 1 ? `${tensor}[${k}]` : tensor;
      if (parts.length === 1 && view.tensor !== tensor) {
        this.notes.push(`output '${tensor}' is given as '${view.tensor}'`);
      }
      this.#add(value.form, "output", { name, view, output: joint ? partOf(value, joint, k) : tensorOf(value) });
    });
  }

  /** Notes an operator at an output that is left out. */
  noteLeftOut(node: GraphNode): void {
    this.notes.push(`${node.op} '${node.name}' left out: the output is what it is applied to`);
  }

  /** Lets an output stand for several tensors that are joined along an axis. */
  joinParts(tensor: string, parts: readonly string[], axis: number): void {
    const dims = this.graph.dims(tensor);
    const steps = rowMajor(dims);
    const bases: number[] = [];
    let known = true;
    let start = 0;
    for (const part of parts) {
      const inner = this.#parts.get(part);
      const shape = inner ? inner.joint?.dims : this.value(part).layout.dims;
      const plain = !inner || inner.joint?.steps.join() === rowMajor(inner.joint?.dims ?? []).join();
      const fits = shape?.length === dims.length && shape.every((n, k) => k === axis || n === dims[k]);
      known &&= fits && plain;
      if (!known) break;
      const old = rowMajor(shape!);
      for (const base of inner?.joint?.bases ?? [0]) {
        // The base's coordinates in the part are those in the whole, further along the axis.
        const place = steps.reduce((sum, step, k) => sum + (Math.floor(base / old[k]) % shape![k]) * step, 0);
        bases.push(place + start * steps[axis]);
      }
      start += shape![axis];
    }
    const joint = known && start === dims[axis] ? { dims, steps, bases } : null;
    this.#parts.set(tensor, { tensors: parts.flatMap((part) => this.partsOf(part)), joint });
  }

  /** Lets the result of an operator that ends, reshapes or transposes tensors given one by one stand for them. */
  passParts(node: GraphNode, from: string, to: string): void {
    const { tensors, joint } = this.#parts.get(from)!;
    this.#parts.set(to, { tensors, joint: joint && this.#passed(node, joint, this.graph.dims(to)) });
  }

  #passed(node: GraphNode, joint: Joint, dims: readonly number[]): Joint | null {
    const elements = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);
    // The graph's own tensor is smaller after the choice of the largest.
    if (elements(dims) !== elements(joint.dims)) return joint;
    if (node.op !== "Transpose") return { ...joint, dims };
    const order = node.ints("perm") ?? dims.map((_, k) => dims.length - 1 - k);
    const old = rowMajor(joint.dims);
    if (joint.steps.join() !== old.join() || joint.dims.length !== joint.steps.length) return null;
    const moved = rowMajor(dims);
    const steps = joint.dims.map((_, axis) => moved[order.indexOf(axis)]);
    const bases = joint.bases.map((base) =>
      steps.reduce((sum, step, k) => sum + (Math.floor(base / old[k]) % joint.dims[k]) * step, 0),
    );
    return { dims, steps, bases };
  }

  /** The tensors that a tensor stands for: itself, unless it joins several. */
  partsOf(tensor: string): readonly string[] {
    return this.#parts.get(tensor)?.tensors ?? [tensor];
  }

  /** Largest depth among a form's sources, −1 for none. */
  depthOf(form: Form): number {
    return form.terms.reduce((depth, term) => Math.max(depth, this.populations[term.source].depth), -1);
  }

  /**
   * Where `channels` of a value, from `first` on, lie in a tensor of the graph.
   * @throws Refusal where rows or columns lie in no regular steps
   */
  viewOf({ form, view }: Value, first = 0, channels = form.channels): TensorView {
    const found = viewOffsets(view.layout, form.channels);
    if (!found) throw new Refusal("splits rows or columns; only whole rows and columns are supported here");
    const base = found.channels[first];
    const list = found.channels.subarray(first, first + channels).map((at) => at - base);
    const step = list[1] ?? 0;
    const strides = [...found.strides, step] as const;
    const { tensor } = view;
    if (this.graph.elementType(tensor) !== "float32") {
      throw new Refusal(`computes with integers (${this.graph.elementType(tensor)}); floats are supported`);
    }
    return list.every((at, c) => at === c * step)
      ? { tensor, base, strides }
      : { tensor, base, strides, channelOffsets: list };
  }

  /** The value over a form whose rows and columns its tensor does not split. */
  #viewable(tensor: string): Value {
    const value = this.value(tensor);
    if (value.ended || viewOffsets(value.view.layout, value.form.channels)) return value;
    const { form, layout } = canonical(value);
    const arranged = this.held(tensor, form, layout);
    this.set(tensor, arranged);
    return arranged;
  }

  /** True where the input's samples, which enter at depth 1 only, would meet something deeper. */
  #mixesDepths(form: Form): boolean {
    return this.depthOf(form) > 0 && form.terms.some((term) => term.source === 0);
  }

  /** @returns index of the new population */
  #add(form: Form, kind: PopulationKind, carrier: Carrier): number {
    const { name, view, signed = false, ceiling = Number.POSITIVE_INFINITY, output } = carrier;
    if (this.#mixesDepths(form)) throw new Error(`'${name}' joins the input to deeper populations`);
    const index = this.populations.length;
    const projections = projectionsOf(form, index, signed);
    if (projections.length === 0) throw new Refusal(`'${name}' does not depend on the input`);
    const most = mostInFile(this.graph.read);
    if (Math.max(this.populations.length, this.projections.length + projections.length) > most) {
      throw new Refusal(`takes more than ${most} populations or projections; as many are supported`);
    }
    this.#channels += kind === "output" ? 0 : form.channels;
    const channels = ANY_CHANNELS + this.graph.read;
    if (this.#channels > channels) {
      throw new Refusal(`brings the channels of all populations to ${this.#channels}; ${channels} are supported`);
    }
    this.#weights += projections.reduce((sum, { weight }) => sum + weight.length, 0);
    if (this.#weights > MOST_WEIGHTS) {
      throw new Refusal(`brings the weights of all to ${this.#weights}; ${MOST_WEIGHTS} are supported`);
    }
    for (const projection of projections) this.projections.push(projection);
    const positions = form.constant.length / form.channels;
    const bias = signed ? new Float64Array(2 * form.constant.length) : form.constant;
    if (signed) {
      for (let position = 0; position < positions; position++) {
        for (let c = 0; c < form.channels; c++) {
          const v = form.constant[position * form.channels + c];
          bias[2 * position * form.channels + c] = v;
          bias[(2 * position + 1) * form.channels + c] = -v;
        }
      }
    }
    this.populations.push({
      name: this.#unique(name, kind),
      kind,
      height: form.height,
      width: form.width,
      channels: signed ? 2 * form.channels : form.channels,
      depth: this.depthOf(form) + 1,
      view,
      signed,
      ceiling,
      bias,
      ...(output && { tensor: output }),
    });
    return index;
  }

  /** A name of its own; outputs keep theirs. */
  #unique(name: string, kind: PopulationKind): string {
    let unique = name;
    const taken = () => this.#names.has(unique) || (kind !== "output" && this.graph.isOutput(unique));
    // Many may be of one name, and not each is to be looked for from the first on.
    let k = this.#named.get(name) ?? 2;
    for (; taken(); k++) unique = `${name}:${k}`;
    this.#named.set(name, k);
    this.#names.add(unique);
    return unique;
  }

  /** The rectified form of one that is a signed population times gains: of every channel its ON or its OFF half. */
  #half(form: Form): Form | null {
    if (form.terms.length !== 2 || form.constant.some((v) => v !== 0)) return null;
    const [on, off] = form.terms;
    if (!isAligned(form, on) || !isAligned(form, off) || on.source !== off.source) return null;
    const { signed, channels } = this.populations[on.source];
    const matches = on.channels.every((c, k) => off.channels[k] === c + channels / 2 && off.gain[k] === -on.gain[k]);
    if (!signed || on.count !== form.channels || !matches) return null;
    const positive = on.gain.map((g) => Math.abs(g));
    const halves = on.channels.map((c, k) => (on.gain[k] < 0 ? off.channels[k] : c));
    return { ...form, terms: [{ ...on, channels: halves, gain: positive }] };
  }

  /** Upper bound of a form, where its sources have ceilings. */
  #bound(form: Form): number {
    const bounds = Float64Array.from({ length: form.channels }, () => 0);
    for (const term of form.terms) {
      if (!isIdentity(term) || (term.pool && term.pool.kind === "sum")) return Number.POSITIVE_INFINITY;
      const { ceiling } = this.populations[term.source];
      for (let k = 0; k < term.count; k++)
        bounds[term.first + k] += Math.max(0, term.gain[k]) && term.gain[k] * ceiling;
    }
    const most = form.constant.reduce((a, b) => Math.max(a, b), 0);
    return bounds.reduce((a, b) => Math.max(a, b), 0) + most;
  }
}

function areFewIdentities(terms: Form["terms"]): boolean {
  return terms.every(isIdentity) && new Set(terms.map((t) => JSON.stringify([t.source, t.pool]))).size <= MOST_ADDENDS;
}

/** The form of a form's shape that is zero everywhere. */
const nothing = (form: Form): Form => ({ ...form, terms: [], constant: new Float64Array(form.channels) });

const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, k) => first + k);

/** The tensor of a value, and where the form's values stand in it. */
function tensorOf({ form, layout }: Value): OutputTensor {
  const { height, width, channels } = form;
  const { h, w, c } = offsets(layout, rowMajor(layout.dims), [height, width, channels]);
  return { shape: layout.dims, rows: h, columns: w, channels: c };
}

/** The tensor that a value is part k of, and where the form's values stand in it. */
function partOf({ form, layout }: Value, { dims, steps, bases }: Joint, k: number): OutputTensor {
  const { h, w, c } = offsets(layout, steps, [form.height, form.width, form.channels]);
  return { shape: dims, continues: k > 0, rows: h.map((at) => at + bases[k]), columns: w, channels: c };
}

/** Forms side by side in the channels of one of the given shape. */
function concatenated(parts: readonly Form[], { height, width }: Form): Form {
  let first = 0;
  const terms = parts.flatMap((part) => {
    const placed = part.terms.map((term) => ({ ...term, first: term.first + first }));
    first += part.channels;
    return placed;
  });
  const positions = parts.some((part) => part.constant.length > part.channels) ? height * width : 1;
  const constant = new Float64Array(positions * first);
  for (let position = 0; position < positions; position++) {
    let at = position * first;
    for (const part of parts) {
      const from = part.constant.length > part.channels ? position * part.channels : 0;
      constant.set(part.constant.subarray(from, from + part.channels), at);
      at += part.channels;
    }
  }
  return { height, width, channels: first, terms, constant };
}
