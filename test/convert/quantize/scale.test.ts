import assert from "node:assert/strict";
import { test } from "uvu";
import { BINS, channelStatistics, mergedStatistics, populationExcess } from "../../../convert/calibrate/statistics.ts";
import { type BistableChannel, bistableScale, outputUnit, type Synapses } from "../../../convert/quantize/scale.ts";
import { random } from "../../support/random.ts";

const exact: Synapses = { products: new Float64Array(0), variances: new Float64Array(0) };
/** A channel of 7 phases whose weights cost nothing; whatever is not said is the plainest there is. */
const channel = (own: Pick<BistableChannel, "statistics"> & Partial<BistableChannel>): BistableChannel => ({
  synapses: exact,
  phases: 7,
  smallest: 1e-6,
  fallback: 1,
  ceiling: Infinity,
  excess: () => 0,
  ...own,
});

const values = (count: number, of: (u: number) => number) => {
  const next = random(5);
  return Float32Array.from({ length: count }, () => of(next()));
};
const scaleOf = ({ unit, shift }: { unit: number; shift: number }) => unit * 2 ** shift;

test("evenly spread activations are neither clipped nor given much more room than they need", () => {
  const [statistics] = channelStatistics(
    values(50_000, (u) => 6 * u),
    1,
    Infinity,
  );
  for (const phases of [4, 7, 8]) {
    const scale = scaleOf(bistableScale(channel({ statistics, phases })));
    const range = scale * 2 ** phases;
    assert.ok(range > 5.7 && range < 6.6, `${phases} phases: range ${range}`);
  }
});

test("few phases clip a long tail, many phases keep it", () => {
  const [statistics] = channelStatistics(
    values(50_000, (u) => -Math.log(1 - u)),
    1,
    Infinity,
  );
  const range = (phases: number) => scaleOf(bistableScale(channel({ statistics, phases }))) * (2 ** phases - 1);
  assert.ok(range(3) < 0.6 * statistics.maximum);
  assert.ok(range(8) > 0.9 * statistics.maximum);
});

test("a ceiling is never exceeded, and a channel that never fired gets the fallback range", () => {
  const [capped] = channelStatistics(
    values(1000, (u) => 20 * u),
    1,
    6,
  );
  assert.ok(scaleOf(bistableScale(channel({ statistics: capped, ceiling: 6 }))) * 127 <= 6);
  const [dead] = channelStatistics(new Float32Array(100).fill(-1), 1, Infinity);
  const scale = scaleOf(bistableScale(channel({ statistics: dead, fallback: 2 })));
  assert.ok(scale * 127 > 1.9 && scale * 127 < 8.1);
});

/** The scale of the least error of all that are tried, each summed to its end. */
function plainScale({ statistics, synapses, phases, smallest, fallback, ceiling, excess }: BistableChannel) {
  const { histogram, maximum, active } = statistics;
  const top = 2 ** phases - 1;
  const bins = [...histogram].flatMap((count, bin) =>
    count > 0 ? [{ count, value: ((bin + 0.5) * maximum) / BINS }] : [],
  );
  const count = bins.reduce((sum, bin) => sum + bin.count, 0);
  let [tail, threshold, sum] = [0, maximum, 0];
  for (let bin = BINS - 1; bin >= 0 && tail < Math.max(32, 0.001 * count); bin--) {
    threshold = (bin * maximum) / BINS;
    tail += histogram[bin];
    sum += (histogram[bin] * ((bin + 0.5) * maximum)) / BINS;
  }
  const mean = sum / tail - threshold;
  const errorOf = (step: number, unit: number) => {
    const limit = (top + 0.5) * step;
    let [rounding, clipping] = [0, 0];
    for (const { value, count: times } of bins) {
      const error = times * (value - Math.min(top, Math.floor(value / step + 0.5)) * step) ** 2;
      if (value < limit) rounding += error;
      else clipping += error;
    }
    const expected = limit > threshold ? tail * 2 * mean * mean * Math.exp((threshold - limit) / mean) : 0;
    const own = active > 0 ? ((rounding + Math.max(clipping, excess ? expected : 0)) / count) * active : 0;
    const lost = [...synapses.products].reduce((all, product, k) => {
      const rounded = product / unit;
      return all + ((rounded - Math.round(rounded)) * unit) ** 2 * synapses.variances[k];
    }, 0);
    return own + (excess?.(limit) ?? 0) + active * lost;
  };
  const range = maximum > 0 ? maximum : fallback;
  let [least, best] = [Infinity, { unit: 0, shift: 0 }];
  for (let k = 0; k < 96; k++) {
    const step = Math.max(Math.min((range * 4 * 0.97 ** k) / top, ceiling / top), smallest);
    const shift = Math.max(0, Math.min(30, Math.floor(Math.log2(step / smallest))));
    const error = errorOf(step, step / 2 ** shift);
    if (error < least) [least, best] = [error, { unit: step / 2 ** shift, shift }];
  }
  return best;
}

test("the scale is that of the least error of all, though most are given up early", () => {
  const next = random(17);
  const shapes = [
    (u: number) => 6 * u,
    (u: number) => -Math.log(1 - u),
    (u: number) => 9 * u - 7,
    (u: number) => u ** 9,
  ];
  for (let trial = 0; trial < 60; trial++) {
    const ceiling = trial % 3 === 0 ? 6 : Infinity;
    const counted = Float32Array.from({ length: [40, 3000][trial % 2] }, () => shapes[trial % 4](next()));
    const [statistics] = channelStatistics(counted, 1, ceiling);
    const size = [0, 5, 200][trial % 3];
    const synapses = {
      products: Float64Array.from({ length: size }, () => next() - 0.5),
      variances: Float64Array.from({ length: size }, () => 300 * next()),
    };
    const excess = [null, () => 0, (t: number) => 0.01 / (1 + t)][trial % 3];
    const own = channel({
      statistics,
      synapses,
      ceiling,
      excess,
      phases: 1 + (trial % 8),
      smallest: [1e-6, 0.004][trial % 2],
    });
    const [found, plain] = [bistableScale(own), plainScale(own)];
    assert.equal(found.shift, plain.shift, `trial ${trial}`);
    assert.ok(Math.abs(found.unit / plain.unit - 1) < 1e-9, `trial ${trial}: ${found.unit}, ${plain.unit}`);
  }
});

test("units are no smaller than the smallest allowed, and shifts stay in range", () => {
  const [statistics] = channelStatistics(
    values(1000, (u) => u),
    1,
    Infinity,
  );
  for (const smallest of [1e-30, 1e-4, 0.1, 10]) {
    const { unit, shift } = bistableScale(channel({ statistics, smallest }));
    assert.ok(unit >= smallest * (1 - 1e-12), `unit ${unit}`);
    assert.ok(shift >= 0 && shift <= 30);
  }
});

test("two neurons in a channel round to half of what one does", () => {
  const [statistics] = channelStatistics(
    values(50_000, (u) => 6 * u),
    1,
    Infinity,
  );
  const [one, two] = ([1, 2] as const).map((n) =>
    scaleOf(bistableScale(channel({ statistics, phases: 4, neurons: n }))),
  );
  assert.ok(Math.abs(two / one - 1) < 0.07, `levels of ${one} and ${two}`);
  const { shift } = bistableScale(channel({ statistics, phases: 4, smallest: 1e-30, neurons: 2 }));
  assert.equal(shift, 30);
});

test("what other channels reach keeps a quiet channel from being clipped tightly", () => {
  const next = random(9);
  const maps = Float32Array.from({ length: 40_000 }, (_, k) => (k % 2 ? 0.1 : 10) * next());
  const statistics = channelStatistics(maps, 2, Infinity);
  const excess = populationExcess(statistics, maps.length / 2);
  assert.ok(Math.abs(excess(0) - (100 / 3 + 0.01 / 3) / 2) < 0.3, `${excess(0)}`);
  assert.equal(excess(10.1), 0);
  const alone = scaleOf(bistableScale(channel({ statistics: statistics[1] })));
  const warned = scaleOf(bistableScale(channel({ statistics: statistics[1], excess })));
  assert.ok(warned > 2 * alone);
});

test("an output's unit is the one its weights are least hurt by", () => {
  const synapses: Synapses = { products: Float64Array.of(1, 0.5, 0.25), variances: Float64Array.of(1, 1, 1) };
  const unit = outputUnit(synapses, 1 / 4.1);
  const worst = Math.max(...synapses.products.map((w) => Math.abs(w / unit - Math.round(w / unit))));
  assert.ok(worst < 0.05, `unit ${unit}`);
});

test("statistics are merged over more channels than a call takes arguments", () => {
  const [one] = channelStatistics(Float32Array.of(1, 0, 0, 3), 1, Infinity);
  const { maximum, active } = mergedStatistics(Array(150_000).fill(one));
  assert.equal(maximum, 3);
  assert.ok(Math.abs(active - 0.5) < 1e-6);
});

test.run();
