/** What the lab page shares: addresses that bring a state back, tables and drawings of the spikes. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { inflateRawSync } from "node:zlib";
import { test } from "uvu";
import { load } from "../../../../bindings/lab.ts";
import { recordEarly, recordGated } from "../../../../hosts/browser/lab/src/engine/record.ts";
import { readModel } from "../../../../hosts/browser/lab/src/model/model.ts";
import { readAddress, type State, writeAddress } from "../../../../hosts/browser/lab/src/share/address.ts";
import { npz } from "../../../../hosts/browser/lab/src/share/npz.ts";
import { rasterSvg, spikesCsv, spikesNpz } from "../../../../hosts/browser/lab/src/share/save.ts";
import { bandsOf, binsOf } from "../../../../hosts/browser/lab/src/view/bins.ts";
import type { Palette } from "../../../../hosts/browser/lab/src/view/palette.ts";
import { drawDigits } from "../../../../models/drawn/digits.ts";

const file = readFileSync(new URL("../../../../models/digits.bsnn.gguf", import.meta.url));
const model = readModel(file);
const [{ pixels }] = drawDigits(1, 9);

const states: State[] = [
  { model: "digits", phases: null, way: "gated", delay: "exact", silenced: [], stimulus: null, t: null },
  {
    model: "resnet20-cifar10",
    phases: 4,
    way: "early",
    delay: "3",
    silenced: [
      { population: 5, channel: null },
      { population: 1, channel: 11 },
    ],
    stimulus: { kind: "seed", digit: 7, seed: 4294967295 },
    t: 17,
  },
  {
    model: "digits",
    phases: null,
    way: "integrate-and-fire",
    delay: "exact",
    silenced: [],
    stimulus: {
      kind: "strokes",
      strokes: [
        [0, 0.5, 1, 0.001],
        [0.123, 0.999],
      ],
    },
    t: 0,
  },
];

test("an address brings the state back", () => {
  for (const state of states) assert.deepEqual(readAddress(`#${writeAddress(state)}`), state);
});

test("what makes no sense in an address is left out", () => {
  const [plain] = states;
  for (const odd of [
    "#",
    "#way=nonsense&delay=__proto__&phases=99&t=-1",
    "#digit=12.5&model=<script>",
    "#digit=3&strokes=%ff%00",
    `#strokes=${"00".repeat(50_000)}`,
    "#strokes=zzzz.00&silent=x.y_1_.._99999999.all",
    `#t=${"9".repeat(30)}`,
  ]) {
    assert.deepEqual(readAddress(odd), plain, odd);
  }
});

test("the table holds every spike once, with its worth", async () => {
  const net = await load(file);
  const gated = recordGated(net, model, pixels);
  const lines = spikesCsv(gated, model).trimEnd().split("\n");
  assert.equal(lines.length, 1 + gated.spikes);
  const levels = new Map<string, number>();
  for (const line of lines.slice(1)) {
    const [, population, , neuron, , , , sign, worth] = line.split(",");
    const key = `${population}.${neuron}`;
    levels.set(key, (levels.get(key) ?? 0) + Number(sign) * Number(worth));
  }
  for (const [key, level] of levels) {
    const [population, neuron] = key.split(".").map(Number);
    assert.equal(level, gated.trains[population].levels[neuron], key);
  }
  const early = recordEarly(net, model, pixels, net.schedules!.close);
  assert.ok(spikesCsv(early, model).includes(",-1,"));
  net.dispose();
});

/** Entries of a ZIP by its directory, as any reader finds them. */
function entriesOf(zip: Uint8Array): Map<string, Uint8Array> {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.length);
  const end = zip.length - 22;
  assert.equal(view.getUint32(end, true), 0x06054b50);
  let at = view.getUint32(end + 16, true);
  const entries = new Map<string, Uint8Array>();
  for (let n = view.getUint16(end + 10, true); n > 0; n--) {
    assert.equal(view.getUint32(at, true), 0x02014b50);
    const [method, size] = [view.getUint16(at + 10, true), view.getUint32(at + 20, true)];
    const [nameLength, local] = [view.getUint16(at + 28, true), view.getUint32(at + 42, true)];
    const name = new TextDecoder().decode(zip.subarray(at + 46, at + 46 + nameLength));
    const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
    const data = zip.subarray(start, start + size);
    entries.set(name, method === 0 ? data : inflateRawSync(data));
    at += 46 + nameLength;
  }
  return entries;
}

test("the archive holds arrays that NumPy reads", async () => {
  const entries = entriesOf(npz({ a: Uint32Array.of(1, 70000), b: Int8Array.of(-1) }));
  const a = entries.get("a.npy")!;
  const length = a[8] + 256 * a[9];
  assert.equal((10 + length) % 64, 0);
  assert.match(
    new TextDecoder("latin1").decode(a.subarray(0, 10 + length)),
    /^\x93NUMPY.*'descr': '<u4'.*'shape': \(2,\).*\n$/s,
  );
  assert.deepEqual([...new Uint32Array(a.slice(10 + length).buffer)], [1, 70000]);
  assert.deepEqual([...new Int8Array(entries.get("b.npy")!.slice(-1).buffer)], [-1]);
  const net = await load(file);
  const gated = recordGated(net, model, pixels);
  assert.deepEqual([...entriesOf(spikesNpz(gated)).keys()], ["t.npy", "population.npy", "neuron.npy", "sign.npy"]);
  net.dispose();
});

test("bins of a raster add up to the spikes, however few rows there are", async () => {
  const net = await load(file);
  const early = recordEarly(net, model, pixels, net.schedules!.fast);
  const gated = recordGated(net, model, pixels);
  for (const rows of [1, 7, 100_000]) {
    for (const { population } of bandsOf(model, 300, 3)) {
      const bins = binsOf(early, model, population, rows, gated.trains[population].levels);
      const all = [...bins.positive, ...bins.negative, ...bins.wrong].reduce((sum, count) => sum + count, 0);
      assert.equal(all, early.trains[population].neurons.length);
    }
  }
  net.dispose();
});

test("the drawing is one of the recording, and names are escaped", async () => {
  const net = await load(file);
  const gated = recordGated(net, model, pixels);
  const css = new Proxy({}, { get: () => "#123456" }) as Palette["css"];
  const odd = { ...model, populations: model.populations.map((p) => (p.index === 1 ? { ...p, name: '<&">' } : p)) };
  const svg = rasterSvg(gated, odd, { css } as Palette);
  assert.match(svg, /^<svg .*<\/svg>\n$/s);
  assert.ok(svg.includes("&#60;&#38;&#34;&#62;") && !svg.includes("<&"));
  net.dispose();
});

test.run();
