/** The report of a comparison: curves, times, inactivated neurons, costs, layers, and what holds of the claims. */
import type { Part, Section } from "../report/html/index.ts";
import { bars, lineChart, panels, paragraph, scatter, table, writeCsv, writeReport } from "../report/html/index.ts";
import type { Comparison } from "./comparison.ts";
import { type EnergyCosts, energyOf } from "./energy.ts";
import type { LayerFigures } from "./layers.ts";
import { MEANINGS } from "./methods.ts";
import { PUBLISHED } from "./published.ts";
import type { Point, Summary } from "./summary.ts";

export { checkFolder } from "../report/html/index.ts";

/**
 * Writes the report, its numbers, or both.
 * @throws InputError naming what cannot be written
 */
export async function writeComparison(
  comparison: Comparison,
  { report, csv, ...costs }: EnergyCosts & { readonly report?: string; readonly csv?: string },
): Promise<void> {
  const sections = sectionsOf(comparison, costs);
  if (report !== undefined) await writeReport(report, { ...headOf(comparison), sections });
  if (csv !== undefined) await writeCsv(csv, sections);
}

const percent = (share: number | null, digits = 1): string =>
  share === null ? "–" : `${(100 * share).toFixed(digits)} %`;
const rounded = (value: number): number => Number(value.toPrecision(4));

function headOf({ model, network, images, annTop1, steps, claims }: Comparison) {
  const held = claims.filter(({ holds }) => holds).length;
  return {
    title: `${network.name || model}: spiking conversions compared`,
    summary:
      "One trained network, converted in several ways and run by one engine, in integers, on the same images. " +
      "Every method has the setting that did best on calibration images.",
    facts: [
      ["images", String(images)],
      ["top-1 of the original", percent(annTop1)],
      ["time steps of runs that go on", String(steps)],
      ["phases of the model file", String(network.phases)],
      ["depth", String(network.deepest)],
      ["claims that hold", `${held} of ${claims.length}`],
    ] as const,
    footer: `bsnn compare, on ${model}`,
  };
}

function sectionsOf(comparison: Comparison, costs: EnergyCosts): Section[] {
  return [
    {
      title: "What it takes",
      parts: [reachTable(comparison), claimsTable(comparison), settingsTable(comparison), meanings(comparison)],
    },
    { title: "On the way", parts: curves(comparison) },
    { title: "Three times and the bits", parts: times(comparison) },
    { title: "Spikes of inactivated neurons", parts: inactivated(comparison) },
    { title: "Costs", parts: expenses(comparison, costs) },
    { title: "Layer by layer", parts: layerParts(comparison) },
    { title: "Published results", parts: published() },
  ];
}

function reachTable({ methods }: Comparison): Part {
  return table({
    name: "reach",
    title: "Time steps to come near the original",
    caption:
      "The first reading that is within 1 and within 0.5 points of the original's top-1, and that gives its answer on 99 % of the images; " +
      "spikes, synaptic operations and wall time of one image up to the second. Empty where it was not reached.",
    columns: ["method", "to −1.0", "to −0.5", "to 99 %", "spikes", "operations", "ms"],
    rows: methods.map(({ title, reach }) => [
      title,
      ...reachCells(reach),
      reach.minusHalf ? rounded(reach.minusHalf.ms) : null,
    ]),
  });
}

/** Steps to each goal, spikes and operations up to half a point: what every table of goals shows. */
function reachCells({ minus1, minusHalf, agreement99 }: Comparison["methods"][number]["reach"]): (number | null)[] {
  return [
    minus1?.steps ?? null,
    minusHalf?.steps ?? null,
    agreement99?.steps ?? null,
    minusHalf ? Math.round(minusHalf.spikes) : null,
    minusHalf ? Math.round(minusHalf.synapticOperations) : null,
  ];
}

function claimsTable({ claims }: Comparison): Part {
  return table({
    name: "claims",
    title: "The claims, held against these numbers",
    columns: ["", "claim", "found"],
    rows: claims.map(({ claim, holds, found }) => [verdictOf(holds), claim, found]),
  });
}

function settingsTable({ methods, images, imagesBeside }: Comparison): Part {
  const fewer = imagesBeside < images ? `, on ${imagesBeside} of the images` : "";
  return table({
    name: "settings",
    title: "Every setting",
    caption:
      "Each number of phases, schedule and choice of thresholds by itself. Settings of integrate-and-fire neurons that were not the best on " +
      `calibration images (most papers set thresholds per layer) are measured beside${fewer}, ` +
      "and held against the original on the same images.",
    columns: ["method", "setting", "images", "to −1.0", "to −0.5", "to 99 %", "spikes", "operations", "least error"],
    rows: methods.flatMap(({ title, settings }) =>
      settings.map(({ label, images: own, curve, reach }) => [
        title,
        label,
        own,
        ...reachCells(reach),
        percent(Math.min(...curve.map(({ logitsRelativeError }) => logitsRelativeError))),
      ]),
    ),
  });
}

/** In words, with a sign that is read without colour. */
const verdictOf = (holds: boolean | null): string => (holds === null ? "? not told" : holds ? "✓ holds" : "✗ fails");

function meanings({ methods }: Comparison): Part {
  return table({
    name: "methods",
    title: "The methods",
    columns: ["method", "what it is", "its setting"],
    rows: methods.map(({ name, title, setting }) => [title, MEANINGS[name], setting]),
  });
}

/** What has time steps. */
const timed = ({ methods }: Comparison): readonly Summary[] => methods.filter(({ name }) => name !== "quantised-ann");

function curves(comparison: Comparison): Part[] {
  const { annTop1 } = comparison;
  const series = (value: (point: Point) => number | null) =>
    timed(comparison).map(({ title, curve }) => ({
      name: title,
      points: curve.map((point) => [point.step, value(point)] as const),
    }));
  const x = { label: "time steps", log: 2 } as const;
  return [
    lineChart({
      name: "top1",
      title: "Top-1 against time steps",
      caption:
        "Methods that answer once have a point per setting (phases, schedules, presentations); the others are read as they run.",
      x,
      y: { label: "top-1", percent: true },
      series: series(({ top1 }) => top1),
      rules: annTop1 === null ? [] : [{ axis: "y", value: annTop1, label: "original" }],
    }),
    lineChart({
      name: "agreement",
      title: "Same answer as the original",
      x,
      y: { label: "agreement", percent: true },
      series: series(({ agreement }) => agreement),
      rules: [{ axis: "y", value: 0.99, label: "99 %" }],
    }),
    lineChart({
      name: "error",
      title: "Error of the logits",
      caption: "‖answer − original‖ / ‖original‖ over all images.",
      x,
      y: { label: "relative error", log: 10, percent: true },
      series: series(({ logitsRelativeError }) => Math.max(logitsRelativeError, 1e-4)),
    }),
    ...rateCurves(comparison),
  ];
}

/** Curves of integrate-and-fire neurons, with each choice of thresholds. */
function rateCurves({ methods }: Comparison): Part[] {
  const rates = methods.filter(({ settings }) => settings.some(({ chosen }) => !chosen));
  if (rates.length === 0) return [];
  return [
    lineChart({
      name: "rate-settings",
      title: "Integrate-and-fire with thresholds per layer and per channel",
      caption: "Error of the logits; those that were not the best on calibration images are measured on fewer images.",
      x: { label: "time steps", log: 2 },
      y: { label: "relative error", log: 10, percent: true },
      series: rates.flatMap(({ title, settings }) =>
        settings.map(({ label, curve }) => ({
          name: `${title}: ${label}`,
          points: curve.map(({ step, logitsRelativeError }) => [step, Math.max(logitsRelativeError, 1e-4)] as const),
        })),
      ),
    }),
  ];
}

function times(comparison: Comparison): Part[] {
  const rows = timed(comparison).flatMap(({ title, curve }) => {
    const answers = curve.filter(({ stepsPerLayer }) => stepsPerLayer !== null);
    // Of runs that go on there is nothing to tell but that they do.
    return answers.map(({ label, stepsPerLayer, step, stepsPerAnswer, bitsPerNeuron, top1, agreement }) => [
      title,
      label,
      stepsPerLayer,
      step,
      stepsPerAnswer,
      Number(bitsPerNeuron.toFixed(1)),
      percent(top1),
      percent(agreement),
    ]);
  });
  return [
    table({
      name: "times",
      title: "Steps per layer, latency, and steps per further answer",
      caption:
        "Steps per layer are what most papers call T: how long one layer works for one answer. The latency counts from the presentation to " +
        "the answer, all layers included. Bits: what a neuron can say in its steps. Rate and phase coding that go on have as many steps per " +
        "layer as the latency read off the curves, since all layers are updated within one step, and a bit in each.",
      columns: ["method", "setting", "per layer (T)", "latency", "per answer", "bits", "top-1", "agreement"],
      rows,
    }),
  ];
}

/** Title of a method. */
function titleOf({ methods }: Comparison, name: string): string {
  return methods.find((method) => method.name === name)!.title;
}

/** A share of neurons that can be seen in a picture. */
const SEEN = 0.001;

function inactivated(comparison: Comparison): Part[] {
  const { layers, layerImages } = comparison;
  const all = [...layers];
  if (all.length === 0) return [paragraph("No method was run whose neurons could be looked at.")];
  const points = (value: (figures: LayerFigures) => number) =>
    all.map(([name, { figures }]) => ({
      name: titleOf(comparison, name),
      points: figures.map((own, k) => [k + 1, value(own)] as const),
    }));
  const late = all.filter(([, { inactivated }]) => inactivated.share.at(-1)! > SEEN);
  return [
    lineChart({
      name: "inactivated-steps",
      title: "Neurons that should be silent and have spiked so far",
      caption: `Share of the neurons whose activation in the original is zero that have spiked by a time step, all populations together, over ${layerImages} images.`,
      x: { label: "time steps", log: 2 },
      y: { label: "share that has spiked", percent: true },
      series: all.map(([name, { inactivated }]) => ({
        name: titleOf(comparison, name),
        points: inactivated.steps.map((step, k) => [step, inactivated.share[k]] as const),
      })),
    }),
    ...(late.length === 0
      ? []
      : [
          panels({
            name: "inactivated-map",
            title: "The same, population by population",
            caption:
              "A row per population, the first on top, a column per reading: from the presentation on the left to the end of the run on the right. " +
              `Methods with which no more than ${percent(SEEN)} of them have spiked in the end are left out.`,
            x: { label: "reading" },
            value: "share that has spiked",
            groups: late.map(([name, { figures, inactivated }]) => ({
              name: titleOf(comparison, name),
              rows: figures.map(({ population }) => population),
              values: inactivated.populations,
            })),
          }),
        ]),
    lineChart({
      name: "inactivated",
      title: "Neurons that should be silent and spike",
      caption: `Share of the neurons whose activation in the original is zero that spiked, population by population, over ${layerImages} images, at the end of the run. With early firing they take it back.`,
      x: { label: "population" },
      y: { label: "share that spiked", percent: true },
      series: points(({ inactivatedSpiking }) => inactivatedSpiking),
    }),
    bars({
      name: "inactivated-spikes",
      title: "Spikes that are theirs",
      caption:
        "Of all spikes of a method, those of neurons whose activation in the original is zero; mean over populations.",
      x: { label: "share of spikes", percent: true },
      categories: all.map(([name]) => titleOf(comparison, name)),
      series: [
        {
          name: "share of all spikes",
          values: all.map(
            ([, { figures }]) =>
              figures.reduce((sum, { spikesOfInactivated }) => sum + spikesOfInactivated, 0) / figures.length,
          ),
        },
      ],
    }),
  ];
}

/** The reading by which costs are told: within half a point of the original, else the last. */
function pointOf({ curve, reach }: Summary): Point {
  return curve.find(({ step }) => step === reach.minusHalf?.steps) ?? curve.at(-1)!;
}

function expenses(comparison: Comparison, costs: EnergyCosts): Part[] {
  const macs = comparison.network.macs;
  const energies = comparison.methods.map((method) => {
    const point = pointOf(method);
    return { method, point, ...energyOf(point.synapticOperations, point.inputOperations, costs) };
  });
  return [
    table({
      name: "costs",
      title: "Operations and energy of one image",
      caption:
        "At the first reading within 0.5 points of the original, or the last where there is none. An operation of a spike is an accumulate, of " +
        "graded input a multiply-accumulate. The quantised ANN multiplies the same integers: the bit-matched baseline.",
      columns: ["method", "steps", "spikes", "accumulates", "multiplies", "per MAC", "µJ", "µJ with memory"],
      rows: energies.map(({ method, point, arithmetic, withMemory }) => [
        method.title,
        point.step,
        Math.round(point.spikes),
        Math.round(point.synapticOperations),
        Math.round(point.inputOperations),
        macs ? rounded(point.synapticOperations / macs) : null,
        rounded(arithmetic),
        rounded(withMemory),
      ]),
    }),
    bars({
      name: "energy",
      title: "Energy of one image",
      x: { label: "µJ", log: 10 },
      categories: energies.map(({ method }) => method.title),
      series: [
        { name: "arithmetic", values: energies.map(({ arithmetic }) => arithmetic) },
        { name: "with memory accesses", values: energies.map(({ withMemory }) => withMemory) },
      ],
    }),
    paragraph(
      `An estimate, with ${costs.mac} pJ for a multiply-accumulate, ${costs.ac} pJ for an accumulate and ${costs.access} pJ for an access to ` +
        "32 bits of on-chip memory (45 nm; Horowitz, ISSCC 2014), two accesses for a multiply-accumulate and three for an accumulate; --mac, --ac " +
        "and --access change them. It leaves out the update and comparison of membrane potentials at every step, the routing of spikes, " +
        "off-chip memory, leakage and control, which differ from chip to chip and can outweigh all of it.",
    ),
  ];
}

function layerParts(comparison: Comparison): Part[] {
  // Phase coding that goes on has no level to compare.
  const all = [...comparison.layers].filter(([, { figures }]) =>
    figures.every(({ relativeError }) => Number.isFinite(relativeError)),
  );
  if (all.length === 0) return [paragraph("No method was run whose neurons could be looked at.")];
  const points = (value: (figures: LayerFigures) => number) =>
    all.map(([name, { figures }]) => ({
      name: titleOf(comparison, name),
      points: figures.map((own, k) => [k + 1, value(own)] as const),
    }));
  const { figures } = all[0][1];
  const chosen = [0, Math.floor((figures.length - 1) / 2), figures.length - 1].filter(
    (k, n, list) => list.indexOf(k) === n,
  );
  return [
    lineChart({
      name: "layer-error",
      title: "Error of activations",
      caption: `‖spiking − original‖ / ‖original‖ of each population's levels or rates, over ${comparison.layerImages} images, at the end of the run.`,
      x: { label: "population" },
      y: { label: "relative error", log: 10, percent: true },
      series: points(({ relativeError }) => Math.max(relativeError, 1e-4)),
    }),
    lineChart({
      name: "layer-correlation",
      title: "Correlation with the original's activations",
      x: { label: "population" },
      y: { label: "correlation" },
      series: points(({ correlation }) => correlation),
    }),
    ...chosen.map((k) =>
      scatter({
        name: `scatter-${k + 1}`,
        title: `Population ${k + 1}, ${figures[k].population}: spiking against original`,
        x: { label: "original's activation" },
        y: { label: "spiking activation" },
        diagonal: true,
        series: all.map(([name, own]) => ({ name: titleOf(comparison, name), points: own.figures[k].pairs })),
      }),
    ),
    table({
      name: "layers",
      title: "All populations",
      columns: [
        "method",
        "population",
        "depth",
        "relative error",
        "correlation",
        "inactivated that spike",
        "spikes that are theirs",
      ],
      rows: [...comparison.layers].flatMap(([name, own]) =>
        own.figures.map((layer) => [
          titleOf(comparison, name),
          layer.population,
          layer.depth,
          Number.isFinite(layer.relativeError) ? rounded(layer.relativeError) : null,
          Number.isFinite(layer.correlation) ? rounded(layer.correlation) : null,
          percent(layer.inactivatedSpiking, 2),
          percent(layer.spikesOfInactivated, 2),
        ]),
      ),
    }),
  ];
}

function published(): Part[] {
  return [
    table({
      name: "published",
      title: "What papers report",
      caption:
        "Other weights and other training than here, so that only the loss compares, not the accuracy. Most count steps per layer; a gated " +
        "network of L depths takes L·K + 1 steps of latency for K per layer.",
      columns: ["method", "network", "data", "ANN %", "SNN %", "steps", "which are", "retrains", "source"],
      rows: PUBLISHED.map(({ method, network, data, ann, snn, steps, meaning, retrains, source }) => [
        method,
        network,
        data,
        ann,
        snn,
        steps,
        meaning,
        retrains ? "yes" : "no",
        source,
      ]),
    }),
  ];
}
