/** Networks of several inputs: what is given by name, in order or in one array is one and the same. */

import assert from "node:assert/strict";
import { suite } from "uvu";
import { BsnnError, load, loadPool, type Network } from "../../../bindings/node.ts";
import { annInput, type Conversion, convert } from "../../../convert/index.ts";
import { convertSeveral, severalInputs, severalSamples } from "../../support/convert/several.ts";
import { type LooseScalar, ModelFile } from "../../support/core/edit.ts";
import { oddModels } from "../../support/core/odd-models.ts";

const test = suite("several inputs");
let conversion: Conversion;
let net: Network;

test.before(async () => {
  conversion = await convertSeveral();
  net = await load(conversion.file);
});
test.after(async () => {
  net.dispose();
  await conversion.ann.dispose();
});

const given = (seed: number) => {
  const { scene, detail, state } = severalSamples(seed);
  return { scene, detail, state: net.encode(state, "state") };
};
const flat = ({ scene, detail, state }: ReturnType<typeof given>) => Uint8Array.of(...scene, ...detail, ...state);

function refused(call: () => unknown, message: RegExp): void {
  assert.throws(
    call,
    (error) => error instanceof BsnnError && error.code === "bad-input" && message.test(error.message),
  );
}

test("a network names its inputs, with their shapes, ranges and preprocessing", () => {
  assert.deepEqual(
    net.inputs.map(({ name, height, width, channels, signed, range }) => ({
      ...{ name, height, width, channels, signed, range },
    })),
    [
      { name: "scene", height: 6, width: 6, channels: 3, signed: false, range: undefined },
      { name: "detail", height: 4, width: 3, channels: 1, signed: false, range: undefined },
      { name: "state", height: 1, width: 1, channels: 10, signed: true, range: [-1, 2] },
    ],
  );
  assert.deepEqual(
    net.inputs.map(({ preprocessing }) => preprocessing?.mean ?? null),
    [[0.1, 0.2, 0.3], [0.4], null],
  );
  assert.equal(net.populations[0].name, "scene+detail+state");
});

test("by name, in order and in one array inputs give the same, near the original's answer", async () => {
  for (const seed of [100, 101]) {
    const named = given(seed);
    const { logits } = net.run(named);
    const { state, ...others } = named;
    for (const same of [{ state, ...others }, [named.scene, named.detail, named.state], flat(named)]) {
      assert.deepEqual(net.run(same).logits, logits);
    }
    assert.deepEqual(net.run(named, { mode: "step" }).logits, logits);
    let steps = 0;
    for (const _ of net.steps([named.scene, named.detail, named.state])) steps++;
    assert.equal(steps, net.latency);
    assert.deepEqual(net.outputs()[0].values, logits);
    assert.equal(net.classify(named)[0].index, logits.indexOf(Math.max(...logits)));
    const { unquantized, ann } = conversion;
    const [expected] = (await ann.run(annInput(unquantized.input, flat(named)))).values();
    expected.forEach((value, k) => {
      assert.ok(Math.abs(logits[k] - value) < 0.15, `${logits} is far from ${expected}`);
    });
  }
});

test("nothing is left of the run before, and the caller's arrays stay his own", () => {
  const first = net.run(given(5)).logits;
  net.run(given(6));
  const named = given(5);
  const steps = net.steps(named);
  named.scene.fill(0);
  for (const _ of steps);
  assert.deepEqual(net.outputs()[0].values, first);
});

test("a pool takes the same", async () => {
  const pool = await loadPool(conversion.file, { workers: 1 });
  try {
    const named = given(9);
    const { logits } = net.run(named);
    for (const same of [named, [named.scene, named.detail, named.state], flat(named)]) {
      assert.deepEqual((await pool.run(same)).logits, logits);
    }
    await assert.rejects(pool.run([named.scene]), /an array for each input, 'scene', 'detail', 'state'/);
    await assert.rejects(
      pool.run({ ...named, detail: [1] as never }),
      /^BsnnError: samples of 'detail' must be a Uint8Array or Uint8ClampedArray, found Array$/,
    );
    await assert.rejects(
      pool.run([named.scene, undefined as never, named.state]),
      /^BsnnError: samples\[1\] must be a Uint8Array or Uint8ClampedArray, found undefined$/,
    );
  } finally {
    await pool.dispose();
  }
});

test("real values become what the converter makes of them", async () => {
  const { state } = severalSamples(3);
  const off = net.encode(state, 2);
  assert.equal(off.length, 10);
  state.forEach((x, c) => {
    assert.equal(off[c], Math.round(255 * Math.max(0, x / 2)));
    assert.equal(off[5 + c], Math.round(255 * Math.max(0, -x / 2)));
  });
  const plain = await convertSeveral(false);
  const other = await load(plain.file);
  assert.deepEqual([...other.encode([-2, -1, 0.5, 2, 9], "state")], [0, 0, 128, 255, 255]);
  other.dispose();
  await plain.ann.dispose();
});

test("what does not fit is refused, by the input's name", () => {
  const named = given(1);
  refused(() => net.run(new Uint8Array(5)), /samples must be 130 samples, those of 'scene', 'detail', 'state'/);
  refused(() => net.run([named.scene, named.detail]), /an array for each input, 'scene', 'detail', 'state', found 2/);
  refused(
    () => net.run({ ...named, detail: new Uint8Array(3) }),
    /samples of 'detail' must be 4×3×1 = 12 samples, found 3/,
  );
  refused(() => net.run({ scene: named.scene, detail: named.detail }), /samples of 'state' are missing/);
  refused(
    () => net.run({ ...named, odd: named.scene }),
    /input must be one of 'scene', 'detail', 'state', found 'odd'/,
  );
  refused(() => net.run({ ...named, state: [1, 2] as never }), /samples of 'state' must be a Uint8Array/);
  refused(() => net.run([1, 2, 3] as never), /samples must be a Uint8Array/);
  refused(() => net.run(null as never), /samples must be a Uint8Array/);
  refused(() => net.encode([1], "scene"), /input 'scene' takes 8-bit samples/);
  refused(() => net.encode([1], "state"), /values of 'state' to encode must be 5 numbers, found 1/);
  refused(() => net.encode([1, 2, 3, 4, 5]), /input must be one of/);
  const fails = () => {
    throw new Error("no index");
  };
  for (const odd of [["map"], { toString: fails }, Symbol.iterator, "2", 0.5, 3, -1]) {
    refused(() => net.encode([1, 2, 3, 4, 5], odd as never), /input must be one of .*, or its index, found/);
  }
});

test("a file whose inputs cannot be meant is refused", async () => {
  const edits: [string, LooseScalar[], RegExp][] = [
    ["bsnn.inputs.name", ["a", "b"], /'bsnn.inputs.place' must have 12 elements/],
    ["bsnn.inputs.name", ["a", "a", "b"], /must name each input otherwise/],
    ["bsnn.inputs.range", [0, 0, 0, 0, 1, -1], /lo < hi of 'state'/],
    ["bsnn.inputs.place", [6, 7, 3, 0, 3, 0, 4, 3, 1, 3, 1, 0, 1, 1, 5, 4, 1, 1], /does not place 'scene'/],
    ["bsnn.inputs.place", [6, 6, 3, 0, 3, 0, 4, 3, 1, 2, 1, 0, 1, 1, 5, 4, 1, 1], /does not place 'detail'/],
    ["bsnn.inputs.place", [6, 6, 3, 0, 3, 0, 4, 3, 1, 3, 1, 0, 1, 1, 5, 4, 1, 2], /does not place 'state'/],
    ["bsnn.inputs.place", [6, 6, 3, 0, 3, 0, 4, 3, 1, 3, 1, 0, 1, 1, 5, 99, 1, 1], /does not place 'state'/],
  ];
  for (const [key, value, message] of edits) {
    const edited = new ModelFile(conversion.file);
    edited.entry(key).value = value;
    await assert.rejects(load(edited.bytes()), (error) => {
      return error instanceof BsnnError && error.code === "bad-model" && message.test(error.message);
    });
  }
});

test("what a file states is refused where it cannot be meant, and only there", async () => {
  for (const { what, file, sound } of await oddModels()) {
    const found = await load(file).then(
      (network) => {
        network.dispose();
        return "loaded";
      },
      (error) => (error instanceof BsnnError ? error.code : String(error)),
    );
    assert.equal(found, sound ? "loaded" : "bad-model", what);
  }
});

test("calibration inputs are given by name, in order or in one array", async () => {
  const convertWith = async (calibration: (n: number) => never) => {
    const found = await convert(severalInputs(), {
      range: { state: [-1, 2] },
      signed: true,
      calibration: async () => Array.from({ length: 4 }, (_, n) => calibration(n)),
    });
    await found.ann.dispose();
    return found.file;
  };
  const file = await convertWith((n) => severalSamples(n) as never);
  assert.deepEqual(await convertWith((n) => Object.values(severalSamples(n)) as never), file);
  assert.deepEqual(await convertWith((n) => flat(given(n)) as never), file);
  const short = convertWith((n) => ({ ...severalSamples(n), detail: new Uint8Array(2) }) as never);
  await assert.rejects(short, /found an input of 120 samples; the model's inputs are 6×6×3 and 4×3×1 and 1×1×10/);
  await assert.rejects(
    convertWith(() => ({ scene: new Uint8Array(108) }) as never),
    /calibration of 'detail': found undefined/,
  );
  await assert.rejects(
    convertWith((n) => ({ ...severalSamples(n), odd: 1 }) as never),
    /calibration: found 'odd'; the model has the inputs 'scene', 'detail', 'state'/,
  );
});

test("options by name are of inputs that there are", async () => {
  const calibration = async () => [];
  const refusedWith = (options: object) => convert(severalInputs(), { calibration, ...options });
  await assert.rejects(refusedWith({ range: { odd: [0, 1] } }), /input range: found 'odd'; the model has the inputs/);
  await assert.rejects(refusedWith({ range: { state: [1, 0] } }), /input range: found 1,0; two numbers lo < hi/);
  await assert.rejects(refusedWith({ range: { state: [1] } }), /input range of 'state': found 1; two numbers/);
  await assert.rejects(
    refusedWith({ range: { state: [0, 1] }, preprocessing: { mean: [1, 2] } }),
    /mean: found 2 values; the model's input 'scene' has 3 channels, so 1, 3, or 4 for all images together/,
  );
  const range = { scene: [0, 1], detail: [0, 1], state: [0, 1] };
  for (const [option, value] of Object.entries({ preprocessing: { mean: [0.5] }, fit: "crop" })) {
    const expected = new RegExp(`^ConversionError: ${option}: found a range for every input; it is of images only$`);
    await assert.rejects(refusedWith({ range, [option]: value }), expected);
  }
  await assert.rejects(refusedWith({}), /input 'state': is no image \(1×1×5\); .*--input-range state=lo,hi/);
});

test.run();
