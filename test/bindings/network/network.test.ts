/** What a caller of the bindings may rely on, on a network small enough to be worked out by hand. */

import assert from "node:assert/strict";
import { test } from "uvu";
import { load as loadLab } from "../../../bindings/lab.ts";
import { BsnnError, load, type Network } from "../../../bindings/node.ts";
import type { QuantizedNetwork } from "../../../convert/network/network.ts";
import { writeModel } from "../../../convert/write/model.ts";
import { network, population, projection } from "../../reference/build.ts";
import { assertContains } from "../../support/contains.ts";

/**
 * A 1×2 image of one channel; each pixel drives one neuron of two with weight 1 and one with −1, whose threshold shift is 2
 * and initial potential 2 (it rounds); both add up in two outputs. K = 4: levels 0…15.
 */
const byHand: QuantizedNetwork = network(
  4,
  [
    population("input", [1, 2, 1], 0),
    population("bistable", [1, 2, 2], 1, { initial: [2, 2], shift: [2, 2], bias: [0, 8], unit: [0.25, 0.5] }),
    population("output", [1, 1, 2], 2, { bias: [1, -1], unit: [0.5, 2] }),
  ],
  [
    projection({
      source: 0,
      target: 1,
      sourceChannels: [0, 1],
      targetChannels: [0, 2],
      region: [0, 0, 1, 2],
      weight: Int8Array.of(1, -1),
    }),
    projection({
      source: 1,
      target: 2,
      sourceChannels: [0, 2],
      targetChannels: [0, 2],
      region: [0, 0, 1, 1],
      kernel: [1, 2],
      weight: Int8Array.of(1, 1, 1, 1, 10, 0, -10, 0),
    }),
  ],
  { coding: "current", labels: ["sum", "difference"] },
);
const file = writeModel(byHand);

/** v = ±pixel + bias + 2; levels are v >> 2, cut to 0…15. */
const SAMPLES = Uint8Array.of(9, 200);
const LEVELS = [2, 0, 15, 0];
const OUTPUTS = [2 + 0 + 15 + 0 + 1, 10 * 2 - 10 * 15 - 1];

async function using(use: (net: Network) => void): Promise<void> {
  const net = await load(file);
  try {
    use(net);
  } finally {
    net.dispose();
  }
}

/** The code and message of what a call throws. */
function failure(call: () => unknown): BsnnError {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof BsnnError);
    return error as BsnnError;
  }
  throw new Error("nothing was thrown");
}

test("both modes give the levels and outputs worked out by hand", () =>
  using((net) => {
    for (const mode of ["period", "step"] as const) {
      const { outputs, logits, steps, stepsPerAnswer } = net.run(SAMPLES, { mode });
      assert.deepEqual([...net.levels(1)], LEVELS, mode);
      assert.deepEqual([...outputs[0].potentials], OUTPUTS, mode);
      assert.deepEqual([...logits], [OUTPUTS[0] * 0.5, OUTPUTS[1] * 2], mode);
      assert.deepEqual([steps, stepsPerAnswer], [5, 8]);
      assert.deepEqual([...net.potentials("bistable 1")], [11, 1, 202, -190], mode);
    }
    assert.equal(net.latency, 5);
    assert.deepEqual([...net.scales(1)], [1, 2]);
  }));

test("a spike train is the level's binary digits, most significant first", () =>
  using((net) => {
    const raster = [0, 1, 2, 3].map(() => "");
    const potentials: number[] = [];
    for (const step of net.steps(SAMPLES)) {
      if (step.period !== 1) continue;
      const spikes = new Set(step.spikes(1));
      raster.forEach((train, n) => {
        raster[n] = train + (spikes.has(n) ? "1" : "0");
      });
      potentials.push(step.potentials(1)[0]);
    }
    assert.deepEqual(raster, ["0010", "0000", "1111", "0000"]);
    assert.deepEqual(potentials, [11, 11, 3, 3], "θ = 8 is taken off by the only spike");
  }));

test("time counts from the presentation: graded input enters in step 0, at the last phase of period 0", () =>
  using((net) => {
    const times: number[][] = [];
    const seen: number[][] = [];
    for (const step of net.steps(SAMPLES, { presentations: 2 })) {
      times.push([step.t, step.period, step.phase]);
      seen.push([...step.input(1)]);
    }
    const fired = [0, 1, 2, 3].map((phase) => [1 + phase, 1, phase]);
    const presented = [0, 1, 2, 3].map((phase) => [5 + phase, 2, phase]);
    const firedAgain = [0, 1, 2, 3].map((phase) => [9 + phase, 3, phase]);
    assert.deepEqual(times, [[0, 0, 3], ...fired, ...presented, ...firedAgain]);
    const current = [9, -9, 200, -200];
    for (const [t, input] of seen.entries())
      assert.deepEqual(input, t === 0 || t === 8 ? current : [0, 0, 0, 0], `step ${t}`);
  }));

test("with two registers a neuron integrates the next presentation while it fires this one", () =>
  using((net) => {
    const options = { presentations: 4, carry: true } as const;
    const expected = net.run(SAMPLES, options);
    const found = net.run(SAMPLES, { ...options, mode: "step", registers: 2 });
    assert.deepEqual([expected.steps, expected.stepsPerAnswer], [5 + 3 * 8, 8]);
    assert.deepEqual([found.steps, found.stepsPerAnswer], [5 + 3 * 4, 4]);
    assert.deepEqual(found.outputs, expected.outputs);
    const potentials: number[] = [];
    const trains: string[] = [];
    const inputs: number[] = [];
    for (const step of net.steps(SAMPLES, { ...options, registers: 2 })) {
      potentials.push(step.potentials(1)[0]);
      inputs.push(step.input(1)[0]);
      if (step.phase === 0) trains.push("");
      if (step.period > 0) trains[step.period - 1] += step.spikes(1).includes(0) ? "1" : "0";
    }
    // v = 9 + 2, then 9 + what is left: 11, 12, 9, 10 with a threshold of 4, so levels 2, 3, 2, 2.
    assert.deepEqual(trains, ["0010", "0011", "0010", "0010"]);
    assert.deepEqual(potentials, [11, ...[11, 11, 3, 12], ...[12, 12, 4, 9], ...[9, 9, 1, 10], ...[10, 10, 2, 2]]);
    assert.deepEqual(inputs, [9, ...[0, 0, 0, 9], ...[0, 0, 0, 9], ...[0, 0, 0, 9], ...[0, 0, 0, 0]]);
  }));

test("with carry the mean over presentations comes nearer to the unrounded answer", () =>
  using((net) => {
    const once = net.run(SAMPLES).logits[0];
    const often = net.run(SAMPLES, { presentations: 4, carry: true });
    // Levels of neuron 0: v = 9 + 2, then 9 + what is left: 11, 12, 9, 10, that is 2, 3, 2, 2; 2.25 in the mean.
    assert.deepEqual([...often.outputs[0].potentials], [4 * 16 + 9, 10 * 9 - 4 * 150 - 4]);
    assert.equal(often.logits[0], ((4 * 16 + 9) * 0.5) / 4);
    assert.notEqual(often.logits[0], once);
    assert.equal(often.steps, 5 + 2 * 3 * 4);
    assert.deepEqual(net.run(SAMPLES, { presentations: 4, carry: true, mode: "step" }).logits, often.logits);
    assert.deepEqual([...net.run(SAMPLES, { presentations: 4 }).logits], [...net.run(SAMPLES).logits]);
  }));

test("activity counts spikes and the synapses they reach", () =>
  using((net) => {
    net.run(SAMPLES);
    // 2 has one digit, 15 four; every neuron reaches both outputs; two samples reach two neurons each.
    assert.deepEqual(net.activity(), {
      spikes: 5,
      synapticOperations: 10,
      inputOperations: 4,
      spikesByPopulation: [0, 5, 0],
    });
    assert.deepEqual(net.activity(), net.activity(), "asking does not count again");
    net.run(SAMPLES, { presentations: 3 });
    assert.equal(net.activity().spikes, 15);
    assert.deepEqual(
      net.projections.map(({ synapses }) => synapses),
      [4, 8],
    );
  }));

test("activity is the same before and after hidden potentials are asked for", () =>
  using((net) => {
    net.run(SAMPLES, { presentations: 3 });
    const before = net.activity();
    assert.deepEqual([...net.potentials(1)], [11, 1, 202, -190]);
    assert.deepEqual(net.activity(), before);
    assert.deepEqual(net.activity(), before);
  }));

test("activity waits for the end of the steps", () =>
  using((net) => {
    net.run(SAMPLES);
    const expected = net.activity();
    for (const step of net.steps(SAMPLES)) {
      if (step.t < 4) assert.equal(failure(() => net.activity()).code, "bad-input");
    }
    assert.deepEqual(net.activity(), expected);
    const abandoned = net.steps(SAMPLES);
    abandoned.next();
    assert.match(failure(() => net.activity()).message, /steps of the last run are not over/);
    net.run(SAMPLES);
    assert.deepEqual(net.activity(), expected);
  }));

test("steps checks and copies its samples at the call", () =>
  using((net) => {
    assert.match(failure(() => net.steps(new Uint8Array(3))).message, /2 samples, found 3/);
    assert.match(failure(() => net.steps(SAMPLES, { presentations: 0 })).message, /presentations/);
    const samples = SAMPLES.slice();
    const steps = net.steps(samples);
    samples.fill(0);
    for (const _ of steps);
    assert.deepEqual([...net.levels(1)], LEVELS);
  }));

test("encoding leaves the last run as it was", async () => {
  const real = await load(writeModel({ ...byHand, range: [0, 255] }));
  real.run(SAMPLES);
  real.encode([1, 1]);
  assert.deepEqual([...real.levels(0)], [...SAMPLES]);
  assert.deepEqual([...real.potentials(1)], [11, 1, 202, -190]);
  assert.deepEqual([...real.levels(1)], LEVELS);
  real.dispose();
});

test("a classifier has one output, of one position and more than one value", async () => {
  const classifier = async (...shapes: [number, number, number][]) => {
    const outputs = shapes.map((shape) => population("output", shape, 1));
    const joined = shapes.map(([height, width, channels], i) =>
      projection({
        source: 0,
        target: i + 1,
        sourceChannels: [0, 1],
        targetChannels: [0, channels],
        region: [0, 0, height, width],
        kernel: [1, 3 - width],
        weight: new Int8Array(channels * (3 - width)),
      }),
    );
    const net = await load(writeModel(network(4, [population("input", [1, 2, 1], 0), ...outputs], joined)));
    net.dispose();
    return net.classifier;
  };
  assert.equal(await classifier([1, 1, 2]), true);
  assert.equal(await classifier([1, 1, 1]), false);
  assert.equal(await classifier([1, 2, 2]), false);
  assert.equal(await classifier([1, 1, 2], [1, 1, 2]), false);
});

test("classify ranks the first output, the lower index first on ties", async () => {
  await using((net) => {
    assert.deepEqual(net.classify(SAMPLES, { top: 1 }), [{ index: 0, label: "sum", value: OUTPUTS[0] * 0.5 }]);
    assert.equal(net.classify(SAMPLES).length, 2);
    assert.deepEqual(
      net.classify(SAMPLES, { mode: "step" }).map(({ index }) => index),
      [0, 1],
    );
  });
  const tied = {
    ...byHand,
    projections: byHand.projections.map((q, j) => (j ? { ...q, weight: new Int8Array(8) } : q)),
  };
  const even = {
    ...tied,
    populations: tied.populations.map((p) =>
      p.kind === "output" ? { ...p, bias: Int32Array.of(3, 3), unit: Float32Array.of(1, 1) } : p,
    ),
  };
  const net = await load(writeModel(even));
  assert.deepEqual(
    net.classify(SAMPLES).map(({ index }) => index),
    [0, 1],
  );
  net.dispose();
});

test("without gating, a neuron that ends below its threshold spikes where excitation comes before inhibition", async () => {
  // Two neurons of one input: the first is excited by pixel 0 at once, the second's inhibition arrives a stage later.
  const late = network(
    4,
    [population("input", [1, 1, 2], 0), population("bistable", [1, 1, 2], 1), population("output", [1, 1, 1], 2)],
    [
      projection({
        source: 0,
        target: 1,
        sourceChannels: [0, 2],
        targetChannels: [0, 2],
        region: [0, 0, 1, 1],
        // Neuron 0 sees 3·a − 2·b: a spikes in phase 0, b in phases 0 to 3.
        weight: Int8Array.of(3, -4, 1, 0),
      }),
      projection({
        source: 1,
        target: 2,
        sourceChannels: [0, 2],
        targetChannels: [0, 1],
        region: [0, 0, 1, 1],
        weight: Int8Array.of(1, 1),
      }),
    ],
  );
  const comparison = await loadLab(writeModel(late));
  // Levels 8 and 7: 3·8 − 4·7 < 0, so neuron 0 is inactivated; without gating it fires 24 at phase 0 before 28 is taken off.
  const options = { neuron: "phase", steps: 4 } as const;
  assert.equal([...comparison.continuous(Uint8Array.of(8 << 4, 7 << 4), options)].length, 4);
  const [hidden] = comparison.inactivity();
  assert.deepEqual([hidden.population, hidden.neurons, hidden.inactivated, hidden.spikingInactivated], [1, 2, 1, 1]);
  assert.equal(hidden.inactivatedSpikes, 1);
  assert.equal(hidden.spikes, 2);
  assert.deepEqual([...comparison.levels(1)], [0, 8], "the levels afterwards are those of the bistable run");
  const error = failure(() => comparison.continuous(SAMPLES, { ...options, steps: -1 }));
  assert.equal(error.code, "bad-input");
  assert.match(error.message, /steps.*found -1/);
  comparison.dispose();
  assert.equal(failure(() => comparison.inactivity()).code, "disposed");
});

test("wrong arguments are refused with what was expected and found", () =>
  using((net) => {
    const cases: [() => unknown, RegExp][] = [
      [() => net.run(new Uint8Array(3)), /^samples must be 1×2×1 = 2 samples, found 3/],
      [() => net.run([9, 200] as unknown as Uint8Array), /^samples must be a Uint8Array.*found Array/],
      [() => net.run(SAMPLES, { mode: "fast" as "step" }), /mode must be 'period' or 'step', found 'fast'/],
      [() => net.run(SAMPLES, { presentations: 0 }), /presentations.*found 0/],
      [() => net.run(SAMPLES, { presentations: 1.5 }), /presentations.*found 1.5/],
      [() => net.run(SAMPLES, { registers: 3 as 2 }), /registers must be 1 or 2, found 3/],
      [() => net.steps(SAMPLES, { registers: 0 as 1 }), /registers must be 1 or 2, found 0/],
      [() => net.classify(SAMPLES, { top: 0 }), /top.*found 0/],
      [() => net.levels(2), /output/],
      [() => net.levels("nobody"), /'nobody'/],
      [() => net.levels(7), /0…2.*found 7/],
      [() => net.potentials(0), /input/],
      [() => net.units(0), /units/],
      [() => net.scales(2), /scales/],
      [() => net.encode([1, 2]), /range/],
    ];
    for (const [call, expected] of cases) {
      const error = failure(call);
      assert.equal(error.code, "bad-input", error.message);
      assertContains(error.message, expected);
    }
  }));

test("a step is read before the next one, and not after another run has begun", () =>
  using((net) => {
    const steps = net.steps(SAMPLES);
    const first = steps.next().value!;
    first.spikes(1);
    steps.next();
    assert.match(failure(() => first.spikes(1)).message, /step 0 is over/);
    net.run(SAMPLES);
    assert.match(failure(() => steps.next()).message, /another run/);
  }));

test("a disposed network refuses everything", async () => {
  const net = await load(file);
  net.dispose();
  net.dispose();
  for (const call of [() => net.run(SAMPLES), () => net.memory, () => net.outputs(), () => [...net.steps(SAMPLES)]]) {
    assert.equal(failure(call).code, "disposed");
  }
});

test("real input is encoded as the format says: ties go up, signed values go to their channel", async () => {
  const real = await load(writeModel({ ...byHand, range: [-1, 1] }));
  assert.deepEqual([...real.encode([-1, 1])], [0, 255]);
  assert.deepEqual([...real.encode([0, -7])], [128, 0], "127.5 goes up");
  assert.match(failure(() => real.encode([1])).message, /2 numbers, found 1/);
  real.dispose();
  const pairs = network(
    4,
    [population("input", [1, 1, 2], 0), population("output", [1, 1, 1], 1)],
    [
      projection({
        source: 0,
        target: 1,
        sourceChannels: [0, 2],
        targetChannels: [0, 1],
        region: [0, 0, 1, 1],
        weight: Int8Array.of(1, -1),
      }),
    ],
    { coding: "current", range: [-2, 1], signed: true },
  );
  const signed = await load(writeModel(pairs));
  assert.deepEqual([...signed.encode([-1])], [0, 128]);
  assert.deepEqual([...signed.encode([2])], [255, 0]);
  assert.deepEqual([...signed.run(signed.encode([-2])).logits], [-255]);
  signed.dispose();
});

test("sources that hold no model are refused by kind", async () => {
  const codeOf = async (source: Parameters<typeof load>[0], options?: Parameters<typeof load>[1]) => {
    try {
      await load(source, options);
    } catch (error) {
      return (error as BsnnError).code;
    }
    return "loaded";
  };
  assert.equal(await codeOf(Uint8Array.of(1, 2, 3, 4)), "bad-model");
  assert.equal(await codeOf(new ArrayBuffer(0)), "bad-model");
  assert.equal(await codeOf("no such file.bsnn.gguf"), "bad-input");
  assert.equal(await codeOf(5 as unknown as string), "bad-input");
  assert.equal(await codeOf(file, { build: "fastest" as "auto" }), "bad-input");
  assert.equal(await codeOf(file, { build: "baseline" }), "loaded");
  assert.equal(await codeOf(new Response(file.slice())), "loaded");
});

test.run();
