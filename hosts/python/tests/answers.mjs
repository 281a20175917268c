/** What the API says on Node, as JSON: `node answers.mjs MODEL SAMPLES`. The Python package must say the same. */
import { readFileSync } from "node:fs";
import { load as loadLab } from "../../../dist/lab.js";
import { load } from "../../../dist/node.js";

const [, , model, samplesFile] = process.argv;
const all = new Uint8Array(readFileSync(samplesFile));
const bytes = new Uint8Array(readFileSync(model));
const list = (array) => Array.from(array);
const output = ({ potentials, values, ...rest }) => ({ ...rest, potentials: list(potentials), values: list(values) });
const result = ({ logits, outputs, ...rest }) => ({ ...rest, logits: list(logits), outputs: outputs.map(output) });
const quietly = (read) => {
  try {
    return list(read());
  } catch {
    return null;
  }
};

function inside(net) {
  const indices = net.populations.map(({ index }) => index);
  return {
    levels: indices.map((i) => quietly(() => net.levels(i))),
    potentials: indices.map((i) => quietly(() => net.potentials(i))),
    units: indices.map((i) => quietly(() => net.units(i))),
    scales: indices.map((i) => quietly(() => net.scales(i))),
    activity: net.activity(),
  };
}

const net = await load(bytes);
const { name, phases, latency, input, labels, classifier, preprocessing, macs, verified, populations, projections } =
  net;
const size = input.height * input.width * input.channels;
const image = all.subarray(0, size);
const OPTIONS = [
  {},
  { mode: "step" },
  { presentations: 3 },
  { presentations: 3, carry: true },
  { mode: "step", presentations: 2, carry: true, registers: 2 },
];
const runs = OPTIONS.map((options) => ({ options, result: result(net.run(image, options)), inside: inside(net) }));
const classes = net.classify(image, { top: 3 });
const steps = Array.from(net.steps(image, { presentations: 2 }), (step) => ({
  t: step.t,
  period: step.period,
  phase: step.phase,
  spikes: populations.map(({ index }) => list(step.spikes(index))),
  potentials: quietly(() => step.potentials(1)),
  input: quietly(() => step.input(1)),
}));

const lab = await loadLab(bytes);
const own = { delays: Array(lab.deepest).fill(2), shares: Array(lab.deepest).fill(9), corrections: 1 };
const DELAYS = [{ delay: 1 }, { delay: 3, registers: 2, presentations: 2 }, { delay: own }, { delay: phases }, {}];
if (lab.schedules) DELAYS.push({ delay: "exact" }, { delay: "fast", registers: 2 });
const early = DELAYS.map((options) => ({
  options,
  result: result(lab.run(image, options)),
  inside: inside(lab),
  settling: options.delay === undefined || options.delay === phases ? null : lab.settling(),
}));
const earlySteps = Array.from(lab.steps(image, { delay: 2 }), (step) => ({
  t: step.t,
  spikes: populations.map(({ index }) => list(step.spikes(index))),
  signs: populations.map(({ index }) => list(step.signs(index))),
  potentials: quietly(() => step.potentials(1)),
}));
const info = {
  name,
  phases,
  latency,
  input,
  labels,
  classifier,
  preprocessing,
  macs,
  verified,
  populations,
  projections,
};
const thresholds = populations.map(({ kind, channels }) => (kind === "bistable" ? Array(channels).fill(90) : null));
const COMPARISONS = [
  { neuron: "phase", steps: 28 },
  { neuron: "alternating", steps: 64 },
  { neuron: "integrate-and-fire", steps: 20 },
  { neuron: "integrate-and-fire", steps: 20, thresholds, initial: 0.5 },
];
const comparisons = COMPARISONS.map((options) => ({
  options,
  steps: Array.from(lab.continuous(image, options), (step) => ({
    t: step.t,
    spikes: populations.map(({ index }) => list(step.spikes(index))),
    potentials: populations.map(({ index }) => quietly(() => step.potentials(index))),
    outputs: step.outputs().map(output),
  })),
  activity: lab.activity(),
  inactivity: lab.inactivity(),
  counts: populations.map(({ index }) => quietly(() => lab.spikeCounts(index))),
}));
const { schedules, deepest } = lab;
console.log(JSON.stringify({ info, runs, classes, steps, early, earlySteps, comparisons, schedules, deepest }));
