/** A conversion beside which a thread runs the original: the same bytes, and no thread that stays. */

import assert from "node:assert/strict";
import type { Worker } from "node:worker_threads";
import { suite } from "uvu";
import { Activations, type AnnRunner, annInput } from "../../../../convert/calibrate/activations.ts";
import { ConversionError, type ConvertOptions, convert, type ThreadExecutor } from "../../../../convert/index.ts";
import type { Ann } from "../../../../convert/onnx/execute.ts";
import { openThread, threadFor } from "../../../../hosts/node/networks/executor.ts";
import { OnnxBuilder } from "../../../support/convert/onnx-builder.ts";
import { random } from "../../../support/random.ts";

const test = suite("a thread beside a conversion");

const script = new URL("../../../../dist/convert-worker.js", import.meta.url);

/** Shortcuts. @param width of a dense layer; from 683 on its constant is large enough to lie beside the graph */
function model(width = 9): Uint8Array {
  const g = new OnnxBuilder({ input: [1, 3, 8, 8], opset: 13 });
  const same = { pads: [1, 1, 1, 1] };
  const first = g.relu(g.batchNorm(g.conv(g.input, 3, 6, [3, 3], same), 6));
  const second = g.relu(g.op("Add", [g.conv(g.relu(g.conv(first, 6, 6, [3, 3], same)), 6, 6, [1, 1]), first]));
  const wide = g.relu(g.op("MatMul", [g.op("Flatten", [second]), g.random([384, width])]));
  g.output(g.op("MatMul", [wide, g.random([width, 5])]));
  return g.encode();
}

const next = random(11);
const images = Array.from({ length: 40 }, () => Uint8Array.from({ length: 192 }, () => Math.floor(256 * next())));
const options: ConvertOptions = { calibration: async () => images, fittedValues: 1 };

/** Whether each thread that was started has ended. */
const ended: boolean[] = [];
process.on("worker", (worker: Worker) => {
  const at = ended.push(false) - 1;
  worker.on("exit", () => {
    ended[at] = true;
  });
});

test.before.each(() => {
  ended.length = 0;
});

/** An executor in a thread, with some of what it does replaced. */
async function openOther(change: (thread: ThreadExecutor) => Partial<ThreadExecutor>): Promise<ThreadExecutor> {
  const thread = await openThread(script);
  assert.ok(thread);
  return {
    open: (graph) => thread.open(graph),
    run: (given, wanted) => thread.run(given, wanted),
    release: () => thread.release(),
    close: () => thread.close(),
    ...change(thread),
  };
}

for (const [phases, width] of [
  [7, 700],
  [3, 9],
]) {
  test(`${phases} phases: bytes are those without it, and it does its part`, async () => {
    const alone = await convert(model(width), { ...options, phases });
    let runs = 0;
    const executor = () =>
      openOther((thread) => ({
        run: (given, wanted) => {
          runs++;
          return thread.run(given, wanted);
        },
      }));
    const beside = await convert(model(width), { ...options, phases, executor });
    assert.deepEqual(beside.file, alone.file);
    assert.deepEqual(beside.notes, alone.notes);
    assert.ok(runs > 32, `${runs} runs, of which 32 are of inputs that are fitted to`);
    assert.deepEqual(ended, [true]);
    const [[, values]] = await beside.ann.run(annInput(beside.unquantized.input, images[0]));
    assert.equal(values.length, 5);
    await Promise.all([alone.ann.dispose(), beside.ann.dispose()]);
  });
}

test("of several steps every value has the bits that it has without it, and a step is begun before it is asked for", async () => {
  const { ann, unquantized } = await convert(model(), options);
  const thread = await openThread(script);
  assert.ok(thread);
  const inputs = images.slice(0, 5).map((samples) => annInput(unquantized.input, samples));
  const viewed = unquantized.populations.flatMap(({ view }, i) => (view ? [i] : []));
  let asked = 0;
  const by = (ann as unknown as Ann).by(thread);
  const apart: AnnRunner = {
    apart: true,
    run: (input, tensors, known) => {
      asked++;
      return by.run(input, tensors, known);
    },
    goesOnFrom: (tensors, candidates) => by.goesOnFrom(tensors, candidates),
  };
  for (const window of [1, 2500, 1e9]) {
    const expected = new Activations(ann as unknown as AnnRunner, unquantized, inputs, window);
    const found = new Activations(apart, unquantized, inputs, window);
    asked = 0;
    found.begin();
    assert.equal(asked, inputs.length);
    for (const [k, i] of viewed.entries()) {
      assert.deepEqual(await found.of(i), await expected.of(i), `population ${i}, window ${window}`);
      if (window === 1) assert.equal(asked, inputs.length * Math.min(viewed.length, k + 2));
    }
    await assert.doesNotReject(by.dispose());
  }
  await thread.close();
  await ann.dispose();
  assert.deepEqual(ended, [true]);
});

test("an abort in the middle ends it at once", async () => {
  const control = new AbortController();
  let closed = 0;
  const executor = () =>
    openOther((thread) => ({
      run: async (given, wanted) => {
        const found = await thread.run(given, wanted);
        control.abort(new Error("enough"));
        return found;
      },
      close: () => {
        closed++;
        return thread.close();
      },
    }));
  await assert.rejects(convert(model(), { ...options, executor, signal: control.signal }), /^Error: enough$/);
  assert.equal(closed, 1);
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.deepEqual(ended, [true]);
});

test("what fails in it is told as it is without it, and it is ended", async () => {
  const executor = () => openOther((thread) => ({ run: (given) => thread.run(given, ["no such tensor"]) }));
  await assert.rejects(convert(model(), { ...options, executor }), (error) => {
    assert.ok(error instanceof ConversionError);
    assert.equal(error.code, "bad-model");
    assert.match(error.message, /^the ONNX model does not run: .*no such tensor/);
    return true;
  });
  assert.deepEqual(ended, [true]);
});

test("a graph that does not load in it is told as well", async () => {
  const executor = () =>
    openOther((thread) => ({ open: (graph) => thread.open({ ...graph, bytes: new Uint8Array(9).fill(255) }) }));
  await assert.rejects(
    convert(model(), { ...options, executor }),
    (error) => error instanceof ConversionError && error.code === "bad-model",
  );
  assert.deepEqual(ended, [true]);
});

test("one that ends by itself ends the conversion", async () => {
  const executor = () =>
    openOther((thread) => ({
      run: (given, wanted) => {
        const found = thread.run(given, wanted);
        thread.close();
        return found;
      },
    }));
  await assert.rejects(convert(model(), { ...options, executor }), /does not run: /);
  assert.deepEqual(ended, [true]);
});

test("without a thread that starts the conversion goes on alone", async () => {
  const nowhere = new URL("./nowhere.js", import.meta.url);
  assert.equal(await openThread(nowhere), null);
  const { file, ann } = await convert(model(), { ...options, executor: () => openThread(nowhere) });
  await ann.dispose();
  const alone = await convert(model(), options);
  await alone.ann.dispose();
  assert.deepEqual(file, alone.file);
});

test("none is started for what is small, or too large to be held twice", async () => {
  for (const work of [
    { weights: 1e5, macs: 19e9 },
    { weights: 65e6, macs: 1e12 },
  ]) {
    assert.equal(await threadFor(work), null);
  }
  const told: unknown[] = [];
  const executor = async (work: unknown) => {
    told.push(work);
    return null;
  };
  const { ann, unquantized } = await convert(model(), { ...options, executor });
  await ann.dispose();
  const weights = unquantized.projections.reduce((sum, { weight }) => sum + weight.length, 0);
  assert.deepEqual(told, [{ weights, macs: 40 * unquantized.macs }]);
  assert.deepEqual(ended, []);
});

test("what is no executor is refused", async () => {
  for (const executor of [5, async () => ({}), async () => undefined]) {
    await assert.rejects(
      convert(model(), { ...options, executor } as unknown as ConvertOptions),
      (error) => error instanceof ConversionError && error.code === "bad-input" && /^executor: /.test(error.message),
    );
  }
});

test.run();
