/** `bsnn inspect`: what a model file holds. */

import type { NamedInputInfo, Network, Preprocessing } from "../../../bindings/types.ts";
import { loadModel } from "../networks/model.ts";
import { printJson, withShape } from "../report/json.ts";
import { bytesText, count, listing, print, shapeText, table } from "../report/terminal.ts";

function totals(network: Network): { neurons: number; weights: number; synapses: number } {
  const neurons = network.populations.reduce((sum, p) => sum + p.height * p.width * p.channels, 0);
  const weights = network.projections.reduce((sum, { weights }) => sum + weights, 0);
  const synapses = network.projections.reduce((sum, { synapses }) => sum + synapses, 0);
  return { neurons, weights, synapses };
}

/** One of several inputs. */
function inputText({ range, signed, fit, preprocessing, ...shape }: NamedInputInfo): string {
  const pairs = signed ? ", ON/OFF pairs" : "";
  const taken = preprocessing ? `, ${preprocessingText(preprocessing)}` : "";
  return `${shapeText(shape)}, ${range ? `range ${range[0]} to ${range[1]}` : `image, ${fit}`}${pairs}${taken}`;
}

const preprocessingText = ({ scale, mean, std, channelOrder }: Preprocessing): string =>
  `(sample × ${scale} − [${mean.join(", ")}]) / [${std.join(", ")}], ${channelOrder}`;

function summary(path: string, bytes: number, network: Network): string {
  const { input, preprocessing, labels, macs, phases, latency } = network;
  const { neurons, weights, synapses } = totals(network);
  const entries: [string, string][] = [
    ["file", `${path}, ${bytesText(bytes)}`],
    ["name", network.name || "–"],
    ["input", `${shapeText(input)}, ${input.coding} coding${input.signed ? ", ON/OFF pairs" : ""}`],
  ];
  if (network.inputs.length > 1)
    for (const one of network.inputs) entries.push([`input '${one.name}'`, inputText(one)]);
  else if (input.fit) entries.push(["images of other sizes", input.fit]);
  if (input.range) entries.push(["input range", `${input.range[0]} to ${input.range[1]}`]);
  if (preprocessing && network.inputs.length === 1) {
    entries.push(["preprocessing", preprocessingText(preprocessing)]);
  }
  entries.push(
    ["labels", labels.length > 0 ? String(labels.length) : "–"],
    ["phases", `${phases} time steps in a period`],
    ["time steps to the answer", String(latency)],
    ["neurons", count(neurons)],
    ["weights", count(weights)],
    ["synapses", count(synapses)],
    ["multiply-accumulates of the ANN", macs === null ? "not stored" : count(macs)],
    ["checksum", network.verified ? "stored, and right" : "none stored"],
    ["memory of the core", bytesText(network.memory)],
  );
  return listing(entries);
}

function populationTable(network: Network): string {
  const rows = network.populations.map((p) => [String(p.index), p.name, p.kind, shapeText(p), String(p.depth)]);
  return table(["", "population", "kind", "shape", "depth"], rows);
}

function projectionTable(network: Network): string {
  const name = (index: number): string => network.populations[index].name;
  const rows = network.projections.map((q) => [
    String(q.index),
    name(q.source),
    name(q.target),
    q.weightBits === 0 ? "relay" : `${q.kernel.join("×")}`,
    q.stride.join("×"),
    String(q.groups),
    q.pool,
    q.weightBits === 0 ? "–" : `${q.weightBits} bit`,
    count(q.weights),
    count(q.synapses),
  ]);
  const head = ["", "from", "to", "kernel", "stride", "groups", "pool", "weights", "count", "synapses"];
  return table(head, rows);
}

/** Does what `bsnn inspect` was told. */
export async function run(path: string, options: { json?: true }): Promise<void> {
  const { network, file } = await loadModel(path);
  const bytes = file.length;
  if (!options.json) {
    const parts = [summary(path, bytes, network), populationTable(network), projectionTable(network)];
    return print(`${parts.join("\n\n")}\n`);
  }
  const { name, phases, latency, input, preprocessing, labels, macs, verified, memory, populations, projections } =
    network;
  const several = network.inputs.length > 1 && { inputs: network.inputs.map(withShape) };
  const head = { model: path, bytes, name, phases, steps: latency, input: withShape(input), ...several };
  const rest = { preprocessing, labels, macs, verified, memory, ...totals(network) };
  return printJson({ ...head, ...rest, populations: populations.map(withShape), projections });
}
