/** Files for Python: read by the HDF5 library itself, and by what knows .npy. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { unzipSync } from "fflate";
import h5wasm from "h5wasm/node";
import { parse } from "npyjs";
import { test } from "uvu";
import { load } from "../../../../bindings/lab.ts";
import { hdf5 } from "../../../../hosts/node/report/hdf5.ts";
import { npz } from "../../../../hosts/node/report/npz.ts";
import { recordingArrays } from "../../../../hosts/node/trace/arrays.ts";
import { nirData } from "../../../../hosts/node/trace/nir-data.ts";
import { record } from "../../../../hosts/node/trace/record.ts";
import { drawDigits } from "../../../../models/drawn/digits.ts";

await h5wasm.ready;
const network = await load(new URL("../../../../models/digits.bsnn.gguf", import.meta.url));
const [{ pixels }] = drawDigits(4, 1);
const gated = record({ network, early: null }, pixels);
const early = record({ network, early: { delay: "fast", schedule: network.schedules!.fast } }, pixels);

/** Opens a file's content with the HDF5 library. */
function opened<T>(content: Uint8Array, use: (file: InstanceType<typeof h5wasm.File>) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "bsnn-"));
  const path = join(folder, "file.h5");
  writeFileSync(path, content);
  const file = new h5wasm.File(path, "r");
  try {
    return use(file);
  } finally {
    file.close();
    rmSync(folder, { recursive: true });
  }
}

test("HDF5: numbers, texts, groups in groups and empty arrays are read as they were written", () => {
  const content = hdf5({
    attributes: { text: "größer", other: "two", int: { int: -7 }, real: { real: 0.1 } },
    members: {
      "ä b": {
        attributes: { text: "größer" },
        members: {
          ints: { shape: [2, 3], data: Int32Array.of(1, -2, 3, 4, 5, 2 ** 31 - 1) },
          reals: { shape: [2], data: Float64Array.of(0.1, -1e300) },
          none: { shape: [1, 0], data: new Int32Array(0) },
        },
      },
      empty: { members: {} },
    },
  });
  opened(content, (file) => {
    assert.equal(file.attrs.text.value, "größer");
    assert.equal(file.attrs.other.value, "two");
    assert.equal(Number(file.attrs.int.value), -7);
    assert.equal(file.attrs.real.value, 0.1);
    assert.deepEqual(file.keys().toSorted(), ["empty", "ä b"]);
    const group = file.get("ä b") as InstanceType<typeof h5wasm.Group>;
    assert.equal(group.attrs.text.value, "größer");
    const read = (name: string) => group.get(name) as InstanceType<typeof h5wasm.Dataset>;
    assert.deepEqual(read("ints").shape, [2, 3]);
    assert.deepEqual([...(read("ints").value as Int32Array)], [1, -2, 3, 4, 5, 2 ** 31 - 1]);
    assert.deepEqual([...(read("reals").value as Float64Array)], [0.1, -1e300]);
    assert.deepEqual(read("none").shape, [1, 0]);
  });
});

for (const [name, recording] of [
  ["gated", gated],
  ["early", early],
] as const) {
  test(`NIRData: ${name} spikes are events of the nodes, with signs where they have some`, () => {
    opened(nirData(recording), (file) => {
      assert.equal(file.attrs.__type__.value, "NIRGraphData");
      const lanes = recording.lanes.filter(({ times }) => times.length > 0);
      const nodes = file.get("nodes") as InstanceType<typeof h5wasm.Group>;
      assert.equal(nodes.keys().length, lanes.length);
      for (const lane of lanes) {
        const node = lane.population.name.slice(1).replaceAll("/", ".");
        const events = nodes.get(`${node}/observables/spikes`) as InstanceType<typeof h5wasm.Group>;
        assert.equal((nodes.get(node) as typeof nodes).attrs.__type__.value, "NIRNodeData");
        assert.equal(events.attrs.__type__.value, name === "early" ? "ValuedEventData" : "EventData");
        assert.equal(Number(events.attrs.n_neurons.value), lane.neurons);
        assert.equal(events.attrs.t_max.value, recording.steps);
        const values = (of: string) => [
          ...((events.get(of) as InstanceType<typeof h5wasm.Dataset>).value as Int32Array),
        ];
        assert.deepEqual((events.get("idx") as InstanceType<typeof h5wasm.Dataset>).shape, [1, lane.times.length]);
        assert.deepEqual(values("idx"), [...lane.indices]);
        assert.deepEqual(values("time"), [...lane.times]);
        if (name === "early") assert.deepEqual(values("value"), [...lane.signs]);
      }
    });
  });
}

/** An array of an .npz file. */
function array(content: Uint8Array, name: string): ReturnType<typeof parse> {
  const bytes = unzipSync(content)[`${name}.npy`];
  return parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer);
}

test("NPZ: spikes of all populations, one after the other, with levels in their shapes", () => {
  const content = recordingArrays(gated, []);
  const population = [...(array(content, "population").data as Int32Array)];
  assert.equal(
    population.length,
    gated.lanes.reduce((sum, { times }) => sum + times.length, 0),
  );
  const times = array(content, "time").data as Int32Array;
  const neurons = array(content, "neuron").data as Int32Array;
  const lane = gated.lanes[4];
  const mine = population.flatMap((index, i) => (index === 4 ? [i] : []));
  assert.deepEqual(
    mine.map((i) => times[i]),
    [...lane.times],
  );
  assert.deepEqual(
    mine.map((i) => neurons[i]),
    [...lane.indices],
  );
  const levels = array(content, "levels_4");
  assert.deepEqual(levels.shape, [28, 28, 12]);
  assert.deepEqual([...(levels.data as Int16Array)], [...lane.levels]);
  assert.deepEqual([...(array(content, "shapes").data as Int32Array)].slice(12, 15), [28, 28, 12]);
});

test("NPZ: texts are as NumPy has them, beyond the basic plane too", () => {
  const bytes = Buffer.from(unzipSync(npz({ names: { strings: ["a", "öß😀", ""] } }))["names.npy"]);
  const length = bytes.readUInt16LE(8);
  assert.equal((10 + length) % 64, 0);
  assert.equal(
    bytes
      .subarray(10, 10 + length)
      .toString("latin1")
      .trimEnd(),
    "{'descr': '<U3', 'fortran_order': False, 'shape': (3,), }",
  );
  const text = bytes.subarray(10 + length);
  const units = Array.from({ length: text.length / 4 }, (_, i) => text.readUInt32LE(4 * i));
  assert.deepEqual(units, [0x61, 0, 0, 0xf6, 0xdf, 0x1f600, 0, 0, 0]);
});

test("the same recording gives the same bytes", () => {
  assert.deepEqual(recordingArrays(gated, []), recordingArrays(gated, []));
  assert.deepEqual(nirData(gated), nirData(gated));
});

test.run();
